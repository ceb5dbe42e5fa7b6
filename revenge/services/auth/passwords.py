"""argon2id, off the event loop."""

import asyncio
import base64
import unicodedata
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from secrets import token_bytes
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")

THREADS = 2
"""More at once make the loop late on a small machine, and each holds its memory."""
_STANDARD = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)


class Passwords:
    """Hashes and checks passwords in two threads of its own."""

    def __init__(self, hasher: PasswordHasher = _STANDARD) -> None:
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._nobody = _hash_of_nothing(hasher)

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Passwords"]:
        """End the threads with the block."""
        try:
            yield self
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """Return what is stored instead of the password."""
        return await self._run(lambda: self._hasher.hash(_bytes(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password belongs to the stored hash. None (no such account) takes as long and is never right."""
        return await self._run(lambda: self._verify(stored or self._nobody, password))

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _bytes(password: str) -> bytes:
    """One password however a keyboard composes its letters."""
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """Return a well-formed hash that no password has, with the parameters of real ones."""
    salt, digest = (base64.b64encode(token_bytes(size)).rstrip(b"=").decode() for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${digest}"
