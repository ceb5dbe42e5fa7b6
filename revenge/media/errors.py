"""What goes wrong with media."""

from typing import Literal

from revenge.core.errors import RevengeError

Cause = Literal["refused", "crashed", "timeout", "start", "closed", "changed"]
Fault = Literal["empty", "cut_off", "damaged", "unreadable", "no_streams", "picture", "irregular", "closed", "decoder"]
"""What is wrong with a file, for whoever says it in another language: `closed` cannot be opened, `decoder` ended a process that looked into it."""


class MediaError(RevengeError):
    """One file or one call failed; `detail` is a sentence for people.

    `cause` says how: `refused` (the decoder looked and said no), `crashed` (its process died), `timeout` (it took too long and was
    stopped), `start` (no process could be started), `closed` (the file cannot be opened), `changed` (it
    is another one than was looked into). Only `refused` is certainly the file's fault.
    """

    code = "media_failed"

    def __init__(self, detail: str, *, cause: Cause = "refused", fault: Fault | None = None) -> None:
        super().__init__(detail)
        self.cause = cause
        self.fault: Fault = fault or ("closed" if cause == "closed" else "unreadable" if cause == "refused" else "decoder")
