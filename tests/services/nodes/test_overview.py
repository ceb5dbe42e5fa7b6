"""What is told of the nodes is put together from what the parts know, as far as they do."""

import asyncio
from datetime import UTC, datetime

from cluster.alone import Alone
from revenge.bootstrap.pulse import Looking
from revenge.core.errors import Unavailable
from revenge.core.work import Ask
from revenge.infra.schedule import Cron
from revenge.infra.schedule.repository import Taken
from revenge.infra.schedule.schedule import Standing
from revenge.infra.vitals import Seen, Vitals
from revenge.services.nodes.overview import Overviews, Root

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TASK = Cron("tidy", "30 3 * * *", Ask("tidy", "tidy"))


async def away():
    raise Unavailable("The database is away.")


def overviews(cluster, schedules, **vitals):
    async def of(nodes):
        return {node: vitals[node] for node in nodes if node in vitals}

    return Overviews(cluster, of, schedules)


async def test_it_shows_how_each_node_is_and_how_far_behind():
    cluster = Alone("http://one", "1", "one")
    cluster.members = lambda: [*Alone("http://two", "1", "two").members(), *Alone("http://one", "1", "one").members()]

    async def schedules():
        return [Standing(TASK, Taken("tidy", NOON, "two", 3, NOON), NOON), Standing(TASK, None, NOON)]

    async with cluster.lifetime():
        await asyncio.sleep(0)
        state = await overviews(cluster, schedules, one=Vitals(0.5, 2, 1, 10, [Seen("/media", False)]), two=Vitals(0.1, 0, 0, 7, [])).look()
    one, two = state.nodes
    assert (one.node.node_id, one.leads, one.here, one.streams, one.behind, one.roots) == ("one", True, True, 2, 0, [Root("/media", False)])
    assert (two.node.node_id, two.leads, two.here, two.behind) == ("two", False, False, 3)
    assert [(task.name, task.rule, task.last, task.node) for task in state.schedules] == [
        ("tidy", "30 3 * * *", NOON, "two"),
        ("tidy", "30 3 * * *", None, None),
    ]
    assert state.history[0].leader == "one"


async def test_what_nobody_knows_is_left_open():
    state = await overviews(Alone("http://one", "1", "one"), away).look()
    assert (state.nodes[0].load, state.nodes[0].behind, state.schedules) == (None, None, [])


async def test_a_node_looks_at_its_folders_now_and_then(tmp_path):
    asked = []

    async def roots():
        asked.append(1)
        return [str(tmp_path), str(tmp_path / "away")]

    looking = Looking(lambda: 1, lambda: 2, lambda: 3, roots)
    for _ in range(2):
        vitals = await looking()
    assert (vitals.streams, vitals.jobs, vitals.applied) == (1, 2, 3)
    assert [root.seen for root in vitals.roots] == [True, False]
    assert asked == [1]


async def test_folders_that_cannot_be_asked_for_hold_nobody_up():
    assert (await Looking(lambda: 1, lambda: 2, lambda: 3, away)()).roots == []
