"""Write the next migration: `make migration name=create_things`."""

import re
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

import migrations


def main(name: str) -> None:
    """Take the next number and write the frame of `upgrade` and `downgrade`."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        sys.exit("A migration is named for what it does: make migration name=create_things")
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    newest = ScriptDirectory.from_config(config).get_current_head()
    command.revision(config, f"{name.replace('_', ' ').capitalize()}.", rev_id=f"{int(newest or 0) + 1:06}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
