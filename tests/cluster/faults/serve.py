"""`revenge serve` as it is, with a task of every second beside its own, a watch on its leading, and places where it can be hit."""

import asyncio
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine
from sqlalchemy import text

import revenge.bootstrap.build
from cluster.disk.folder import Folder
from revenge.bootstrap.cluster import Clustered
from revenge.bootstrap.repeated import repeated
from revenge.cli import main
from revenge.core.errors import Unavailable
from revenge.infra.control import Control
from revenge.infra.schedule import Every
from tests.cluster.faults.watch import Watch

PLACE = Path(os.environ.pop("FAULTS_PLACE"))
_EFFECT = text("insert into faults (slot, token, node) values (:slot, :token, :node)")


async def _count(db, run) -> None:
    """An effect that nothing but the schedule itself keeps from happening twice."""
    await db.execute(_EFFECT, {"slot": run.slot, "token": run.token, "node": PLACE.name})


def _tasks():
    return [*repeated(), Every("faults.count", timedelta(seconds=1), _count, "all")]


class WatchedCluster(Clustered):
    """This node's part in the cluster, within reach of the tests."""

    def __init__(self, *parts) -> None:
        super().__init__(*parts)
        WatchedControl.cluster = self.node
        leadership = self.node.leadership
        Watch(PLACE / "beats", leadership._leads, lambda: leadership.token).start()


class WatchedControl(Control):
    """Takes writes to the cluster's own table, and gives them back."""

    cluster = None

    def __init__(self, run: Path) -> None:
        super().__init__(run)
        self.on("faults.set", self._set)
        self.on("faults.get", self._get)
        self.on("faults.remove", self._remove)

    async def _set(self, body):
        try:
            async with asyncio.timeout(3):
                return await self.cluster.configuration.set(body["key"], body["value"])
        except Exception as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error

    async def _get(self, body):
        return {key: self.cluster.configuration.get(key)[1] for key in body["keys"]}

    async def _remove(self, body):
        await self.cluster.remove(body["address"])


class Clock(threading.Thread):
    """Makes this process believe in another wall clock while the file `clock` says how many seconds ahead; the machine's is left alone."""

    def __init__(self) -> None:
        super().__init__(name="clock", daemon=True)

    def run(self) -> None:
        travel, ahead = None, 0.0
        while True:
            wanted = float((PLACE / "clock").read_text()) if (PLACE / "clock").exists() else 0.0
            if wanted != ahead:
                if travel is not None:
                    travel.stop()
                travel, ahead = None, wanted
            if wanted and travel is None:
                travel = time_machine.travel(datetime.now(UTC) + timedelta(seconds=wanted), tick=True)
                travel.start()
            time.sleep(0.1)


class SlowFolder:
    """A disk that takes its time while the file `slow` says how many seconds."""

    def __init__(self) -> None:
        for name in ("write", "replace"):
            setattr(Folder, name, self._slowly(getattr(Folder, name)))

    def _slowly(self, deed):
        def wait(*args, **options):
            if (PLACE / "slow").exists():
                time.sleep(float((PLACE / "slow").read_text()))
            return deed(*args, **options)

        return wait


if __name__ == "__main__":
    SlowFolder()
    Clock().start()
    build = revenge.bootstrap.build
    build.repeated, build.Clustered, build.Control = _tasks, WatchedCluster, WatchedControl
    raise SystemExit(main(["serve"]))
