"""How a node without a log comes to its cluster: it asks, it founds, or it waits until there is one."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any

from cluster.errors import NoQuorum, Refused
from cluster.wire.ask import NoAnswer, ask
from cluster.wire.intro import PROTOCOL

log = logging.getLogger(__name__)
FIRST, LONGEST = 0.2, 5.0
"""Seconds between two rounds of questions, growing."""
SAY_AGAIN = 30.0
"""Seconds between two words in the log about waiting."""

Ask = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]


class Asker:
    """Questions to other nodes, each in a thread of its own."""

    def __init__(self, key: bytes, version: str) -> None:
        self._key, self._version = key, version

    async def ask(self, address: str, question: str, body: dict[str, Any], patience: float = 2.0) -> dict[str, Any]:
        """The answer, or an empty one where nobody answers; raise Refused with the other node's sentence."""
        try:
            return await asyncio.to_thread(ask, address, self._key, question, body, self._version, patience)
        except (NoAnswer, ValueError):
            return {}

    async def decided(self, targets: Sequence[str], question: str, body: dict[str, Any], dice: Random, rounds: int = 0) -> dict[str, Any]:
        """The leader's decision, wherever it is found; raise Refused, or NoQuorum after `rounds` tries (0 asks for ever)."""
        queue, tries = deque(targets), 0
        while True:
            answer = await self.ask(queue[0], question, body, patience=6.0)
            if answer.get("ok"):
                return answer
            if "refused" in answer:
                raise Refused(answer["refused"])
            tries += 1
            if rounds and tries >= rounds:
                raise NoQuorum(f"The cluster did not decide: {answer.get('retry', 'no answer')}.")
            if "redirect" in answer:
                queue.appendleft(answer["redirect"])
                while len(queue) > len(targets) + 2:
                    queue.pop()
            else:
                queue.rotate(-1)
            await asyncio.sleep(0.1 + 0.3 * dice.random())


async def find(asker: Asker, peers: Sequence[str], *, may_found: bool, dice: Random) -> list[dict[str, Any]]:
    """What the nodes of an existing cluster say; nothing where this node shall found one. Waits for as long as there is none."""
    pause, told = FIRST, -SAY_AGAIN
    while True:
        answers = await asyncio.gather(*(asker.ask(peer, "hello", {}) for peer in peers))
        found = [answer for answer in answers if answer and not answer.get("empty")]
        if found:
            return [understood(answer) for answer in found]
        if may_found:
            return []
        if time.monotonic() - told > SAY_AGAIN:
            log.info("waiting for a node of the cluster that knows its secret at %s", ", ".join(peers))
            told = time.monotonic()
        await asyncio.sleep(pause * (0.5 + dice.random()))
        pause = min(pause * 1.5, LONGEST)


def understood(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer of a node this one can work with; raise Refused with a sentence otherwise."""
    if answer.get("protocol") != PROTOCOL:
        raise Refused(f"{answer.get('address')} ({answer.get('version')}) speaks protocol {answer.get('protocol')}, this node {PROTOCOL}.")
    return answer
