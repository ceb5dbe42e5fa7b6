"""Where a command comes in and its exit status leaves. What a command needs is imported when it runs, so that `--help` is quick."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from revenge.cli.parser import parser
from revenge.core.errors import RevengeError, StartRefused

FAILED = 1
REFUSED = 78
"""EX_CONFIG: starting again with the same settings will not help."""
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0 done, 1 failed, 2 wrong usage, 78 refused to start."""
    wish = parser().parse_args(arguments)
    try:
        return int(wish.work(wish) or 0)
    except StartRefused as error:
        return _tell(error.detail, REFUSED)
    except RevengeError as error:
        return _tell(error.detail, FAILED)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _tell(sentence: str, status: int) -> int:
    print(sentence, file=sys.stderr)
    return status
