"""Several nodes' load as one."""

import pytest

from revenge.core.errors import NotFound
from revenge.core.load import Sample
from revenge.services.load.entity import LoadQuery
from revenge.services.load.routes import LoadRoutes
from revenge.services.load.service import Loads


def sample(at: float, rate: float, running: int, waiting: int, watching: int = 1) -> Sample:
    return Sample(at, {"stream": rate}, {"person": 1.0}, 1, watching, {"library": 2}, {"library": running}, {"library": waiting})


class History:
    def __init__(self, **known: list[Sample]) -> None:
        self.known = known

    async def of_all(self):
        return self.known


async def test_what_each_node_does_is_added_up_and_what_each_knows_of_all_is_not():
    loads = Loads(History(nas=[sample(100.0, 5, 1, 7)], attic=[sample(101.2, 3, 2, 8, watching=2), sample(102.5, 1, 0, 6)]))
    shown = await LoadRoutes(loads).show(LoadQuery())
    first, second = shown.samples
    assert (first.at, first.sent, first.fetched, first.answers) == (101.2, {"stream": 8}, {"person": 2.0}, 2)
    assert (first.watching, first.slots, first.running, first.waiting) == (2, {"library": 4}, {"library": 3}, {"library": 8})
    assert second.sent == {"stream": 1}
    assert (shown.nodes, shown.node, shown.every_ms) == (["attic", "nas"], None, 2000)


async def test_one_node_is_shown_alone():
    loads = Loads(History(nas=[sample(100, 5, 1, 7)], attic=[sample(100, 3, 2, 8)]))
    shown = await loads.show(LoadQuery("nas"))
    assert [one.sent["stream"] for one in shown.samples] == [5]
    with pytest.raises(NotFound):
        await loads.show(LoadQuery("shed"))
