"""Rates that the kernel keeps to, on real connections."""

import asyncio
import socket
from math import inf

import pytest

from revenge.core.qos import Qos
from revenge.infra.bandwidth.link import Link
from revenge.infra.bandwidth.paced import Paced
from revenge.infra.bandwidth.shares import Limits
from revenge.infra.bandwidth.sockets import Sent, sent, set_rate

M = 1_000_000 / 8
_MAXSEG = 1448
"""As over Ethernet: the loopback's own segments of 64 KB are half a second of a slow stream."""


class Talk:
    """A connection: the kernel is given all it takes, somebody reads what comes."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            door.listen()
            self.reader = socket.socket()
            self.reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _MAXSEG)
            self.reader.connect(door.getsockname())
            self.writer = door.accept()[0]
        self.reader.setblocking(False)
        self.writer.setblocking(False)
        self.came = 0
        self.left: float = 0
        self.loop = loop
        self.reading = loop.create_task(self._read())

    def fileno(self) -> int:
        return self.writer.fileno()

    def is_closing(self) -> bool:
        return self.writer.fileno() < 0

    def send(self, count: float = inf) -> None:
        self.left = count
        self.loop.add_writer(self.writer, self._write)

    def _write(self) -> None:
        try:
            self.left -= self.writer.send(b"x" * int(min(self.left, 1 << 18)))
        except BlockingIOError:
            return
        if self.left <= 0:
            self.loop.remove_writer(self.writer)

    async def _read(self) -> None:
        while data := await self.loop.sock_recv(self.reader, 1 << 18):
            self.came += len(data)

    async def close(self) -> None:
        if not self.is_closing():
            self.loop.remove_writer(self.writer)
        self.reading.cancel()
        await asyncio.wait([self.reading])
        self.writer.close()
        self.reader.close()


@pytest.fixture
async def talks():
    made = [Talk() for _ in range(2)]
    yield made
    for talk in made:
        await talk.close()


async def rates(talks, seconds: float = 0.6) -> list[float]:
    """What comes to each, in Mbit/s."""
    loop = asyncio.get_running_loop()
    before, began = [talk.came for talk in talks], loop.time()
    await asyncio.sleep(seconds)
    took = loop.time() - began
    return [(talk.came - came) / took / M for talk, came in zip(talks, before, strict=True)]


async def test_two_who_take_all_they_can_get_half_each_and_the_one_who_stays_gets_all(talks):
    link = Link(Limits(node=40 * M))
    answers = [Paced(Qos.PERSON, user, talk, remote=False) for user, talk in zip("ab", talks, strict=True)]
    for answer, talk in zip(answers, talks, strict=True):
        link.join(answer)
        talk.send()
    await asyncio.sleep(0.5)
    assert await rates(talks) == pytest.approx([20, 20], rel=0.1)
    link.leave(answers[0])
    answers[0].free()
    talks[0].left = 0
    await asyncio.sleep(0.3)
    assert (await rates(talks))[1] == pytest.approx(40, rel=0.1)
    link.close()


async def test_an_answer_never_gets_more_than_it_may_have_at_most_and_its_connection_is_free_afterwards(talks):
    link, talk = Link(), talks[0]
    answer = Paced(Qos.STREAM, "ann", talk, remote=False, most=16 * M)
    answer.allow(inf)
    talk.send()
    await asyncio.sleep(0.3)
    assert (await rates(talks, 0.5))[0] == pytest.approx(16, rel=0.15)
    answer.free()
    await asyncio.sleep(0.05)
    assert (await rates(talks, 0.2))[0] > 100
    link.close()


async def test_a_rate_that_falls_holds_however_little_it_falls(talks, monkeypatch):
    told = []
    monkeypatch.setattr("revenge.infra.bandwidth.paced.set_rate", lambda _, rate: told.append(rate))
    answer = Paced(Qos.PERSON, "ann", talks[0], remote=False)
    for rate in (1_000_000, 1_005_000, 999_000, 999_000, 1_020_000, inf, inf):
        answer.allow(rate)
    assert told == [1_000_000, 999_000, 1_020_000, inf]


async def test_who_should_stop_is_told_and_gets_only_what_the_kernel_holds(talks):
    link, stream = Link(Limits(node=80 * M)), Paced(Qos.STREAM, "ann", talks[1], remote=False)
    answer = Paced(Qos.MAINTENANCE, "", talks[0], remote=False)
    link.join(answer)
    await answer.turn()
    link.join(stream)
    async with asyncio.timeout(2):
        while answer.rate:
            await asyncio.sleep(0.005)
    turn = asyncio.create_task(answer.turn())
    await talks[1].close()
    link.leave(stream)
    async with asyncio.timeout(3):
        await turn
    link.close()


async def test_a_connection_that_has_ended_is_left_alone(talks):
    answer = Paced(Qos.PERSON, "ann", talks[0], remote=False)
    talks[0].writer.close()
    answer.allow(1000)
    answer.look(0.25)
    answer.free()
    assert answer.sent() == Sent()


def test_a_connection_that_is_not_tcp_says_nothing_and_is_not_paced():
    one, other = socket.socketpair()
    with one, other:
        one.send(b"x")
        set_rate(one.fileno(), 1000)
        assert sent(one.fileno()) == Sent()
