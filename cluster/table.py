"""The small table every node holds: configuration, members, leases, join tokens, and the last invalidations.

Pure and deterministic: the same lines in the same order give the same table on every node, so nothing here asks a clock,
throws dice, or raises. An operation a newer node brought is passed over, everywhere alike.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

RING = 4096
"""Invalidations kept for nodes that were away for a moment; who missed more forgets everything it had."""
MOST_TOKENS = 32
"""Join tokens that wait at a time."""
Operation = dict[str, Any]
Result = dict[str, Any]
Heard = Callable[[Operation, Result], None]
"""Told of each operation and its result, where it happens; `{"op": "snapshot", "content": …}` when everything was replaced."""


class Holding(Struct):
    """A lease as the table has it."""

    holder: str
    token: int
    length: float
    revision: int
    """Grows with each renewal: whoever takes a lease over must have seen the last one."""


class Content(Struct):
    """Everything, as a snapshot holds it."""

    cluster: str = ""
    version: int = 0
    settings: dict[str, tuple[int, Any]] = {}
    nodes: dict[str, dict[str, Any]] = {}
    leases: dict[str, Holding] = {}
    last_tokens: dict[str, int] = {}
    tokens: dict[str, dict[str, Any]] = {}
    sequence: int = 0
    ring: list[tuple[int, list[str]]] = []


class Table:
    """Applies lines of the log."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self.content = Content()

    def apply(self, command: bytes) -> Result:
        """Carry a line of the log out."""
        try:
            return self.carry_out(msgspec.json.decode(command, type=Operation))
        except (msgspec.DecodeError, msgspec.ValidationError):
            return {"error": "malformed"}

    def carry_out(self, operation: Operation) -> Result:
        """Carry one operation out and say what came of it; what cannot be carried out does nothing, on every node alike."""
        try:
            known = _OPERATIONS.get(operation.get("op", ""))
            result = known(self.content, operation) if known else {"error": "unknown"}
        except (KeyError, TypeError, ValueError, AttributeError):
            result = {"error": "malformed"}  # a line that raised would be carried out again for ever, and the cluster would stand
        self._heard(operation, result)
        return result

    def dump(self) -> bytes:
        """Everything, as JSON."""
        return msgspec.json.encode(self.content)

    def load(self, data: bytes) -> None:
        """Take the place of everything."""
        self.content = msgspec.json.decode(data, type=Content)
        self._heard({"op": "snapshot", "content": data}, {})


def _lead(table: Content, said: Operation) -> Result:
    """A leader begins its reign; the first one gives the cluster its name."""
    table.cluster = table.cluster or str(said["cluster"])
    table.nodes[said["address"]] = {**said["node"], "address": said["address"]}
    return {"cluster": table.cluster}


def _node(table: Content, said: Operation) -> Result:
    """What a member says of itself."""
    table.nodes[said["address"]] = {**table.nodes.get(said["address"], {}), **said["node"], "address": said["address"]}
    return {"ok": True}


def _gone(table: Content, said: Operation) -> Result:
    """A member that is none any more, and its leases."""
    table.nodes.pop(said["address"], None)
    return {"ok": True}


def _set(table: Content, said: Operation) -> Result:
    """Set a value; with `if`, only where it still has that version (0: not there)."""
    version = table.settings.get(said["key"], (0, None))[0]
    if "if" in said and said["if"] != version:
        return {"conflict": version}
    table.version += 1
    table.settings[said["key"]] = (table.version, said["value"])
    return {"version": table.version}


def _drop_tags(table: Content, said: Operation) -> Result:
    """Tags whose copies are stale from here on."""
    tags = [str(tag) for tag in said["tags"]]
    table.sequence += 1
    table.ring.append((table.sequence, tags))
    del table.ring[:-RING]
    return {"sequence": table.sequence}


def _take(table: Content, said: Operation) -> Result:
    """Take a lease that is free, or one whose last renewal the taker watched run out; a token lower than an earlier one is too old."""
    name, held = said["name"], table.leases.get(said["name"])
    token, over = int(said["token"]), said.get("over")
    if held and over != [held.token, held.revision]:
        return {"held": [held.token, held.revision]}
    if token <= table.last_tokens.get(name, 0):
        return {"stale": table.last_tokens[name]}
    table.leases[name] = Holding(str(said["holder"]), token, float(said["length"]), 0)
    table.last_tokens[name] = token
    return {"token": token}


def _renew(table: Content, said: Operation) -> Result:
    """Hold on to a lease that is still one's own."""
    held = table.leases.get(said["name"])
    if held is None or held.token != said["token"]:
        return {"lost": True}
    held.revision += 1
    return {"token": held.token}


def _give_back(table: Content, said: Operation) -> Result:
    """Let a lease go."""
    held = table.leases.get(said["name"])
    if held is not None and held.token == said["token"]:
        del table.leases[said["name"]]
    return {"ok": True}


def _invite(table: Content, said: Operation) -> Result:
    """Keep what proves a join token, until it is used or its time is over."""
    _forget_late(table, float(said["now"]))
    if len(table.tokens) >= MOST_TOKENS:
        return {"full": len(table.tokens)}
    table.tokens[said["id"]] = {"secret": str(said["secret"]), "expires": float(said["expires"])}
    return {"ok": True}


def _use(table: Content, said: Operation) -> Result:
    """Use a join token up; the clock of the node that was asked, said with it, decides whether its time is over."""
    token = table.tokens.pop(said["id"], None)
    _forget_late(table, float(said["now"]))
    return {"ok": token is not None and token["expires"] > said["now"]}


def _forget_late(table: Content, now: float) -> None:
    for late in [name for name, token in table.tokens.items() if token["expires"] <= now]:
        del table.tokens[late]


_OPERATIONS: dict[str, Callable[[Content, Operation], Result]] = {
    "lead": _lead,
    "node": _node,
    "gone": _gone,
    "set": _set,
    "drop": _drop_tags,
    "take": _take,
    "renew": _renew,
    "return": _give_back,
    "invite": _invite,
    "use": _use,
}
