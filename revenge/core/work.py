"""Work asked for: a job leaves with the transaction that asked for it, or not at all."""

from typing import Any

from msgspec import Struct


class Ask(Struct, frozen=True):
    """A job to be run once. Asking twice under the same key while it waits is asking once."""

    job: str
    """Name of a declared job: `library.probe`."""
    key: str
    """Natural key within the job: `scan-id:batch-3`."""
    args: dict[str, Any] = {}
    """JSON-ready keyword arguments of the job."""
