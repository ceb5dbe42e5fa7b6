"""pysyncobj 0.3.17 with this package's log, snapshots and commands in the place of its own; no pickle is read anywhere.

The names behind the double underscores are the library's private ones; a test holds each of them against the pinned version.
"""

import os
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
import pysyncobj.pickle
import pysyncobj.syncobj
from pysyncobj import FAIL_REASON, SyncObj, SyncObjConf
from pysyncobj.node import Node
from pysyncobj.transport import Transport
from pysyncobj.version import VERSION

from cluster.disk.journal import Journal
from cluster.disk.snapshot import Snapshots
from cluster.timing import Timing

if VERSION != "0.3.17":
    raise ImportError(f"This package reaches into pysyncobj 0.3.17; {VERSION} must be read again first.")

FOLLOWER, CANDIDATE, LEADER = 0, 1, 2
REGULAR, NO_OP, MEMBERSHIP = 0, 1, 2
LONGEST = 32 * 1024
"""Bytes of a command: far below the size from which the library sends entries in pieces."""
NEVER_DONE = frozenset({FAIL_REASON.QUEUE_FULL, FAIL_REASON.MISSING_LEADER, FAIL_REASON.NOT_LEADER, FAIL_REASON.REQUEST_DENIED})
"""Errors after which a command was certainly not carried out; all others leave it open."""
SUCCESS: int = FAIL_REASON.SUCCESS
Done = Callable[[Any, int], None]
"""Called in the Raft thread with result and error; perhaps never."""


def _no_pickle(*_: object) -> None:
    raise ValueError("Nothing is unpickled here.")


# The library would unpickle what it finds in its log; nothing of ours is a pickle, so whatever looks like one is refused.
pysyncobj.pickle.loads = pysyncobj.pickle.load = _no_pickle


def now() -> float:
    """The library's own clock, for everything it stores; never to be compared with another one."""
    seconds: float = pysyncobj.syncobj.monotonicTime()
    return seconds


class Replicated(Protocol):
    """What the log is about."""

    def apply(self, command: bytes) -> Any:
        """Carry a command out. It never raises, asks no clock and no dice: every node must come to the same result."""

    def dump(self) -> bytes:
        """Everything, as JSON."""

    def load(self, data: bytes) -> None:
        """Take the place of everything."""


def _private(name: str) -> Any:
    mangled = f"_SyncObj__{name}"
    return property(lambda self: getattr(self, mangled), lambda self, value: setattr(self, mangled, value))


