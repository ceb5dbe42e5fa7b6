"""What PostgreSQL tells this node: one connection that only listens, for the invalidation bus and the outbox alike."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import asyncpg
from loguru import logger

from revenge.infra.database.url import driver_url
from revenge.infra.loops import end, keep

Hear = Callable[[str], None]
"""Takes the payload of one notification; must not block and must not raise."""

_CHECK_SECONDS = 5.0
_ANSWER_SECONDS = 2.0
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_BROKEN = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Listener:
    """Hears the channels it was given, reconnects when the connection is lost, and says so both times."""

    def __init__(self, url: str) -> None:
        self._url = driver_url(url)
        self._ears: dict[str, list[Hear]] = {}
        self._ups: list[Callable[[], None]] = []
        self._downs: list[Callable[[], None]] = []
        self._first = asyncio.Event()
        self.alive = False
        """Whether notifications arrive now. What was told while it was False is lost."""

    def on(self, channel: str, hear: Hear) -> None:
        """Pass each payload of the channel to `hear`. Only before the lifetime begins."""
        self._ears.setdefault(channel, []).append(hear)

    def watch(self, up: Callable[[], None], down: Callable[[], None]) -> None:
        """Call `up` each time the channels begin to be heard, `down` each time they are lost. Only before the lifetime begins."""
        self._ups.append(up)
        self._downs.append(down)

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Listener"]:
        """Listen for as long as the block lasts; begins when the channels are heard or the first attempt failed."""
        self._first.clear()
        task = asyncio.create_task(keep("listening", self._keep), name="listen")
        try:
            await self._first.wait()
            yield self
        finally:
            await end([task])

    async def _keep(self) -> None:
        wait = _FIRST_WAIT
        while True:
            try:
                await self._attend()
            except _BROKEN as error:
                logger.warning("PostgreSQL's notifications are not heard: {}", error or type(error).__name__)
            finally:
                wait = _FIRST_WAIT if self.alive else min(wait * 2, _LONGEST_WAIT)
                self._lost()
                self._first.set()
            await asyncio.sleep(wait)

    async def _attend(self) -> None:
        """Listen on a new connection until it breaks."""
        connection = await asyncpg.connect(self._url, timeout=_CHECK_SECONDS, server_settings={"application_name": "revenge listen"})
        ended = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: ended.set())
            for channel in self._ears:
                await connection.add_listener(channel, self._heard)
            self._found()
            while not ended.is_set():
                await self._check(connection, ended)
        finally:
            connection.terminate()

    async def _check(self, connection: "asyncpg.Connection[asyncpg.Record]", ended: asyncio.Event) -> None:
        """Wait for the end of the connection, and ask now and then: a peer that vanished says nothing."""
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await ended.wait()
        except TimeoutError:
            await connection.execute("select 1", timeout=_ANSWER_SECONDS)

    def _heard(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        for hear in self._ears[channel]:
            hear(str(payload))

    def _found(self) -> None:
        self.alive = True
        for up in self._ups:
            up()
        self._first.set()

    def _lost(self) -> None:
        if self.alive:
            self.alive = False
            for down in self._downs:
                down()
