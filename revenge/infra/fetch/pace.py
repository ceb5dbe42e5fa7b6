"""Not more often than a service wants to be asked, all nodes together."""

import asyncio
from collections.abc import Callable
from time import monotonic

from loguru import logger
from msgspec import Struct

from revenge.core.sources import Unreachable
from revenge.infra.cache.store import GONE, Store

_ANSWER_SECONDS = 0.5
_RESERVE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = math.max(due - now - tonumber(ARGV[2]), 0)
if wait > tonumber(ARGV[3]) then return -wait end
redis.call('SET', KEYS[1], string.format('%.0f', due + tonumber(ARGV[1])), 'PX', math.ceil((due - now + tonumber(ARGV[1])) / 1000) + 1000)
return wait
"""
"""Takes a turn (GCRA, by the store's own clock): key; interval, leniency and longest wait in microseconds."""


class Manners(Struct, frozen=True):
    """How a service wants to be treated."""

    calls: int
    """So many at most ..."""
    period: float
    """... within so many seconds, whenever one begins to count."""
    timeout: float = 10.0
    """Seconds within which it has to answer."""

    @property
    def burst(self) -> int:
        """Calls that may come at once."""
        return max(1, self.calls // 5)

    @property
    def interval(self) -> float:
        """Seconds between calls in the long run: with the burst they never are more than `calls` in a period."""
        return self.period / (self.calls - self.burst + 1)


class Pace:
    """Gives out turns at one service. Without the store each node counts for itself."""

    def __init__(self, name: str, manners: Manners, store: Store, clock: Callable[[], float] = monotonic) -> None:
        self._key = f"revenge:pace:{name}"
        self._name = name
        self._manners = manners
        self._script = store.redis.register_script(_RESERVE)
        self._clock = clock
        self._due = 0.0
        self._rests_until = 0.0
        self.waiting = 0
        """Calls that wait for their turn now."""

    async def turn(self, longest: float) -> None:
        """Return when it is one's turn; Unreachable when that would take longer than so many seconds."""
        rest = max(0.0, self._rests_until - self._clock())
        wait = -rest if rest > longest else await self._reserve(longest)
        if wait < 0:
            raise Unreachable(f"{self._name} may not be asked that often; there are too many questions already.", retry_after=-wait)
        self.waiting += 1
        try:
            await asyncio.sleep(max(wait, rest))
        finally:
            self.waiting -= 1

    def rest(self, seconds: float) -> None:
        """Give out no turns on this node for so long: the service said so."""
        self._rests_until = max(self._rests_until, self._clock() + seconds)

    async def _reserve(self, longest: float) -> float:
        """Take a turn and return the seconds until it comes; less than 0 when it was not taken, since it would take so long."""
        interval = self._manners.interval
        leniency = interval * (self._manners.burst - 1)
        times = [round(seconds * 1e6) for seconds in (interval, leniency, longest)]
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return float(await self._script([self._key], times)) / 1e6
        except GONE as error:
            logger.debug("{} is paced by this node alone: {}", self._name, error or type(error).__name__)
            return self._reserve_here(interval, longest)

    def _reserve_here(self, interval: float, longest: float) -> float:
        now = self._clock()
        due = max(self._due, now)
        if due - now > longest:
            return now - due
        self._due = due + interval
        return due - now
