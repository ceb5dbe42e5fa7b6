"""One outside service, as the node sees it: asks it, and remembers how that went."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from loguru import logger
from msgspec import Struct

from revenge.core.clock import Clock
from revenge.core.qos import urgency
from revenge.core.sources import Absent, Refused, SourceError, SourceState, State, Unreachable
from revenge.infra.bandwidth.link import Link
from revenge.infra.fetch.answers import problem, waits
from revenge.infra.fetch.circuit import Circuit, Down
from revenge.infra.fetch.pace import Pace

TRIES = 3
LARGEST = 64 << 20
"""Bytes an answer may have unless the caller says otherwise."""
_PATIENCE = 30.0
"""Seconds somebody waits for a turn, and for a service that said when to come back."""
_HOPS = 5
_OURS = frozenset({"accept", "accept-language", "user-agent"})
"""Headers that another host may see, too: all others may hold a key."""


class Fetched(Struct, frozen=True):
    """A good answer."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes


class Source:
    """Asks one service. Every call is paced, limited, tried again where that makes sense, and paid for from what may be fetched."""

    def __init__(self, name: str, http: httpx.AsyncClient, pace: Pace, circuit: Circuit, link: Link, clock: Clock) -> None:
        self.name = name
        self._http = http
        self._pace = pace
        self._circuit = circuit
        self._link = link
        self._clock = clock
        self._sleep: Callable[[float], Any] = asyncio.sleep
        self._answered_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._problem: SourceError | None = None

    @property
    def state(self) -> SourceState:
        """How the service is doing."""
        return SourceState(
            self.name,
            self._named(),
            self._circuit.failures,
            self._pace.waiting,
            None if self._problem is None else str(self._problem),
            self._answered_at,
            self._failed_at,
            round(self._circuit.rests * 1000),
        )

    async def get(
        self, url: str, *, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None, most: int = LARGEST
    ) -> Fetched:
        """Ask for something, up to `most` bytes of it, as often as it takes. Raises Absent, Unreachable or Refused."""
        return await self.ask("GET", url, params=params, headers=headers, most=most)

    async def ask(self, method: str, url: str, *, again: bool = True, most: int = LARGEST, **options: Any) -> Fetched:
        """Send any request (httpx' options); `again=False` where doing it twice would do harm. Raises Absent, Unreachable or Refused."""
        tries, pauses = 1, waits()
        while True:
            try:
                return await self._once(method, url, most, options)
            except Unreachable as error:
                wait = max(next(pauses), error.retry_after or 0)
                if not again or tries == TRIES or wait > _PATIENCE or self._circuit.rests:
                    raise
                logger.debug("{} is asked again in {:.1f} s: {}", self.name, wait, error)
            await self._sleep(wait)
            tries += 1

    async def _once(self, method: str, url: str, most: int, options: Mapping[str, Any]) -> Fetched:
        """Take a turn, ask, and remember how it went."""
        self._circuit.check()
        await self._pace.turn(_PATIENCE)
        with self._circuit.passing():
            try:
                fetched = await self._followed(method, url, most, options)
            except Absent:
                self._well()
                raise
            except SourceError as error:
                self._problem, self._failed_at = error, self._clock()
                if isinstance(error, Unreachable) and not isinstance(error, Down):
                    self._pace.rest(error.retry_after or 1)
                raise
        self._well()
        return fetched

    async def _followed(self, method: str, url: str, most: int, options: Mapping[str, Any]) -> Fetched:
        """Go where the service points. A key is shown to the host it was meant for, and to no other."""
        for _ in range(_HOPS):
            fetched = await self._sent(method, url, most, options)
            if not 300 <= fetched.status < 400 or "location" not in fetched.headers:
                return fetched
            here, url = url, urljoin(url, fetched.headers["location"])
            options = {"headers": options.get("headers")}
            if urlsplit(here)[:2] != urlsplit(url)[:2]:
                options = {"headers": {name: value for name, value in (options["headers"] or {}).items() if name.lower() in _OURS}}
            method = "HEAD" if method == "HEAD" else "GET"
        raise Refused(f"{self.name} points from one place to the next without end.")

    async def _sent(self, method: str, url: str, most: int, options: Mapping[str, Any]) -> Fetched:
        try:
            async with self._http.stream(method, url, **options) as response:
                wrong = problem(self.name, response, self._clock)
                if wrong is not None:
                    raise wrong
                return Fetched(response.status_code, dict(response.headers), await self._body(response, most))
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Refused(f"{self.name} cannot be asked at that address: {error}") from None
        except httpx.HTTPError as error:
            raise Down(f"{self.name} cannot be reached: {str(error) or type(error).__name__}.") from error

    async def _body(self, response: httpx.Response, most: int) -> bytes:
        """Read the answer, paying for each piece: who has no tokens reads no further, and the service sends no faster."""
        parts, size = [], 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > most:
                raise Refused(f"{self.name} sends more than {most} bytes.")
            parts.append(part)
            await self._link.body(urgency(), self.name, len(part), remote=True)
        return b"".join(parts)

    def _well(self) -> None:
        self._problem, self._answered_at = None, self._clock()

    def _named(self) -> State:
        if self._circuit.rests:
            return "resting"
        if self._problem is not None:
            return "refusing" if isinstance(self._problem, Refused) else "failing"
        return "well" if self._answered_at else "unused"
