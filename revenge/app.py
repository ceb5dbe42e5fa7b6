"""The front door: opens the house, tells where it is, and closes it in order. The only place that knows uvloop."""

import asyncio
import gc
import os
import signal
import socket
import time
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

import uvloop
from aiohttp import web
from loguru import logger

from revenge.api.server import Runner
from revenge.api.settings import ServerSettings
from revenge.infra import listen
from revenge.infra.notify import notify

GRACE = 10.0
"""Seconds that running requests and jobs get after the first wish to end."""
_CANCEL = 1.0
"""Seconds that cancelled requests get to clean up."""
_COLLECT = (10_000, 20, 20)
"""New objects before the garbage collector looks at them, and how many such looks before it looks at older ones."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class HouseSettings(Protocol):
    """What the front door needs to know."""

    @property
    def server(self) -> ServerSettings:
        """Where to listen."""


class House(Protocol):
    """What is opened: the parts of a node, put together and not started yet."""

    @property
    def settings(self) -> HouseSettings:
        """What was set."""

    def application(self) -> web.Application:
        """The HTTP application; its `cleanup_ctx` opens the parts in order and closes them in reverse."""

    async def stand_aside(self) -> None:
        """Send what is new to other nodes; takes a few seconds at most."""

    async def drain(self, grace: float) -> None:
        """End event streams, take no new jobs, and wait for the running ones, for `grace` seconds at most."""


def serve(house: House) -> None:
    """Keep the house open until a signal ends it. Raises StartRefused when it cannot be opened.

    The first signal is soft: no new connections, and requests and jobs get `GRACE` seconds to finish. The second cancels
    what still runs. The third exits at once; embedded servers then stop by themselves, in order.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_Visit(house).last())


class Ending:
    """The wishes to end that were heard so far."""

    def __init__(self) -> None:
        self.soft = asyncio.Event()
        self.hard = asyncio.Event()

    def listen(self) -> None:
        """Hear the signals from now on."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.heard, number)

    def heard(self, number: signal.Signals) -> None:
        """One more wish to end."""
        if self.hard.is_set():
            os._exit(128 + number)
        if self.soft.is_set():
            logger.warning("{} again: what still runs is cancelled", number.name)
            self.hard.set()
            return
        logger.info("{}: finishing what runs, {:.0f} s at most; once more cancels it", number.name, GRACE)
        self.soft.set()


class _Visit:
    """One opening of the house, from the first socket to the last."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.server = house.settings.server
        self.ending = Ending()

    async def last(self) -> None:
        """Open, stay, close."""
        began = time.monotonic()
        self.ending.listen()
        tls = listen.certificate(self.server.tls.cert, self.server.tls.key)
        sockets = listen.bind(self.server.host, self.server.port)
        runner = Runner(self.house.application(), grace=_CANCEL)
        try:
            if await unless(self.ending.soft, runner.setup()):
                with listen.refused(self.server.host, self.server.port):
                    for door in sockets:
                        await web.SockSite(runner, door, ssl_context=tls, backlog=listen.BACKLOG).start()
                _settle()
                self._announce(sockets, tls=tls is not None, seconds=time.monotonic() - began)
                await self.ending.soft.wait()
                await self._finish(runner)
        finally:
            notify("STOPPING=1")
            await close(runner)
            listen.close(sockets)

    def _announce(self, sockets: Sequence[socket.socket], *, tls: bool, seconds: float) -> None:
        url = self.server.public_url or listen.page(self.server.host, sockets, tls=tls)
        logger.info("ready after {:.1f} s", seconds)
        print(f"Revenge is ready: {url}", flush=True)  # noqa: T201 - the one line a person waits for
        notify("READY=1")

    async def _finish(self, runner: web.AppRunner) -> None:
        """Show newcomers the way to other nodes, close the door and let those inside finish, until the grace or the patience ends."""
        notify("STOPPING=1")
        await unless(self.ending.hard, self._stand_aside())
        for site in runner.sites:
            await site.stop()
        await unless(self.ending.hard, self._empty(runner))

    async def _stand_aside(self) -> None:
        try:
            await self.house.stand_aside()
        except Exception as error:  # noqa: BLE001 - why we close matters more
            logger.opt(exception=error).error("the other nodes could not be told")

    async def _empty(self, runner: web.AppRunner) -> None:
        """Wait for jobs and requests, side by side."""
        try:
            async with asyncio.timeout(GRACE + _CANCEL):
                await asyncio.gather(self.house.drain(GRACE), leave(runner, GRACE))
        except Exception as error:  # noqa: BLE001 - whatever a job does, the house is closed
            logger.opt(exception=error).error("not everything finished in order")


def _settle() -> None:
    """Have the garbage collector leave alone what stands now: it stays until the end.

    The collector comes by every 10,000 new objects, not every 700: one busy moment with hundreds of requests makes thousands that
    live for a few milliseconds, and walking them again and again was a tenth of a busy node's processor time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)


async def close(runner: web.AppRunner) -> None:
    """Cancel the requests that still run and close the parts. What goes wrong is logged: why we close matters more."""
    try:
        await runner.cleanup()
    except Exception as error:  # noqa: BLE001 - as above
        logger.opt(exception=error).error("closing went wrong")


async def leave(runner: web.AppRunner, grace: float) -> None:
    """Close idle connections, and wait for the busy ones to finish their request."""
    server = runner.server
    assert server is not None
    await asyncio.sleep(0)  # what was accepted has begun
    server.pre_shutdown()
    await server.shutdown(grace)


async def unless(event: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do the work unless the event comes first, which cancels it. Whether it was done."""
    doing = asyncio.create_task(work)
    interruption = asyncio.create_task(event.wait())
    try:
        await asyncio.wait((doing, interruption), return_when=asyncio.FIRST_COMPLETED)
    finally:
        interruption.cancel()
        finished = doing.done()
        doing.cancel()
        await asyncio.wait((doing,))
    if not doing.cancelled():
        doing.result()
    return finished
