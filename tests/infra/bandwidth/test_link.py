"""How what a node may send is handed out while people come and go."""

import asyncio
from math import inf

import pytest

from revenge.core.qos import Qos
from revenge.infra.bandwidth.bucket import Bucket
from revenge.infra.bandwidth.glow import AFTERGLOW, BETWEEN
from revenge.infra.bandwidth.link import LOOK, Link
from revenge.infra.bandwidth.shares import Limits

M = 1_000_000 / 8
P0, P1, P2, P3, P4 = Qos


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Reader:
    """Takes what it may, up to what it can."""

    def __init__(self, qos: Qos, user: str = "ann", could: float = inf, *, remote: bool = False) -> None:
        self.qos, self.user, self.remote, self.could = qos, user, remote, could
        self.viewing, self.gone = "", False
        self.rate = inf
        self.demand = inf

    def look(self, seconds: float) -> int:
        self.demand = inf if self.could >= 0.9 * self.rate else self.could * 1.25
        taken = min(self.could, self.rate)
        return 0 if taken == inf else round(taken * seconds)

    def allow(self, rate: float) -> None:
        self.rate = rate

    @property
    def mbit(self) -> float:
        return round(min(self.rate, self.could) / M, 6)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def link(clock):
    made = Link(Limits(node=100 * M), clock)
    yield made
    made.close()


async def pass_(link: Link, clock: Clock, seconds: float) -> None:
    """Let so much time pass, look by look."""
    for _ in range(round(seconds / LOOK)):
        clock.now += LOOK
        link._look()


async def settled(link: Link) -> None:
    """Let what is gathered be divided."""
    async with asyncio.timeout(2):
        while link._soon is not None:
            await asyncio.sleep(0.005)


async def test_a_share_that_is_not_used_is_lent_and_taken_back_within_a_second(link, clock):
    stream, download = Reader(P1, could=8 * M), Reader(P2, "bob")
    link.join(stream)
    link.join(download)
    await pass_(link, clock, 1)
    assert download.mbit > 80
    stream.could = inf
    await pass_(link, clock, 1)
    assert (stream.mbit, download.mbit) == (80, 20)


async def test_the_background_steps_back_as_soon_as_somebody_streams_and_returns_within_two_seconds(link, clock):
    sync, tidy = Reader(P3, "bob"), Reader(P4, "bob")
    for reader in (sync, tidy):
        link.join(reader)
    await settled(link)
    assert sync.mbit == 100
    clock.now += 1
    stream = Reader(P1, could=8 * M)
    link.join(stream)
    assert (sync.mbit, tidy.rate) == (5, 0)
    stream.gone = True
    link.leave(stream)
    await settled(link)
    await pass_(link, clock, AFTERGLOW - LOOK)
    assert sync.mbit == 5
    await pass_(link, clock, 2 * LOOK)
    assert sync.mbit == 100


async def test_between_two_pieces_of_a_film_somebody_still_watches_until_they_stop_or_leave(link, clock):
    sync = Reader(P3, "bob")
    link.join(sync)
    for end in (lambda _: None, lambda piece: setattr(piece, "gone", True), lambda _: link.ended({"a film"})):
        piece = Reader(P1)
        piece.viewing = "a film"
        link.join(piece)
        link.leave(piece)
        await settled(link)
        await pass_(link, clock, BETWEEN - 3)
        assert (sync.mbit, link.watched) == (5, True)
        end(piece)
        await pass_(link, clock, 2 if piece.gone else LOOK if not link.watched else 3)
        assert (sync.mbit, link.watched) == (100, False)


async def test_what_is_fetched_behind_steps_back_for_who_watches_what_is_sent(clock):
    watched = [False]
    link, scan = Link(Limits(node=100 * M), clock, lambda: watched[0]), Reader(P3, "somewhere")
    link.join(scan)
    assert scan.mbit == 100
    watched[0] = True
    await pass_(link, clock, LOOK)
    assert scan.mbit == 5
    link.close()


async def test_limits_that_come_while_the_node_sends_are_told_and_rates_are_what_is_taken(link, clock):
    told = []
    link.on_bind = lambda: told.append(link.limits.node)
    link.limits = Limits()
    link.limits = Limits(node=80 * M)
    assert told == [80 * M]
    reader = Reader(P2)
    link.join(reader)
    link.count(P2, 10**9)  # the kernel has taken it, nobody else
    for _ in range(10):
        await pass_(link, clock, 1)
        link.rates()
    assert link.rates()[P2] / M == pytest.approx(80, rel=0.1)
    assert link.rates()[P1] == 0