class Library(SyncObj):  # type: ignore[misc]  # the library has no types
    """The library's state machine under plain names, on our disk and our wire."""

    journal = _private("raftLog")
    state = _private("raftState")
    others = _private("otherNodes")
    leader = _private("raftLeader")
    deadline = _private("raftElectionDeadline")
    match_index = _private("raftMatchIndex")
    last_response = _private("lastResponseTime")
    commit_index = _private("raftCommitIndex")
    last_applied = _private("raftLastApplied")
    transfer_wanted = _private("transferInProgress")
    term = _private("raftCurrentTerm")

    def __init__(
        self, me: str, members: list[str], transport: Transport, journal: Journal, snapshots: Snapshots, table: Replicated, timing: Timing
    ) -> None:
        super().__init__(Node(me), [Node(member) for member in members], _conf(timing), nodeClass=Node, transport=transport)
        self.snapshots, self.table = snapshots, table
        self._SyncObj__serializer = snapshots
        snapshots.dump = lambda: (self.settled_members(), self.table.dump())
        snapshots.needless = lambda offered: offered.last[1] <= self.commit_index or self.has(offered.last[1], offered.last[2])
        self._SyncObj__needLoadDumpFile = False
        if not len(journal):
            journal.add(bytes([NO_OP]), 1, 0)
        self.journal = journal
        self.term = max(journal.getCurrentTerm(), journal[-1][2])
        self._SyncObj__votedForNodeId = journal.getVotedForNodeId()
        if snapshots.kept:
            self._start_from(snapshots.kept)
        self.commit_index = max(self.commit_index, journal.getRaftCommitIndex())
        for command, _, _ in journal[:]:
            if (change := self._SyncObj__parseChangeClusterRequest(command)) is not None:
                self._SyncObj__doChangeCluster(change)

    def propose(self, command: bytes, done: Done | None) -> None:
        """Put a command into the log, by whoever leads."""
        self._applyCommand(command, done, REGULAR)

    def propose_change(self, change: str, member: str, done: Done | None) -> None:
        """`add` or `rem` a member; the leader refuses what `may_change` refuses."""
        self._applyCommand(msgspec.json.encode([change, member]), done, MEMBERSHIP)

    def may_change(self, change: str, member: str) -> bool:  # noqa: ARG002 - a member is named for those who look closer
        """Whether the leader lets a change of members into the log. One at a time: the library's own test of that never runs."""
        return not self._pending_changes()

    def _pending_changes(self) -> list[list[str]]:
        """Changes of members that are in the log but not final."""
        lines = (command for command, index, _ in self.journal[:] if index > self.last_applied)
        return [change for command in lines if (change := self._SyncObj__parseChangeClusterRequest(command)) is not None]

    def learn(self, members: list[str]) -> None:
        """Know these members, before any line of the log names them."""
        for member in members:
            self._SyncObj__doChangeCluster(["add", member])

    def settled_members(self) -> list[str]:
        """The members as far as that is final: a snapshot must not hold more."""
        members = set(self.members())
        for change, member in reversed(self._pending_changes()):
            (members.discard if change == "add" else members.add)(member)
        return sorted(members)

    def members(self) -> list[str]:
        """Addresses of all members, this node's among them."""
        return sorted([self.selfNode.id, *(node.id for node in self.others)])

    def step_down(self) -> None:
        """Lead no more; the vote of this term stays where it is."""
        self._SyncObj__setState(FOLLOWER)
        self.lose_leader()

    def set_term(self, term: int) -> None:
        """Leave for a newer term as a follower of nobody yet."""
        self._SyncObj__setCurrentTerm(term, None)
        self._SyncObj__setState(FOLLOWER)
        self.leader = None

    def lose_leader(self) -> None:
        """Nobody leads: who waits for an answer gets it now."""
        self.leader = None
        self._SyncObj__onLeaderChanged()

    def close(self) -> None:
        """End, and close the two descriptors the library would leave open."""
        self.destroy()
        notifier = self._SyncObj__pipeNotifier
        for end in "RW":
            os.close(getattr(notifier, f"_PipeNotifier__pipe{end}"))

    def has(self, index: int, term: int) -> bool:
        """Whether the log holds this line."""
        at: int = index - self.journal[0][1]
        return 0 <= at < len(self.journal) and bool(self.journal[at][2] == term)

    # -- what the library calls, in our words

    def _SyncObj__doApplyCommand(self, command: bytes) -> Any:  # noqa: N802 - the library's name
        if (change := self._SyncObj__parseChangeClusterRequest(command)) is not None:
            self._SyncObj__doChangeCluster(change)
            return None
        return self.table.apply(command[1:]) if command[0] == REGULAR else None

    def _SyncObj__parseChangeClusterRequest(self, command: bytes) -> list[str] | None:  # noqa: N802 - the library's name
        return msgspec.json.decode(command[1:], type=list[str]) if command[:1] == bytes([MEMBERSHIP]) else None

    def _SyncObj__changeCluster(self, request: list[str]) -> bool:  # noqa: N802 - the library's name
        return self.may_change(*request) and bool(super()._SyncObj__changeCluster(request))

    def _SyncObj__loadDumpFile(self, clearJournal: bool) -> None:  # noqa: ARG002, N802, N803 - the library's name
        """A snapshot came from the leader: it takes the place of log, table and members."""
        self._begin_with(self.snapshots.kept)

    def _begin_with(self, snapshot: Any) -> None:
        self.journal.clear()
        self.journal.add(*snapshot.before)
        self.journal.add(*snapshot.last)
        self._take(snapshot)

    def _start_from(self, snapshot: Any) -> None:
        """At the start: the lines behind the snapshot stay, they may have been acknowledged."""
        at = snapshot.before[1] - self.journal[0][1]
        if self.has(snapshot.last[1], snapshot.last[2]) and at >= 0:
            self.journal.deleteEntriesTo(at) if at else None
            self._take(snapshot)
        else:
            self._begin_with(snapshot)

    def _take(self, snapshot: Any) -> None:
        self.table.load(bytes(snapshot.table))
        self.last_applied = snapshot.last[1]
        self.commit_index = max(self.commit_index, snapshot.last[1])
        self.journal.setRaftCommitIndex(self.commit_index)
        self._SyncObj__updateClusterConfiguration([Node(member) for member in snapshot.members if member != self.selfNode.id])


def _conf(timing: Timing) -> SyncObjConf:
    def unused(*_: object) -> None:
        """Stands where the library insists on a function; `Snapshots` does the work."""

    return SyncObjConf(
        autoTick=False,
        raftMinTimeout=timing.patience,
        raftMaxTimeout=timing.patience + timing.spread,
        appendEntriesPeriod=timing.heartbeat,
        leaderFallbackTimeout=timing.fallback,
        connectionTimeout=timing.patience + timing.spread,
        appendEntriesUseBatch=False,
        commandsWaitLeader=False,
        commandsQueueSize=1000,
        dynamicMembershipChange=True,
        logCompactionMinEntries=max(2, timing.snapshot_threshold),
        logCompactionMinTime=timing.snapshot_interval,
        useFork=False,
        serializer=unused,
        deserializer=unused,
        fullDumpFile="unused",
    )
