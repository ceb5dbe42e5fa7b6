"""Who gets how much of what: a pure function of the limits and of what everybody wants.

Shares are those of the product's own table: interface and streams have 80 % for themselves, what people asked for and what goes on behind
them share the rest; while somebody streams, background falls to 5 % and maintenance stops. What one does not use is lent to the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import inf
from typing import NamedTuple

from msgspec import Struct

from revenge.core.qos import Qos
from revenge.infra.bandwidth.fill import fill

RESERVED = 0.8
"""Of everything: for interface and streams, as soon as they want it."""
BEHIND = 0.25
"""Of what is left for the other two: for the background, as soon as it wants it."""
WATCHED = 0.05
"""Of everything: all that the background may have while somebody streams."""


class Limits(Struct, frozen=True):
    """The most that may flow, in bytes per second."""

    node: float = inf
    """All of it together."""
    uplink: float = inf
    """To and from remote networks."""
    user: float = inf
    """To one person. Their pages are not counted."""
    behind: float = inf
    """What the background may have of the uplink while somebody streams from another node of the site. Maintenance stops then."""

    @property
    def bind(self) -> bool:
        """Whether there is any limit at all."""
        return min(self.node, self.uplink, self.user) < inf

    def tightest(self, *, remote: bool) -> float:
        """Return the smallest of those that hold for something that goes beyond the house, or stays within."""
        return min(self.node, self.user, self.uplink if remote else inf)


class Want(NamedTuple):
    """What one taker could use."""

    qos: Qos
    user: str
    """Whoever they are shared by."""
    demand: float
    """Bytes per second; `inf` for as much as there is."""
    remote: bool = False


def divide(limits: Limits, wants: Sequence[Want]) -> list[float]:
    """Return what each may have, in bytes per second; `inf` where no limit applies.

    What remains when everybody has what they want is handed out, too: it is theirs before they ask for it.
    """
    pipes = _pipes(limits, wants)
    bound = {member for pipe in pipes for member in pipe.members}
    wanted = [want.demand if place in bound else inf for place, want in enumerate(wants)]
    first = _through(pipes, wants, wanted)
    for pipe in pipes:
        pipe.spend(first)
    spare = _through(pipes, wants, [inf] * len(wants))
    return [inf if place not in bound else first[place] + spare[place] for place in range(len(wants))]


def _pipes(limits: Limits, wants: Sequence[Want]) -> list["_Pipe"]:
    """Return the bottlenecks, the narrowest kind first: each person's own, the one to remote networks, the node's."""
    pipes = []
    if limits.user < inf:
        by_user = defaultdict(list)
        for place, want in enumerate(wants):
            if want.qos is not Qos.INTERFACE:
                by_user[want.user].append(place)
        pipes += [_Pipe(limits.user, members, wants) for members in by_user.values()]
    if limits.uplink < inf:
        pipes.append(_Pipe(limits.uplink, [place for place, want in enumerate(wants) if want.remote], wants, limits.behind))
    if limits.node < inf:
        pipes.append(_Pipe(limits.node, list(range(len(wants))), wants))
    return pipes


def _through(pipes: Iterable["_Pipe"], wants: Sequence[Want], wanted: Sequence[float]) -> list[float]:
    got = list(wanted)
    for pipe in pipes:
        pipe.narrow(wants, got)
    return got


class _Pipe:
    """One bottleneck: how much of it is left, and who goes through it."""

    def __init__(self, rate: float, members: Sequence[int], wants: Sequence[Want], behind: float = inf) -> None:
        self.members = members
        self._left = rate
        self._of: list[list[int]] = [[] for _ in Qos]
        for member in members:
            self._of[wants[member].qos].append(member)
        if behind == inf and self._of[Qos.STREAM]:
            behind = rate * WATCHED
        self._most = [inf, inf, inf, behind, inf if behind == inf else 0.0]
        """What each class may have at most."""

    def narrow(self, wants: Sequence[Want], got: list[float]) -> None:
        """Lower what the members get to what goes through."""
        totals = [min(sum(got[member] for member in of), most) for of, most in zip(self._of, self._most, strict=True)]
        for of, amount in zip(self._of, _by_class(self._left, totals), strict=True):
            if sum(got[member] for member in of) > amount:
                _among_people(amount, of, wants, got)

    def spend(self, got: Sequence[float]) -> None:
        """Take what the members got off what is left."""
        used = [sum(got[member] for member in of) for of in self._of]
        self._most = [max(most - amount, 0.0) for most, amount in zip(self._most, used, strict=True)]
        self._left = max(self._left - sum(used), 0.0)


def _by_class(left: float, wanted: Sequence[float]) -> list[float]:
    """Divide among the classes, each of which gets no more than it wants."""
    interface, stream, person, background, maintenance = wanted
    reserve = min(person + background, left * (1 - RESERVED))
    urgent = min(interface + stream, left - reserve)
    other = min(person + background, max(reserve, left - urgent))  # the difference alone would have lost a few bits of a small reserve
    to_interface = min(interface, urgent)
    behind = min(background, other * BEHIND)
    to_person = min(person, other - behind)
    rest = min(maintenance, max(left - urgent - other, 0.0))
    return [to_interface, urgent - to_interface, to_person, max(behind, other - to_person), rest]


def _among_people(amount: float, members: Sequence[int], wants: Sequence[Want], got: list[float]) -> None:
    """Divide a class's amount among people, and each one's part among what they do."""
    by_user = defaultdict(list)
    for member in members:
        by_user[wants[member].user].append(member)
    parts = fill(amount, [sum(got[member] for member in own) for own in by_user.values()])
    for own, part in zip(by_user.values(), parts, strict=True):
        for member, share in zip(own, fill(part, [got[member] for member in own]), strict=True):
            got[member] = share
