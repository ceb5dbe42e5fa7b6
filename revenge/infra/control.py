"""The running node's socket for commands on the same machine: one line asks, one line answers, both JSON.

It stands in the node's runtime directory, readable by the node's own user alone: whoever reaches it could as well read the node's data.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from loguru import logger
from msgspec import Struct

from revenge.core.errors import RevengeError
from revenge.infra.embedded.place import make_run

_NAME = "control"
_LONGEST = 64 * 1024
"""Bytes of a line."""

Answer = Callable[[dict[str, Any]], Awaitable[Any]]
"""Takes what a command says and returns what it prints; both must be plain enough for JSON. Raises errors from `core`."""


class Asked(Struct, frozen=True):
    """What a command wants of the node."""

    name: str
    body: dict[str, Any] = {}


class Answered(Struct, frozen=True):
    """What came of it: a value, or a sentence."""

    value: Any = None
    error: str | None = None


_asked = msgspec.json.Decoder(Asked)


class Control:
    """Answers the commands whose names it was given."""

    def __init__(self, run: Path) -> None:
        """`run` is the node's runtime directory."""
        self._place = place(run)
        self._answers: dict[str, Answer] = {}

    def on(self, name: str, answer: Answer) -> None:
        """Let this answer everything that is asked under a name."""
        self._answers[name] = answer

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Listen for as long as the block lasts. Raises StartRefused when the directory cannot be used."""
        await asyncio.to_thread(self._prepare)
        server = await asyncio.start_unix_server(self._attend, self._place, limit=_LONGEST)
        self._place.chmod(0o600)
        try:
            yield
        finally:
            server.close()
            self._place.unlink(missing_ok=True)

    def _prepare(self) -> None:
        make_run(self._place.parent)
        self._place.unlink(missing_ok=True)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, asyncio.CancelledError):
            writer.write(msgspec.json.encode(await self._answered(await reader.readline())) + b"\n")
            await writer.drain()
        writer.close()

    async def _answered(self, line: bytes) -> Answered:
        try:
            asked = _asked.decode(line)
            answer = self._answers.get(asked.name)
            if answer is None:
                return Answered(error=f"This node does not know {asked.name}: is it of another version?")
            return Answered(msgspec.to_builtins(await answer(asked.body)))
        except RevengeError as error:
            return Answered(error=error.detail)
        except msgspec.MsgspecError as error:
            return Answered(error=f"What was asked cannot be read: {error}")
        except Exception as error:  # noqa: BLE001 - the command gets a sentence, the log the rest
            logger.opt(exception=error).error("A command failed.")
            return Answered(error="The node could not do it; its log says why.")


def place(run: Path) -> Path:
    """Where the socket of a node with this runtime directory stands."""
    return run / _NAME
