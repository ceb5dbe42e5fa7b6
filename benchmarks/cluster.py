"""What people notice of three nodes when something happens to them: again and again, in network namespaces, under load.

It takes an hour, so it can be ended at any time and goes on where it was: what was seen stands line by line in `cluster.jsonl` beside this
file until the table is made of it. It needs root.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median, quantiles

import msgspec

from benchmarks.figures import Figure
from tests.cluster.faults.faults import FAULTS, MUST_MOVE, OF_NODES
from tests.cluster.faults.house import running_house
from tests.cluster.faults.lab import why_not
from tests.cluster.faults.run import Outcome, strike

TITLE = "Three nodes"
PEER = "none: promises of the product (three `revenge serve` in network namespaces, one PostgreSQL, one store)"
_SEEN = Path(__file__).parent / "cluster.jsonl"
_OFTEN, _SELDOM = 20, 5
_PER_HOUSE = 30
"""Faults before everything is built anew: a file of times has an end."""


def run(*, quick: bool = False) -> list[Figure]:
    if reason := why_not():
        raise SystemExit(f"This benchmark cannot run here: {reason}.")
    if quick:
        return figures(_strike(["leader killed"]))
    while left := _left(_seen()):
        for outcome in _strike(left[:_PER_HOUSE]):
            with _SEEN.open("ab") as file:
                file.write(msgspec.json.encode(outcome._asdict()) + b"\n")
    found = figures(_seen())
    _SEEN.unlink()
    return found


def _seen() -> list[Outcome]:
    lines = _SEEN.read_bytes().splitlines() if _SEEN.exists() else []
    return [Outcome(**msgspec.json.decode(line)) for line in lines]


def _left(seen: Sequence[Outcome]) -> list[str]:
    """What is still to be done, in turn, so that an early end has something of everything."""
    done = Counter(outcome.fault for outcome in seen)
    wanted = {name: _OFTEN if name in MUST_MOVE else _SELDOM for name in FAULTS}
    return [name for turn in range(_OFTEN) for name, times in wanted.items() if done[name] <= turn < times]


def _strike(names: Iterable[str]) -> Iterable[Outcome]:
    with running_house() as (lab, load):
        for name in names:
            outcome = strike(lab, load, name)
            print(outcome, flush=True)
            yield outcome


def figures(outcomes: Iterable[Outcome]) -> list[Figure]:
    """What the outcomes come to."""
    outcomes = list(outcomes)
    elections = sorted(outcome.election for outcome in outcomes if outcome.election is not None)
    mute = sorted(outcome.mute for outcome in outcomes if outcome.fault in OF_NODES)
    stalled = [outcome.stall if outcome.stall >= 0.2 else 0.0 for outcome in outcomes]
    calls, failed = sum(outcome.calls for outcome in outcomes), sum(outcome.failed for outcome in outcomes)
    wrong = [outcome for outcome in outcomes if outcome.wrong]
    times = f"{len(elections)} elections"
    return [
        Figure("a new leader after the fault of the old one, median", times, "", median(elections), unit="s"),
        Figure("a new leader after the fault of the old one, p95", f"max {max(elections):.2f} s", "", _p95(elections), 2.0, unit="s"),
        Figure("two leaders at once, in all", f"{len(outcomes)} faults of {len(FAULTS)} kinds", "", max(o.overlap for o in outcomes), 0.0, unit="s"),
        Figure("no write succeeds at its first try, p95", f"median {median(mute):.2f} s, max {max(mute):.2f} s", "", _p95(mute), unit="s"),
        Figure("films stand still (buffer of 10 s), the longest", "one copied, one encoded to 360p", "", max(stalled), 0.0, unit="s"),
        Figure("calls that fail after one retry on another node", f"of {calls}", "", float(failed), 0.0, unit="calls"),
        Figure("faults after which something else was wrong (lost, twice, odd answers)", ", ".join(sorted({o.fault for o in wrong})) or "none", "", float(len(wrong)), 0.0, unit="faults"),
    ]  # fmt: skip


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
