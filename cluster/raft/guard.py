"""Stands between the library and the wire: what it lets through, holds back, adds and answers is what leases rest on."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from pysyncobj.node import Node
from pysyncobj.transport import Transport

from cluster.disk.journal import Journal
from cluster.raft.election import Election
from cluster.raft.follow import Log, news
from cluster.raft.lease import Lease
from cluster.wire.messages import Message
from cluster.wire.network import Answer, Listener

LASTING = frozenset({"append_entries", "next_node_idx", "request_vote", "response_vote", "rv_ack"})
"""What may be said only once everything it rests on is on disk."""


class Wire(Protocol):
    """What carries messages between nodes, by address."""

    listener: Listener | None

    def know(self, peer: str) -> None:
        """Keep a link to this node from now on."""

    def forget(self, peer: str) -> None:
        """Drop the link to this node, and accept none."""

    def send(self, peer: str, message: Message) -> bool:
        """Send a message; False when there is no open link."""

    def tick(self) -> None:
        """Do what time brings."""

    def close(self) -> None:
        """End every link."""


class Part(Log, Protocol):
    """What the guard knows of the node's part in Raft."""

    journal: Journal
    lease: Lease
    election: Election
    clock: Callable[[], float]
    contact: float
    transferring: bool
    term: int
    others: Iterable[Node]
    asked: Callable[[str, dict[str, Any], Answer], None]

    def bound(self) -> bool:
        """Whether this node owes somebody that it votes for nobody else."""

    def would_vote(self, message: Message) -> bool:
        """Whether a candidate like this would get this node's vote."""

    def prevoted(self, peer: str, message: Message) -> None:
        """A member said whether it would vote for this node."""

    def echoed(self, node: Node, sent: float, term: int) -> None:
        """A member answered what was sent at this moment."""

    def reassured(self, term: int) -> None:
        """The log may be whole again."""

    def set_term(self, term: int) -> None:
        """Leave for a newer term."""


class Guard(Transport):  # type: ignore[misc]  # the library has no types
    """The library's transport, over a wire."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(None, None, [])
        self.agent: Part
        self.wire = wire
        self._nodes: dict[str, Node] = {}
        self._echo: dict[str, Any] | None = None
        wire.listener = self

    # -- towards the wire

    def addNode(self, node: Node) -> None:  # noqa: N802 - the library's name
        """Know a member."""
        self._nodes[node.id] = node
        self.wire.know(node.id)

    def dropNode(self, node: Node) -> None:  # noqa: N802 - the library's name
        """Know it no more."""
        if self._nodes.pop(node.id, None):
            self.wire.forget(node.id)
            self._onNodeDisconnected(node)

    def destroy(self) -> None:
        """The end."""
        self.wire.close()

    def send(self, node: Node, message: Message) -> bool:
        """Send, with what the other side needs to know besides; silent while the disk does not take what it says."""
        agent, kind = self.agent, message["type"]
        if kind in LASTING and not agent.journal.sync():
            return False
        if kind == "append_entries":
            message = {**message, "hb": agent.clock()}  # the lease counts from here, on this node's own clock
        elif kind == "next_node_idx":
            message = {**message, **(self._echo or {"hb": 0.0, "hb_term": agent.term})}
            self._echo = None
        elif kind == "timeout_now":
            agent.lease.give_up(agent.term)  # before the rival may start
        elif kind == "request_vote":
            message = {**message, "transfer": agent.transferring, "everyone": agent.election.everyone}
        return self.wire.send(node.id, message)

    # -- from the wire

    def up(self, peer: str) -> None:
        """A link to a member is open."""
        if peer in self._nodes:
            self._onNodeConnected(self._nodes[peer])

    def down(self, peer: str) -> None:
        """The link to a member is gone."""
        if peer in self._nodes:
            self._onNodeDisconnected(self._nodes[peer])

    def asked(self, question: str, body: dict[str, Any], reply: Answer) -> None:
        """Somebody with the secret asks."""
        self.agent.asked(question, body, reply)

    def heard(self, peer: str, message: Message) -> None:
        """A member said something: answer what is ours, and let the library see what it may."""
        node = self._nodes.get(peer)
        if node is None:
            return
        special = getattr(self, f"_on_{message['type']}", None)
        if special is None:
            self._onMessageReceived(node, message)
        else:
            special(node, message)

    def _on_append_entries(self, node: Node, message: Message) -> None:
        agent = self.agent
        if message["term"] < agent.term:
            self.send(node, {"type": "rv_term", "term": agent.term})
            return
        agent.contact = agent.clock()
        self._echo = {"hb": message["hb"], "hb_term": message["term"]}
        message, level = news(agent, message)
        self._onMessageReceived(node, message)
        if level is not None:
            self.send(node, {"type": "next_node_idx", "next_node_idx": level + 1, "reset": False, "success": True})
        elif self._echo:  # a piece of a snapshot: the library does not answer it
            self.send(node, {"type": "rv_ack", **self._echo})
        self._echo = None
        agent.reassured(message["term"])

    def _on_next_node_idx(self, node: Node, message: Message) -> None:
        if message["hb_term"] != self.agent.term:
            return  # of an earlier reign: it says nothing about this one
        self._onMessageReceived(node, message)
        self.agent.echoed(node, message["hb"], message["hb_term"])

    def _on_rv_ack(self, node: Node, message: Message) -> None:
        self.agent.echoed(node, message["hb"], message["hb_term"])

    def _on_request_vote(self, node: Node, message: Message) -> None:
        agent = self.agent
        if agent.bound() and not message.get("transfer"):
            return  # the lease rests on this refusal
        if not agent.journal.certain and not message.get("everyone"):
            return
        self._onMessageReceived(node, message)

    def _on_response_vote(self, node: Node, message: Message) -> None:
        others = {other.id for other in self.agent.others}
        if message["term"] == self.agent.term:
            for voter in self.agent.election.counts(node.id, others):
                self._onMessageReceived(self._nodes[voter], message)

    def _on_timeout_now(self, node: Node, message: Message) -> None:
        if self.agent.journal.certain:
            self._onMessageReceived(node, message)

    def _on_rv_term(self, _: Node, message: Message) -> None:
        if message["term"] > self.agent.term:
            self.agent.set_term(message["term"])

    def _on_rv_prevote(self, node: Node, message: Message) -> None:
        if message["term"] <= self.agent.term:  # whoever asks would never learn of the newer term, and nobody could be elected
            self.send(node, {"type": "rv_term", "term": self.agent.term})
        grant = self.agent.would_vote(message)
        self.send(node, {"type": "rv_prevote_resp", "rid": message["rid"], "grant": grant, "certain": self.agent.journal.certain})

    def _on_rv_prevote_resp(self, node: Node, message: Message) -> None:
        self.agent.prevoted(node.id, message)
