"""How a node's part in the cluster is, and what is wrong with it in a sentence."""

from msgspec import Struct

STUCK = 1.0
"""Seconds without a turn of the Raft thread after which that is said: a turn takes a twentieth of one."""


class Health(Struct, frozen=True):
    """How a node's part in the cluster is."""

    age: float | None
    """Seconds since the Raft thread's last turn; None before it runs."""
    disk: str
    """Why the disk takes nothing, or nothing."""
    certain: bool
    """Whether the log is known to hold everything this node ever acknowledged."""
    refused: dict[str, str]
    """Why other nodes, by address, do not talk to this one, as they say."""


def sentence(health: Health, *, led: bool, removed: bool) -> str:
    """What is wrong, or nothing. `led`: a leader is heard; `removed`: the others do not count this node any more."""
    if health.age is None:
        return "The node has not opened its cluster yet."
    if health.age > STUCK:
        return f"The Raft thread has not turned for {health.age:.0f} s."
    if health.disk:
        return f"The folder of the cluster takes nothing: {health.disk}."
    if removed:
        return "This node was removed from its cluster: `revenge cluster leave --force`, then `revenge cluster join`, bring it back."
    if not led:
        said = sorted(set(health.refused.values()))
        return " ".join(["No leader is heard: this node only reads until it meets enough of the others again.", *said])
    return ""
