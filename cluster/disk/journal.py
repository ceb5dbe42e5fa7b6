"""The log of Raft on disk: lines with a chained checksum, and beside them term and vote.

The library changes its log in memory; `sync` brings what changed to the disk, in one write, before any message leaves
that speaks of it. A line's checksum starts from the one before, so after a power cut the log ends with the last line
that was written whole, and no older line can be taken for its successor.
"""

import struct
import zlib
from typing import Any

import msgspec
from msgspec import Struct

from cluster.disk.folder import Disk, sealed, unsealed
from cluster.errors import Damaged
from cluster.wire.messages import Entry

JOURNAL, META = "journal", "meta"
_MAGIC = b"rvraft01"
_LINE = struct.Struct("<IIQQ")
"""Checksum, length of the command, index, term."""
LONGEST = 1 << 20
"""Bytes of a command no line can have; a length beyond it is garbage."""
_LOST = "The log of this node's cluster folder cannot be read: remove the node from the cluster, empty the folder, join again."


class Meta(Struct):
    """What must be known before the log means anything."""

    term: int = 0
    vote: str | None = None
    commit: int = 1
    certain: bool = True
    """False once the log had lost its end: this node may have forgotten what it promised."""


class Journal:
    """The log as the library uses it (`pysyncobj.journal.Journal`), and `sync`."""

    def __init__(self, disk: Disk) -> None:
        """Read what is there; raise Damaged where term and vote, or the beginning of the log, are gone."""
        self._disk = disk
        self._entries: list[Entry] = []
        self._ends: list[tuple[int, int]] = []
        """Of each line on disk: where it ends, and its checksum."""
        self._clean = self._meta_clean = True
        self._whole = False
        self._kept_commit, self._new = 1, True
        self.failed: OSError | None = None
        """Why the last `sync` failed; until it succeeds this node must keep silent."""
        self._load()

    @property
    def certain(self) -> bool:
        """Whether the log is known to hold everything this node ever acknowledged."""
        return self._meta.certain

    def reassure(self) -> None:
        """A leader has brought the log up to date: nothing is missing any more."""
        if not self._meta.certain:
            self._meta.certain, self._meta_clean = True, False

    def sync(self) -> bool:
        """Bring everything to the disk; False when that fails, with the reason in `failed`. Repeat it until it holds."""
        try:
            if self._new:
                self._write_meta()  # a log without it is a damaged one
            if not self._clean:
                self._write()
            if not self._meta_clean:
                self._write_meta()
        except OSError as reason:
            self.failed = reason
            self._whole = self._whole or not self._clean
            return False
        self.failed = None
        return True

    # -- the face the library knows

    def add(self, command: bytes, idx: int, term: int) -> None:
        """Put a line at the end."""
        self._entries.append((command, idx, term))
        self._clean = False

    def clear(self) -> None:
        """Forget every line; the next `sync` writes a new file."""
        self._entries = []
        self._rewrite()

    def deleteEntriesFrom(self, entryFrom: int) -> None:  # noqa: N802, N803 - the library's names
        """Forget the lines from this position on."""
        del self._entries[entryFrom:]
        del self._ends[entryFrom:]
        self._clean = False

    def deleteEntriesTo(self, entryTo: int) -> None:  # noqa: N802, N803 - the library's names
        """Forget the lines before this position: a snapshot holds them."""
        del self._entries[:entryTo]
        self._rewrite()

    def __getitem__(self, item: Any) -> Any:
        return self._entries[item]

    def __len__(self) -> int:
        return len(self._entries)

    def setRaftCommitIndex(self, raftCommitIndex: int) -> None:  # noqa: N802, N803 - the library's names
        """Remember up to where lines are final; kept at leisure, and not at all while nothing changes."""
        self._meta.commit = raftCommitIndex

    def getRaftCommitIndex(self) -> int:  # noqa: N802 - the library's name
        """Up to where lines are final, as far as this log reaches."""
        return min(self._meta.commit, self._entries[-1][1]) if self._entries else 1

    def setCurrentTerm(self, term: int, votedForNodeId: str | None) -> None:  # noqa: N802, N803 - the library's names
        """Remember term and vote; `sync` makes it last before anybody hears of it."""
        self._meta.term, self._meta.vote = term, votedForNodeId
        self._meta_clean = False

    def getCurrentTerm(self) -> int:  # noqa: N802 - the library's name
        """The last known term."""
        return self._meta.term

    def getVotedForNodeId(self) -> str | None:  # noqa: N802 - the library's name
        """Who has this node's vote in that term."""
        return self._meta.vote

    def onOneSecondTimer(self) -> None:  # noqa: N802 - the library's name
        """Let the next `sync` keep the commit index, where it moved."""
        if self._meta.commit != self._kept_commit:
            self._kept_commit = self._meta.commit
            self._meta_clean = False

    def _destroy(self) -> None:
        """End; what is not on disk by now was never spoken of."""

    # -- the disk

    def _write_meta(self) -> None:
        self._disk.replace(META, sealed(msgspec.json.encode(self._meta)))
        self._new, self._meta_clean = False, True

    def _rewrite(self) -> None:
        self._ends = []
        self._clean, self._whole = False, True

    def _write(self) -> None:
        """The new lines behind the old ones, or the whole file where its beginning changed."""
        start, checksum = (len(_MAGIC), 0) if self._whole or not self._ends else self._ends[-1]
        ends = [] if self._whole else self._ends
        lines, ends = _lines(self._entries[len(ends) :], start, checksum, ends)
        lines += _end(ends[-1][1] if ends else 0)
        if self._whole or start == len(_MAGIC):
            self._disk.replace(JOURNAL, _MAGIC + lines)
        else:
            self._disk.write(JOURNAL, start, lines)
        self._ends, self._clean, self._whole = ends, True, False

    def _load(self) -> None:
        meta, data = self._disk.read(META), self._disk.read(JOURNAL)
        if data is not None and (meta is None or not data.startswith(_MAGIC)):
            raise Damaged(_LOST)
        self._meta = msgspec.json.decode(unsealed(META, meta), type=Meta) if meta else Meta()
        self._kept_commit, self._new = self._meta.commit, meta is None
        whole = data is None or self._parse(data)
        if not whole or self._meta.commit > (self._entries[-1][1] if self._entries else 1):
            self._meta.certain = self._meta_clean = self._clean = False

    def _parse(self, data: bytes) -> bool:
        """Read the lines that hold, and say whether the log ends behind them as it was written to end."""
        at, checksum = len(_MAGIC), 0
        while at + _LINE.size <= len(data):
            said, length, idx, term = _LINE.unpack_from(data, at)
            end = at + _LINE.size + length
            if length > LONGEST or end > len(data) or zlib.crc32(data[at + 4 : end], checksum) != said:
                break
            if self._entries and idx != self._entries[-1][1] + 1:
                break
            self._entries.append((data[at + _LINE.size : end], idx, term))
            at, checksum = end, said
            self._ends.append((at, checksum))
        return data[at:] == _end(checksum)


def _end(checksum: int) -> bytes:
    """What stands behind the last line, so that a log which lost whole lines is known as well."""
    return zlib.crc32(b"end", checksum).to_bytes(4, "little")


def _lines(entries: list[Entry], at: int, checksum: int, ends: list[tuple[int, int]]) -> tuple[bytes, list[tuple[int, int]]]:
    """The entries as lines that follow the one with this checksum, and where all lines end."""
    out, ends = bytearray(), list(ends)
    for command, idx, term in entries:
        body = _LINE.pack(0, len(command), idx, term)[4:] + command
        checksum = zlib.crc32(body, checksum)
        out += checksum.to_bytes(4, "little") + body
        ends.append((at + len(out), checksum))
    return bytes(out), ends
