"""`revenge drain`."""

import time
from argparse import Namespace

from revenge.cli.control import tell
from revenge.cli.start import read

_LOOK = 0.5
"""Seconds between two looks."""


def drain(wish: Namespace) -> int:
    """Let the node on this machine stand aside, and wait until nothing runs there; 1 when something still does."""
    data_dir = read(wish).values.data_dir
    running: dict[str, int] = tell(data_dir, "drain", {"draining": not wish.back})
    if wish.back:
        print("The node takes part again.")
        return 0
    print("The node stands aside: it is not ready, and what is new goes to the others. `revenge drain --back` ends that.", flush=True)
    end = time.monotonic() + wish.wait
    while any(running.values()) and time.monotonic() < end:
        time.sleep(_LOOK)
        running = tell(data_dir, "drain")
    if any(running.values()):
        print("Still running: " + ", ".join(f"{count} {name}" for name, count in running.items() if count) + ".")
        return 1
    print("Nothing runs here any more: the node can be stopped.")
    return 0
