"""How busy the nodes have been, one by one or together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from revenge.core.errors import absent
from revenge.core.load import EVERY, Sample
from revenge.services.load.entity import History, Load, LoadQuery

N = TypeVar("N", int, float)


class Loads:
    """What the nodes remember of the last ten minutes."""

    def __init__(self, history: History) -> None:
        self.history = history

    async def show(self, query: LoadQuery) -> Load:
        """Return one node's samples, or those of all together; NotFound for a node that is not there."""
        known = await self.history.of_all()
        if query.node is not None and query.node not in known:
            absent("node", query.node)
        samples = together(known) if query.node is None else list(known[query.node])
        return Load(int(EVERY * 1000), sorted(known), query.node, samples)


def together(known: Mapping[str, Sequence[Sample]]) -> list[Sample]:
    """Return samples of all nodes as of one: those of the same two seconds are added up, what each knows of all nodes is not."""
    if len(known) == 1:
        return list(next(iter(known.values())))
    slots: dict[int, dict[str, Sample]] = defaultdict(dict)
    for node, samples in known.items():
        for sample in samples:
            slots[int(sample.at // EVERY)][node] = sample
    return [_sum(list(slots[moment].values())) for moment in sorted(slots)]


def _sum(samples: Sequence[Sample]) -> Sample:
    return Sample(
        at=max(sample.at for sample in samples),
        sent=_added(sample.sent for sample in samples),
        fetched=_added(sample.fetched for sample in samples),
        answers=sum(sample.answers for sample in samples),
        watching=max(sample.watching for sample in samples),
        slots=_added(sample.slots for sample in samples),
        running=_added(sample.running for sample in samples),
        waiting=max((sample.waiting for sample in samples), key=lambda waiting: sum(waiting.values())),
    )


def _added(mappings: Iterable[Mapping[str, N]]) -> dict[str, N]:
    total: dict[str, N] = {}
    for mapping in mappings:
        for name, value in mapping.items():
            total[name] = total.get(name, 0) + value
    return total
