"""Write docs/settings.md from the declared sections."""

from pathlib import Path

from revenge.bootstrap.settings import Settings
from revenge.core.settings import markdown

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

if __name__ == "__main__":
    PAGE.write_text(markdown(Settings), encoding="utf-8")
    print(f"{PAGE} is written.")
