"""`python -m benchmarks [name …] [--quick]`: run benchmarks, print their tables, keep them in `results.md` and in README.md."""

import sys
import time
from argparse import ArgumentParser
from importlib import import_module

from benchmarks import readme, report
from benchmarks.figures import table
from benchmarks.processes import Others

NAMES = ("direct_play", "playback", "sharing", "scan", "movies_list", "idle", "pictures", "cluster")


def main() -> int:
    parser = ArgumentParser(prog="python -m benchmarks", description="What the table in README.md is made with.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"which ones (all unless given): {', '.join(NAMES)}")
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, to see that they run; their numbers mean nothing and are not kept"
    )
    wish = parser.parse_args()
    if unknown := set(wish.names) - set(NAMES):
        parser.error(f"there is no benchmark named {', '.join(sorted(unknown))}")
    for name in wish.names or NAMES:
        module = import_module(f"benchmarks.{name}")
        others, began = Others(), time.monotonic()
        figures = module.run(quick=wish.quick)
        section = report.section(module.TITLE, module.PEER, figures, others.share(), time.monotonic() - began)
        print(section if not wish.quick else table(figures), flush=True)
        if not wish.quick:
            report.keep(module.TITLE, section)
            readme.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
