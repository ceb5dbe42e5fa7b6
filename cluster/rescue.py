"""Makes a cluster of one out of what a node knows, when most of the others are lost for good. For a node that does not run."""

import shutil
import time
from pathlib import Path
from secrets import token_hex

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cluster.disk.folder import LEFT, Folder
from cluster.disk.identity import identity, keep
from cluster.disk.journal import Journal
from cluster.disk.snapshot import NAME, Snapshot, Snapshots, encoded
from cluster.errors import Refused
from cluster.raft.library import NO_OP, REGULAR
from cluster.table import Table


class Rescued(Struct, frozen=True):
    """What became of it."""

    before: str
    """The cluster this node was in; empty where it knows none."""
    after: str
    """The cluster of one that it is now."""
    lost: list[str]
    """Addresses of the members that are none any more."""
    copy: Path
    """Where the folder as it was is kept."""


def force_single(folder: Path, address: str) -> Rescued:
    """Leave this node alone in a new cluster, with everything its log holds, final or not. Raise Refused or Damaged with a sentence.

    The id of the cluster is a new one: should the lost nodes come back, they are another cluster, and the database is not theirs.
    """
    if (there := known(folder)) is None or there.left:
        raise Refused(f"Nothing is known of a cluster in {folder}: this node was in none.")
    copy = folder.with_name(f"{folder.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
    shutil.copytree(folder, copy)
    disk = Folder(folder)
    me = identity(disk, address)
    journal, snapshots = Journal(disk), Snapshots(disk)
    table, members = _as_it_stands(journal, snapshots, me.members or [])
    before, after, content = table.content.cluster, token_hex(16), table.content
    content.cluster, content.leases, content.tokens = after, {}, {}
    content.nodes = {me.address: content.nodes.get(me.address, {})}
    last, term = (journal[-1][1], journal[-1][2]) if len(journal) else (2, 0)
    last = max(last, 2)
    lines = [(bytes([NO_OP]), last - 1, term), (bytes([NO_OP]), last, term)]
    disk.replace(NAME, encoded(Snapshot(lines[0], lines[1], [me.address], msgspec.Raw(table.dump()))))
    journal.clear()
    for line in lines:
        journal.add(*line)
    journal.setRaftCommitIndex(last)
    journal.setCurrentTerm(max(term, journal.getCurrentTerm()), None)
    journal.reassure()
    if not journal.sync():
        raise Refused(f"The folder {folder} takes nothing ({journal.failed}); {copy} is as it was.")
    keep(disk, replace(me, members=[me.address]))
    return Rescued(before, after, sorted(members - {me.address}), copy)


class Known(Struct, frozen=True):
    """What a node's folder says of its cluster, final or not."""

    address: str
    """The address this node has there."""
    cluster: str
    members: list[str]
    left: bool
    """Whether the node has left it."""


def known(folder: Path) -> Known | None:
    """Look into the folder of a node that does not run; None where it was in no cluster. Raise Damaged."""
    if (folder / LEFT).exists():
        return Known("", "", [], left=True)
    if not (folder / "node").exists():
        return None
    disk = Folder(folder)
    me = identity(disk, "")
    table, members = _as_it_stands(Journal(disk), Snapshots(disk), me.members or [])
    return Known(me.address, table.content.cluster, sorted(members | {me.address}), left=False)


def _as_it_stands(journal: Journal, snapshots: Snapshots, told: list[str]) -> tuple[Table, set[str]]:
    """The table and the members by snapshot and log, whole."""
    table, members, done = Table(lambda _operation, _result: None), set(told), 0
    if snapshots.kept:
        table.load(bytes(snapshots.kept.table))
        members, done = set(snapshots.kept.members), snapshots.kept.last[1]
    for command, index, _ in journal[:]:
        if index <= done:
            continue
        if command[0] == REGULAR:
            table.apply(command[1:])
        elif command[0] != NO_OP:
            change, member = msgspec.json.decode(command[1:], type=tuple[str, str])
            (members.add if change == "add" else members.discard)(member)
    return table, members
