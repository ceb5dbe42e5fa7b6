"""Loops that run as long as the node does: begun again when they stumble, ended for certain."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from loguru import logger

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 10.0
_ASK_AGAIN = 1.0
_ASKS = 5


async def keep(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """Run a loop to its end, and again when it stumbled over something it does not know."""
    wait = _FIRST_WAIT
    while True:
        try:
            await loop()
        except Exception as error:  # noqa: BLE001 - one surprise must not end a part of the node for good
            logger.opt(exception=error).error("The loop of {} stumbled and begins again.", name)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
        else:
            return


async def end(tasks: Iterable[asyncio.Task[Any]], grace: float = 0.0) -> None:
    """Wait up to `grace` seconds for the tasks to end, then cancel them; once more when a library swallowed the cancellation."""
    left = set(tasks)
    if left and grace:
        _, left = await asyncio.wait(left, timeout=grace)
    for _ in range(_ASKS):
        if not left:
            return
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_ASK_AGAIN)
    if left:
        logger.warning("Left running: {}", ", ".join(task.get_name() for task in left))