async def test_without_limits_rates_are_what_goes_out(clock):
    link = Link(clock=clock)
    for _ in range(40):
        link.count(P1, 250_000)
        await link.body(P0, "", 25_000, remote=False)
        clock.now += 0.25
        link.rates()
    assert link.rates()[P1] == pytest.approx(1e6, rel=0.1)
    assert link.rates()[P0] == pytest.approx(1e5, rel=0.1)
    clock.now += 30
    assert sum(link.rates().values()) < 1000
    assert (link.passed[P1], link.passed[P0]) == (10_000_000, 1_000_000)


async def test_many_who_come_at_once_are_divided_among_once(link):
    readers = [Reader(P2, str(number)) for number in range(50)]
    for reader in readers:
        link.join(reader)
    assert max(reader.rate for reader in readers[1:]) == 50 * M
    await settled(link)
    assert {round(reader.rate / M, 6) for reader in readers} == {2}


async def test_a_limit_that_is_changed_holds_at_once_and_one_that_is_lifted_binds_nobody(link, clock):
    download = Reader(P2)
    link.join(download)
    assert download.mbit == 100
    link.limits = Limits(node=10 * M)
    assert download.mbit == 10
    link.limits = Limits()
    assert download.rate == inf


def test_limits_are_set_before_there_is_anything_to_run():
    link = Link()
    link.limits = Limits(node=100 * M)
    assert link._next is None


async def test_without_limits_nobody_is_looked_at(clock):
    link, reader = Link(clock=clock), Reader(P2)
    link.join(reader)
    await link.body(P2, "ann", 10**9, remote=False)
    assert link._next is None
    link.leave(reader)


async def test_pages_never_wait_and_the_others_have_so_much_less(link, clock):
    stream = Reader(P1)
    link.join(stream)
    await pass_(link, clock, 0.5)
    async with asyncio.timeout(1):
        for _ in range(8):
            for _ in range(10):
                await link.body(P0, "ann", round(40 * M / 40), remote=False)
            await pass_(link, clock, LOOK)
    assert stream.mbit == 50  # 40 and a quarter of it for gusts


async def test_bodies_of_other_classes_wait_for_their_share(clock):
    link = Link(Limits(node=8 * M))
    began = asyncio.get_running_loop().time()
    for _ in range(4):
        await link.body(P2, "ann", 100_000, remote=False)
    assert 0.25 <= asyncio.get_running_loop().time() - began <= 0.8
    link.close()


async def test_a_body_that_is_not_waited_for_any_more_has_taken_nothing():
    link = Link(Limits(node=8 * M))
    await link.body(P2, "ann", 200_000, remote=False)
    waiting = [asyncio.create_task(link.body(P2, "ann", 10**9, remote=False)) for _ in range(2)]
    await asyncio.sleep(0.02)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    async with asyncio.timeout(1):
        await link.body(P2, "ann", 1000, remote=False)
    link.close()


async def test_maintenance_waits_while_somebody_streams_and_goes_on_afterwards():
    link, stream = Link(Limits(node=8 * M)), Reader(P1)
    link.join(stream)
    await link.body(P4, "", 1000, remote=False)
    await settled(link)
    waiting = asyncio.create_task(link.body(P4, "", 1000, remote=False))
    await asyncio.sleep(LOOK * 2)
    assert not waiting.done()
    stream.gone = True
    link.leave(stream)
    async with asyncio.timeout(3):
        await waiting
    link.close()


def test_a_bucket_lets_through_what_its_rate_says_however_it_is_asked():
    clock = Clock()
    bucket = Bucket(1000, clock)
    sent = 0
    while clock.now < 110:
        if wait := bucket.wait():
            clock.now += wait + 0.002  # timers are late
        else:
            bucket.spend(37)
            sent += 37
    assert sent == pytest.approx(10_000, rel=0.01)


def test_a_bucket_pays_its_debt_at_the_rate_it_has_now():
    clock = Clock()
    bucket = Bucket(1000, clock)
    bucket.spend(1000)
    assert bucket.wait() == pytest.approx(1, abs=0.02)
    bucket.rate = 2000
    assert bucket.wait() == pytest.approx(0.5, abs=0.02)
    bucket.spend(-1000)
    assert bucket.wait() == 0
