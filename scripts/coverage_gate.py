"""Every package has the coverage it must have, and not only the whole on average.

Reads coverage's JSON report; a service, a content module and a floor each count for themselves.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path, PurePath
from typing import Any

LEAST = 80.0
"""Percent of the statements in a package that the tests must reach."""
ROOMS = {"services", "content", "providers", "protocols"}
"""Floors whose rooms count one by one."""


def main(report: str) -> int:
    """Print each package's share; 1 when one has too little."""
    reached = shares(json.loads(Path(report).read_text())["files"])
    low = {package for package, share in reached.items() if share < LEAST}
    for package, share in sorted(reached.items()):
        print(f"{share:6.1f} %  {package}{f'   < {LEAST:.0f} %' if package in low else ''}")
    if low:
        print(f"Too little of {', '.join(sorted(low))} is tested: {LEAST:.0f} % is the least.", file=sys.stderr)
    return bool(low)


def shares(files: dict[str, Any]) -> dict[str, float]:
    """Percent reached of each package."""
    hit: dict[str, int] = defaultdict(int)
    every: dict[str, int] = defaultdict(int)
    for path, told in files.items():
        hit[package_of(path)] += told["summary"]["covered_lines"]
        every[package_of(path)] += told["summary"]["num_statements"]
    return {package: 100 * hit[package] / count for package, count in every.items() if count}


def package_of(path: str) -> str:
    """The package a file counts for: `revenge.services.user`, `revenge.core`, `web`."""
    folders = PurePath(path).parent.parts
    if folders[:1] != ("revenge",):
        return folders[0]
    return ".".join(folders[: 3 if folders[1:2] and folders[1] in ROOMS else 2])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
