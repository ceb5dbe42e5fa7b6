"""Settings all nodes share: a few values with versions, changed by compare-and-set."""

from typing import Any

import msgspec

from cluster.errors import Refused
from cluster.ports import Replicated

LONGEST = 8 * 1024
"""Bytes of a value as JSON."""


class Conflict(Exception):
    """Somebody else changed the value meanwhile; `version` is what it has now."""

    def __init__(self, version: int) -> None:
        super().__init__(f"The value has version {version} by now.")
        self.version = version


class Configuration:
    """Reads here, writes everywhere."""

    def __init__(self, log: Replicated) -> None:
        self._log = log

    def get(self, key: str) -> tuple[int, Any]:
        """Version and value; version 0 and None where it was never set."""
        return self._log.content.settings.get(key, (0, None))

    async def set(self, key: str, value: Any, version: int | None = None) -> int:
        """Set a value and return its version; with a version, only over that one. Raise Conflict, Refused, NoQuorum or Unknown."""
        if len(msgspec.json.encode(value)) > LONGEST:
            raise Refused(f"A value of the cluster's configuration has at most {LONGEST} bytes.")
        operation = {"op": "set", "key": key, "value": value}
        result = await self._log.propose(operation if version is None else {**operation, "if": version})
        if "conflict" in result:
            raise Conflict(result["conflict"])
        changed: int = result["version"]
        return changed
