"""How members come and go: questions of nodes that hold the secret, answered in the Raft thread of the node they ask."""

import threading
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from cluster.errors import Refused
from cluster.raft.agent import Agent
from cluster.raft.library import SUCCESS
from cluster.table import Table
from cluster.wire.ask import NoAnswer, ask
from cluster.wire.intro import PROTOCOL
from cluster.wire.network import Answer

BUSY = 10.0
"""Seconds after which a change of members that never ended is given up: its callback may be lost with a leadership."""


class Applicant(Struct, frozen=True):
    """Who wants to be a member."""

    address: str
    ident: str
    node: dict[str, Any]
    """What the others should know of it: id, HTTP address, version."""
    cluster: str = ""
    """The cluster it belongs to already, if any."""


class Door:
    """One node's answers; only the leader changes anything, the others name it."""

    def __init__(self, agent: Agent, table: Table, ident: str, key: bytes, version: str) -> None:
        self._agent, self._table, self._ident, self._key, self._version = agent, table, ident, key, version
        self._busy = 0.0
        self._questions = {"hello": self._hello, "join": self._join, "remove": self._remove}
        agent.asked = self.asked

    def asked(self, question: str, body: dict[str, Any], reply: Answer) -> None:
        """Answer a question; one that only newer nodes know is refused."""
        known = self._questions.get(question)
        if known is None:
            reply({"refused": f"This node ({self._version}) does not know the question {question!r}."})
            return
        try:
            known(body, reply)
        except (msgspec.ValidationError, KeyError, TypeError):
            reply({"refused": f"The question {question!r} is not complete."})

    def _hello(self, _: dict[str, Any], reply: Answer) -> None:
        agent = self._agent
        reply(
            {
                "address": agent.selfNode.id,
                "ident": self._ident,
                "cluster": self._table.content.cluster,
                "empty": len(agent.journal) < 2 and agent.snapshots.kept is None,
                "leader": agent.leader.id if agent.leader is not None else "",
                "members": agent.members(),
                "version": self._version,
                "protocol": PROTOCOL,
            }
        )

    def _elsewhere(self) -> dict[str, Any] | None:
        """What to say where this node may not decide."""
        agent = self._agent
        if agent.leads():
            return None
        known = agent.leader is not None and agent.leader != agent.selfNode
        return {"redirect": agent.leader.id} if known else {"retry": "nobody leads at the moment"}

    def _join(self, body: dict[str, Any], reply: Answer) -> None:
        agent, content = self._agent, self._table.content
        applicant = msgspec.convert(body, Applicant)
        if (elsewhere := self._elsewhere()) is not None:
            reply(elsewhere)
        elif applicant.cluster and applicant.cluster != content.cluster:
            reply({"refused": "This node belongs to another cluster: empty its folder first."})
        elif applicant.address in agent.members():
            same = content.nodes.get(applicant.address, {}).get("ident") in {None, applicant.ident}
            old = f"{applicant.address} is a member with another disk: remove it first, then join again."
            reply({"ok": True, "members": agent.members()} if same else {"refused": old})
        elif (namesake := self._namesake(applicant)) is not None:
            reply({"refused": f"The name {applicant.node.get('node_id')} belongs to {namesake} already: set another cluster.node_id."})
        elif (wait := self._not_now()) is not None:
            reply({"retry": wait})
        else:
            self._look_at(applicant, reply)

    def _namesake(self, applicant: Applicant) -> str | None:
        """The address of another member with the applicant's name."""
        members, name = self._agent.members(), applicant.node.get("node_id")
        same = (address for address, said in self._table.content.nodes.items() if said.get("node_id") == name and address in members)
        return next(same, None)

    def _not_now(self) -> str | None:
        """Why no member can come or go at this moment."""
        agent = self._agent
        behind = [node for node in agent.others if agent.match_index.get(node, 0) < agent.commit_index]
        if agent.clock() < self._busy:
            return "another change is under way"
        return f"{behind[0].id} has not caught up yet" if behind else None

    def _look_at(self, applicant: Applicant, reply: Answer) -> None:
        """Ask the applicant's address, in a thread of its own, whether it is really there: adding nobody costs the quorum."""
        self._busy = self._agent.clock() + BUSY

        def look() -> None:
            try:
                found = ask(applicant.address, self._key, "hello", {}, self._version)
            except (NoAnswer, Refused, OSError, ValueError):
                found = {}
            self._agent.do(lambda: self._admit(applicant, found, reply))

        threading.Thread(target=look, name="preflight", daemon=True).start()

    def _admit(self, applicant: Applicant, found: dict[str, Any], reply: Answer) -> None:
        agent = self._agent
        ours = found.get("empty") or (found.get("cluster") and found.get("cluster") == self._table.content.cluster)
        if found.get("address") != applicant.address or found.get("ident") != applicant.ident or not ours:
            self._busy = 0.0
            reply({"refused": f"No empty node with this secret answers at {applicant.address}, so it was not added."})
            return
        node = {**applicant.node, "ident": applicant.ident}
        agent.propose(msgspec.json.encode({"op": "node", "address": applicant.address, "node": node}), None)
        agent.allowed_members.add(applicant.address)
        agent.propose_change("add", applicant.address, self._end(reply, applicant.address))

    def _remove(self, body: dict[str, Any], reply: Answer) -> None:
        agent, address = self._agent, str(body["address"])
        if (elsewhere := self._elsewhere()) is not None:
            reply(elsewhere)
        elif address == agent.selfNode.id:
            agent.transferLeadership()  # a leader cannot remove itself: the next one will
            reply({"retry": "this node is handing over first"})
        elif address not in agent.members():
            reply({"ok": True, "members": agent.members()})
        elif agent.clock() < self._busy:
            reply({"retry": "another change is under way"})
        else:
            self._busy = agent.clock() + BUSY
            agent.propose(msgspec.json.encode({"op": "gone", "address": address}), None)
            agent.propose_change("rem", address, self._end(reply, address))

    def _end(self, reply: Answer, address: str) -> Callable[[object, int], None]:
        def ended(_: object, error: int) -> None:
            self._busy = 0.0
            self._agent.allowed_members.discard(address)
            reply({"ok": True, "members": self._agent.members()} if error == SUCCESS else {"retry": f"the change was not taken ({error})"})

        return ended
