"""When a node refuses writes, and when it waits."""

import asyncio
import time
from collections import deque
from types import SimpleNamespace

import pytest

from cluster import Reign
from revenge.bootstrap.seen import hindered


def a_cluster(*, has_quorum, lost=0.0):
    reign = Reign(None, 3, has_quorum=False)
    return SimpleNamespace(has_quorum=has_quorum, leadership=SimpleNamespace(history=deque([(time.time() - lost, reign)])))


async def test_with_a_majority_everything_may_be_written():
    assert await hindered(a_cluster(has_quorum=True))() is None


async def test_a_write_waits_for_an_election_and_not_for_more():
    cluster = a_cluster(has_quorum=False)
    waiting = asyncio.create_task(hindered(cluster)())
    await asyncio.sleep(0.15)
    assert not waiting.done()
    cluster.has_quorum = True
    assert await asyncio.wait_for(waiting, 1) is None


@pytest.mark.parametrize("lost", [4.0, 4000.0])
async def test_a_minority_says_so_at_once(lost):
    reason = await asyncio.wait_for(hindered(a_cluster(has_quorum=False, lost=lost))(), 0.5)
    assert (reason.code, reason.retry_after) == ("read_only_minority", 2)


async def test_a_node_that_never_saw_a_majority_says_so():
    cluster = a_cluster(has_quorum=False)
    cluster.leadership.history.clear()
    assert (await hindered(cluster)()).code == "read_only_minority"
