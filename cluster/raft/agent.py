"""One node's part in Raft: its tick, its candidacies, its lease. Everything here runs in the Raft thread."""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
from pysyncobj.node import Node

from cluster.disk.journal import Journal
from cluster.disk.snapshot import Snapshots
from cluster.raft.election import Election
from cluster.raft.guard import Guard, Wire
from cluster.raft.lease import Lease
from cluster.raft.library import CANDIDATE, LEADER, SUCCESS, Library, Replicated, now
from cluster.timing import Timing
from cluster.wire.messages import Message
from cluster.wire.network import Answer

_PARKED = 1e6
"""Seconds: the library must not see a deadline that has passed, unless it may campaign."""


class Agent(Library):
    """The library with PreVote, the lease, and the refusals it rests on."""

    def __init__(
        self,
        me: str,
        members: list[str],
        wire: Wire,
        journal: Journal,
        snapshots: Snapshots,
        table: Replicated,
        timing: Timing,
        clock: Callable[[], float],
        *,
        dice: Random,
        may_found: bool,
        reign: dict[str, Any],
    ) -> None:
        """`may_found` is False on a joiner, which waits to be led while its log is empty; `reign` goes into each term's first line."""
        guard = Guard(wire)
        guard.agent = self
        self.clock, self.timing = clock, timing
        self.contact = clock()
        """When a leader was last heard. A restarted node has forgotten whom it heard, so it counts from its start."""
        self.lease = Lease(timing.lease, clock)
        self.election = Election(timing.patience, dice)
        self.transferring = False
        self.reign_term = -1
        """The term whose first line this node has seen become final as its leader."""
        self.asked: Callable[[str, dict[str, Any], Answer], None] = lambda _question, _body, reply: reply({})
        self.allowed_members: set[str] = set()
        self.wire = wire
        self._may_found, self._reign, self._reign_asked = may_found, reign, -1
        self._inbox: deque[Callable[[], None]] = deque()
        self._ticked = now()
        super().__init__(me, members, guard, journal, snapshots, table, timing)
        for node in self.others:
            guard.addNode(node)
        self._guard = guard

    # -- what others may ask

    def leads(self) -> bool:
        """Whether this node leads, may act on it, and will for at least a moment. Any thread may ask."""
        term = self.reign_term
        return self._isLeader() and term == self.term and self.lease.holds(term)

    def hears(self) -> bool:
        """Whether a leader is known and was heard lately: what is proposed will likely be done."""
        heard = self.clock() - self.contact < self.timing.patience + self.timing.spread
        return self.leads() or (self.leader is not None and self.leader != self.selfNode and heard)

    def do(self, action: Callable[[], None]) -> None:
        """Have something done in the Raft thread, by the next tick."""
        self._inbox.append(action)

    def may_change(self, change: str, member: str) -> bool:
        """Only who was looked at before is added: an address that does not answer would cost the cluster its quorum."""
        return (change != "add" or member in self.allowed_members) and super().may_change(change, member)

    # -- what the guard tells and asks

    def bound(self) -> bool:
        """Whether this node owes somebody that it votes for nobody else: a leader it heard lately, or itself."""
        return self.clock() - self.contact < self.timing.patience or (self.state == LEADER and self.lease.holds(self.term))

    def echoed(self, node: Node, sent: float, term: int) -> None:
        """A member answered a heartbeat of this term; the library's own count goes by the sending, too, not by the reading."""
        if self.state != LEADER or term != self.term or node not in self.others or not sent:
            return
        self.lease.answered(node.id, sent, term, {other.id for other in self.others})
        newest = self.lease.sent(node.id) or sent
        self.last_response[node] = now() - (self.clock() - newest)

    def would_vote(self, message: Message) -> bool:
        """Whether a candidate like this would get this node's vote."""
        _, index, term = self.journal[-1]
        ahead = (message["llt"], message["lli"]) >= (term, index)
        return not self.bound() and self.state != LEADER and message["term"] > self.term and ahead

    def prevoted(self, peer: str, message: Message) -> None:
        """A member said whether it would vote for this node."""
        others = {other.id for other in self.others}
        self.election.answered(peer, message["rid"], message["grant"], message["certain"], others, self.journal.certain, now())

    def reassured(self, term: int) -> None:
        """A log that had lost its end is whole again when it reaches a line of the leader's own term that is final."""
        if self.leader is not None and self.has(self.commit_index, term):
            self.journal.reassure()

    # -- the tick

    def tick(self, wait: float = 0.0) -> None:
        """Do what is due, then wait for the network at most this long."""
        moment, stood_still = now(), now() - self._ticked > self.timing.patience / 2
        self._ticked = moment
        kept = self.journal.sync()
        while self._inbox:
            self._inbox.popleft()()
        if self.state == LEADER:
            self._tick_leading(wait, kept)
        else:
            self._tick_following(moment, wait, stood_still, kept)
        self.wire.tick()

    def _tick_leading(self, wait: float, kept: bool) -> None:
        if not kept and not self.others:
            self.step_down()  # alone it would call final what no disk holds
            return
        if self.lease.forsaken(self.term, self.timing.patience):
            self.step_down()
            return
        self.doTick(wait)
        if self.state == LEADER:
            if not self.others:
                self.lease.renew(self.term, ())
            self._begin_reign()

    def _begin_reign(self) -> None:
        """Put one line into the log in each term: when it is final, so is everything before it."""
        term = self.term
        if self._reign_asked == term:
            return
        self._reign_asked = term

        def final(_: object, error: int) -> None:
            if error == SUCCESS:
                self.reign_term = term
                self.journal.reassure()  # what leads is the truth

        self.propose(msgspec.json.encode({"op": "lead", **self._reign}), final)

    def _tick_following(self, moment: float, wait: float, stood_still: bool, kept: bool) -> None:
        allowed, due = self._campaign(moment, stood_still) if kept else (False, self.deadline)
        if allowed:
            self.election.begin(by_order=self.transferring)
        parked = 0.0 if allowed else moment + _PARKED
        self.deadline = parked
        self.doTick(wait)
        if allowed and self.state == CANDIDATE:
            self.deadline = moment + self.election.after_split()
        elif not allowed and self.deadline == parked:
            self.deadline = due
        self.transferring = False

    def _campaign(self, moment: float, stood_still: bool) -> tuple[bool, float]:
        """Whether to campaign in this tick, and when to think about it again."""
        due, election = self.deadline, self.election
        if not self.others or not (self._may_found or len(self.journal) > 1):
            return self._may_found or len(self.journal) > 1, due
        if self.transfer_wanted and due < moment:
            self.transferring = True
            return True, due
        if (fresh := election.allowed(moment)) is not None:
            silent = self.clock() - self.contact > self.timing.patience
            return (True, due) if fresh and silent else (False, moment + election.after_refusal())
        if stood_still:
            return False, max(due, moment + election.after_stall())
        if due < moment:
            self._ask_for_votes()
            return False, moment + election.after_question()
        return False, due

    def _ask_for_votes(self) -> None:
        if self.leader is not None:
            self.lose_leader()
        _, index, term = self.journal[-1]
        question = {"type": "rv_prevote", "rid": self.election.ask(), "term": self.term + 1, "lli": index, "llt": term}
        for node in self.others:
            self._guard.send(node, question)
