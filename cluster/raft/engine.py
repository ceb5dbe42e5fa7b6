"""The Raft thread. Everything of the library happens in it; others read what it published last."""

import logging
import threading
from collections.abc import Callable

from msgspec import Struct

from cluster.clock import boottime
from cluster.raft.agent import Agent

log = logging.getLogger(__name__)


class View(Struct, frozen=True):
    """What one turn of the thread left behind."""

    leads: bool
    leader: str | None
    """Address of the leader this node hears, where it hears one."""
    term: int
    has_quorum: bool
    members: tuple[str, ...]
    certain: bool
    disk: str
    """Why the disk takes nothing, or nothing."""


NOTHING = View(leads=False, leader=None, term=0, has_quorum=False, members=(), certain=True, disk="")


class Engine:
    """Ticks an agent until it is closed."""

    def __init__(self, agent: Agent, changed: Callable[[View], None]) -> None:
        """`changed` is called in the thread, with what is different now."""
        self.view = NOTHING
        self._turned = boottime()
        self._agent, self._changed = agent, changed
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="raft", daemon=True)

    @property
    def age(self) -> float:
        """Seconds since the last turn: a few hundredths while the thread is alive."""
        return boottime() - self._turned

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End, and wait for it; blocks for one turn at most."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        agent, wait = self._agent, self._agent.timing.tick
        while not self._ending.is_set():
            try:
                agent.tick(wait)
                self._publish()
            except Exception:
                log.exception("a turn of the Raft thread failed")
                self._ending.wait(wait)
            self._turned = boottime()
        agent.close()

    def _publish(self) -> None:
        agent = self._agent
        hears, leads = agent.hears(), agent.leads()
        leader = agent.leader.id if hears and agent.leader is not None else None
        failed = str(agent.journal.failed or "")
        view = View(leads, leader, agent.term, hears, tuple(agent.members()), agent.journal.certain, failed)
        if view != self.view:
            self.view = view
            self._changed(view)
