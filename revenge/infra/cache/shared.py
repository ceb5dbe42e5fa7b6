"""The second layer: values in the store, seen by every node.

A value carries a stamp of the versions its tags had before it was loaded, so dropping a tag is writing one new version, and a value that
was loaded before a change can never be read after it, whoever writes it and however late. The stamp also holds the name of the store's
life: after a crash, which may have undone a drop, everything of before is a miss.
"""

import asyncio
import hashlib
import secrets
import struct
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from loguru import logger

from revenge.infra.bus import EVERYTHING
from revenge.infra.cache.local import EARLY
from revenge.infra.cache.store import GONE, Store

_SECONDS = 3600
_VERSION_SECONDS = 2 * _SECONDS
"""A version outlives every value that carries it."""

_ANSWER_SECONDS = 0.5
_PAUSE_SECONDS = 2.0
_STAMP = 16
_AGE = struct.Struct(">d")
_HEAD = _STAMP + _AGE.size


class Kept(NamedTuple):
    """What the store has under a key."""

    value: bytes | None = None
    """The value if it is valid."""
    stamp: bytes | None = None
    """What to write a new one with; None when the store is away."""
    ages: bool = False
    """Whether the value should be loaded anew by whoever can do so without being waited for."""


class Shared:
    """Reads and writes values in the store; when the store fails, it is left alone for two seconds at a time."""

    def __init__(self, store: Store, timer: Callable[[], float] = time.monotonic, clock: Callable[[], float] = time.time) -> None:
        """`clock` is the time of day, in seconds: what all nodes agree on, more or less."""
        self._store = store
        self._timer = timer
        self._clock = clock
        self._closed_until = 0.0

    async def get(self, key: str, tags: Sequence[str]) -> Kept:
        """Return the value if it is valid, and what to write a new one with."""
        if self._timer() < self._closed_until:
            return Kept()
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                found, *versions = await self._store.redis.mget(_value(key), *map(_version, (EVERYTHING, *tags)))
                if None in versions:
                    versions = await self._begin((EVERYTHING, *tags))
        except GONE as error:
            self._give_up(error)
            return Kept()
        stamp = _stamp(self._store.life, versions)
        if found is not None and len(found) >= _HEAD and found[:_STAMP] == stamp:
            return Kept(found[_HEAD:], stamp, _AGE.unpack_from(found, _STAMP)[0] <= self._clock())
        return Kept(stamp=stamp)

    async def put(self, key: str, value: bytes, stamp: bytes, seconds: float) -> None:
        """Keep a value under the stamp that was got before it was loaded."""
        if self._timer() < self._closed_until:
            return
        seconds = min(seconds, _SECONDS)
        age = _AGE.pack(self._clock() + seconds * EARLY)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await self._store.redis.set(_value(key), stamp + age + value, px=int(seconds * 1000))
        except GONE as error:
            self._give_up(error)

    async def drop(self, tags: Sequence[str]) -> None:
        """Make everything under the tags invalid for every node. Raises one of GONE when that could not be written."""
        async with asyncio.timeout(_ANSWER_SECONDS), self._store.redis.pipeline(transaction=False) as pipe:
            for tag in tags:
                pipe.set(_version(tag), secrets.token_bytes(8), ex=_VERSION_SECONDS)
            await pipe.execute()

    async def _begin(self, tags: Sequence[str]) -> list[bytes]:
        """Give tags without a version one that never was before: a version that was evicted must not make old values valid again."""
        async with self._store.redis.pipeline(transaction=False) as pipe:
            for tag in tags:
                pipe.set(_version(tag), secrets.token_bytes(8), nx=True, ex=_VERSION_SECONDS)
            pipe.mget([_version(tag) for tag in tags])
            versions: list[bytes | None] = (await pipe.execute())[-1]
        return [version or secrets.token_bytes(8) for version in versions]

    def _give_up(self, error: BaseException) -> None:
        logger.debug("The cache goes on without the store for a moment: {}", error or type(error).__name__)
        self._closed_until = self._timer() + _PAUSE_SECONDS


def _value(key: str) -> str:
    return f"revenge:held:{key}"


def _version(tag: str) -> str:
    return f"revenge:tag:{tag}"


def _stamp(life: bytes, versions: Sequence[bytes]) -> bytes:
    return hashlib.blake2b(b"|".join([life, *versions]), digest_size=_STAMP).digest()
