"""One fault in a house at work, and what must be true afterwards."""

import time
from itertools import pairwise
from typing import NamedTuple

import asyncpg

from revenge.infra.database.url import driver_url
from tests.cluster.faults.faults import FAULTS, MUST_MOVE, OF_ALL, OF_NODES
from tests.cluster.faults.lab import FaultyNode, Lab, boottime
from tests.cluster.faults.load import Load
from tests.fixtures.client import until

_SETTLE = 1.5
STALL = 0.2
"""Seconds of standing still that are our own looking twice a tenth of a second, on a busy machine."""


class Outcome(NamedTuple):
    """What one fault did."""

    fault: str
    election: float | None
    """Seconds from the fault to the next leader, where the leader was hit."""
    overlap: float
    """Seconds in which two nodes led at once."""
    mute: float
    """The longest time in which no write succeeded at its first try."""
    calls: int
    failed: int
    """Calls that failed after one retry on another node."""
    stall: float
    """Seconds in which a film stood still."""
    wrong: tuple[str, ...]
    """Everything else that must not be."""


def strike(lab: Lab, load: Load, name: str) -> Outcome:
    """Let a fault happen under load and look at everything."""
    hit, hold = FAULTS[name]
    lab.renew_token()
    leader = lab.leader()
    stalls, troubles, began = dict(load.stalls), len(load.troubles), boottime()
    harm = hit(lab)
    next(harm)
    time.sleep(hold)
    for _ in harm:
        raise AssertionError("a fault yields once")
    lab.settled()
    time.sleep(_SETTLE)
    ended = boottime()
    calls = [call for call in list(load.calls) if began - 0.5 <= call.at <= ended - 1]
    failed = [call for call in calls if not call.ok]
    return Outcome(
        name,
        _election(lab, leader, began) if name in MUST_MOVE else None,
        overlap(lab),
        _mute(load, began, ended),
        len(calls),
        len(failed),
        sum(load.stalls.values()) - sum(stalls.values()),
        (
            *_lost(lab, load),
            *_schedule(lab),
            *load.troubles[troubles:],
            *(f"failed: {one.kind} {one.told}" for one in failed if name in OF_NODES),
        ),
    )


def _election(lab: Lab, leader: FaultyNode, began: float) -> float | None:
    after = [one.start for name, one in lab.leads() if name != leader.name and one.start > began]
    return min(after) - began if after else None


def overlap(lab: Lab) -> float:
    """Seconds, in all there was, in which two nodes led at once."""
    total, held, holder = 0.0, 0.0, ""
    for name, one in lab.leads():
        if name != holder and one.start < held:
            total += min(held, one.end) - one.start
        if one.end > held:
            held, holder = one.end, name
    return total


def _mute(load: Load, began: float, ended: float) -> float:
    longest, since = 0.0, None
    for at, kind, ok in sorted(load.attempts):
        if kind != "write" or not began <= at <= ended:
            continue
        if ok and since is not None:
            longest, since = max(longest, at - since), None
        elif not ok and since is None:
            since = at
    return longest


def _lost(lab: Lab, load: Load) -> list[str]:
    """Every acknowledged write to the cluster's table is on every node, or a later one."""
    written = dict(load.written)

    def missing() -> list[str]:
        found = []
        for node in (node for node in lab.running() if node.in_use):
            there = node.ask("faults.get", keys=list(written))
            found += [f"{node.name} lacks {key}={value}" for key, value in written.items() if float(there[key] or 0) < float(value)]
        return found

    end = time.monotonic() + 5
    while (lacks := missing()) and time.monotonic() < end:
        time.sleep(0.2)
    return lacks


def _schedule(lab: Lab) -> list[str]:
    """Every second was counted exactly once, and tokens never fell."""
    until(lambda: _rows(lab)[-1][0] >= int(time.time()) - 2, 20)
    rows = _rows(lab)
    slots = [slot for slot, _ in rows]
    wrong = [f"{slot} was counted {slots.count(slot)} times" for slot in sorted({slot for slot in slots if slots.count(slot) > 1})]
    wrong += [f"{slot} was not counted" for slot in sorted(set(range(slots[0], slots[-1] + 1)) - set(slots))]
    return wrong + [f"the token fell at {b[0]}" for a, b in pairwise(rows) if b[1] < a[1]]


def _rows(lab: Lab) -> list[tuple[int, int]]:
    async def ask() -> list[tuple[int, int]]:
        connection = await asyncpg.connect(driver_url(lab.database))
        try:
            rows = await connection.fetch("select extract(epoch from slot)::bigint as slot, token from faults order by 1, 2")
            return [(row["slot"], row["token"]) for row in rows]
        finally:
            await connection.close()

    return lab.await_(ask())


def check(outcome: Outcome) -> None:
    """What every fault leaves as it was: one leader at a time, nothing lost, nothing twice, nobody held up where somebody is left to ask."""
    assert not outcome.wrong, outcome
    assert outcome.overlap == 0, outcome
    assert outcome.failed == 0 or outcome.fault in OF_ALL, outcome
    assert outcome.stall < STALL or outcome.fault == "all killed", outcome
    assert outcome.fault not in MUST_MOVE or outcome.election is not None, outcome
