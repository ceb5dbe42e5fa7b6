"""The snapshot: the replicated table, the members, and the two lines of the log it stands for. JSON with a checksum, never a pickle."""

import logging
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from cluster.clock import boottime
from cluster.disk.folder import Disk, sealed, unsealed
from cluster.errors import Damaged
from cluster.wire.messages import Entry

log = logging.getLogger(__name__)
NAME = "snapshot"
CHUNK = 64 * 1024
LARGEST = 64 * 1024 * 1024
"""Bytes of a snapshot another node may send; the table is a few hundred kilobytes at most."""
PAUSE = 5.0
"""Seconds after a failed attempt before the next."""
_IDLE, _DONE, _FAILED = 0, 2, 3
"""The library's words (`SERIALIZER_STATE`) for how far a snapshot is."""
Chunk = tuple[bytes, bool, bool]
"""Data, whether it is the first, whether it is the last (the last one is empty)."""


class Snapshot(Struct, frozen=True):
    """Everything up to a line of the log."""

    before: Entry
    last: Entry
    members: list[str]
    table: msgspec.Raw


class Snapshots:
    """Takes, keeps, sends and receives the snapshot, in the shape the library's own `Serializer` has."""

    def __init__(self, disk: Disk, clock: Callable[[], float] = boottime) -> None:
        """Read what is there, or raise Damaged."""
        self._disk, self._clock = disk, clock
        data = disk.read(NAME)
        self.kept: Snapshot | None = decoded(data) if data else None
        self._data = data or b""
        self._state: tuple[int, int | None] = (_IDLE, None)
        self._failed = -PAUSE
        self._sent: dict[Any, int] = {}
        self._coming: bytearray | None = None
        self.dump: Callable[[], tuple[list[str], bytes]] = lambda: ([], b"{}")
        """Members and table as they stand; the library fills it in."""
        self.needless: Callable[[Snapshot], bool] = lambda _: False
        """Whether the log already holds what a snapshot from the leader says; the library knows."""

    def serialize(self, data: tuple[None, Entry, Entry, set[Any]], upto: int) -> None:
        """Take a snapshot of the table as it stands, final up to the second of the two entries."""
        if self._clock() - self._failed < PAUSE:
            return
        _, last, before, _ = data
        members, table = self.dump()
        taken = Snapshot(before, last, members, msgspec.Raw(table))
        self._state = (_DONE, upto) if self._keep(encoded(taken)) else (_FAILED, upto)

    def checkSerializing(self) -> tuple[int, int | None]:  # noqa: N802 - the library's name
        """Say once how the last one went."""
        state, self._state = self._state, (_IDLE, None)
        return state

    def getTransmissionData(self, to: Any) -> Chunk | None:  # noqa: N802 - the library's name
        """The next piece for a node."""
        if not self._data:
            return None
        at = self._sent.get(to, 0)
        piece = self._data[at : at + CHUNK]
        if piece:
            self._sent[to] = at + len(piece)
        else:
            self._sent.pop(to, None)
        return piece, at == 0, not piece

    def setTransmissionData(self, chunk: Chunk | None) -> bool:  # noqa: N802 - the library's name
        """Take a piece from the leader; True when the whole is here, proven and kept."""
        if chunk is None:
            return False
        piece, first, last = chunk
        if first:
            self._coming = bytearray()
        if self._coming is None or len(self._coming) + len(piece) > LARGEST:
            self._coming = None
            return False
        self._coming += piece
        if not last:
            return False
        whole, self._coming = bytes(self._coming), None
        try:
            wanted = not self.needless(decoded(whole))
        except Damaged:
            log.warning("a snapshot came damaged and was thrown away")
            return False
        return wanted and self._keep(whole)

    def cancelTransmisstion(self, to: Any) -> None:  # noqa: N802 - the library's name
        """The node went away: it will begin anew."""
        self._sent.pop(to, None)

    def _keep(self, data: bytes) -> bool:
        try:
            self._disk.replace(NAME, data)
        except OSError as reason:
            log.warning("the snapshot could not be kept: %s", reason)
            self._failed = self._clock()
            return False
        self.kept, self._data = decoded(data), data
        self._sent.clear()
        return True


def encoded(snapshot: Snapshot) -> bytes:
    """The snapshot as a file."""
    return sealed(msgspec.json.encode(snapshot))


def decoded(data: bytes) -> Snapshot:
    """The file as a snapshot, or Damaged."""
    try:
        return msgspec.json.decode(unsealed(NAME, data), type=Snapshot)
    except (msgspec.DecodeError, ValueError):
        raise Damaged("The snapshot in this node's cluster folder cannot be read: remove the node, empty the folder, join again.") from None
