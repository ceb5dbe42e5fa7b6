"""What is done again and again, and when."""

from datetime import timedelta

from revenge.core.data import Writing
from revenge.core.work import Ask
from revenge.infra.bus import EVERYTHING
from revenge.infra.schedule import Cron, Every, Run, Task

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
_OFTEN = {
    "playback.reap": MINUTE,
    "library.mend": MINUTE,
    "session.purge": HOUR,
    "auth.purge": HOUR,
    "library.scan_all": 6 * HOUR,
}
_NIGHTLY = {"library.tidy": "30 3 * * *", "artwork.tidy": "50 3 * * *"}


def repeated() -> list[Task]:
    """Return the tasks of the schedule. Nights are UTC's, by the database's clock: all nodes have the same."""
    return [
        *(Every(job, interval, Ask(job, job)) for job, interval in _OFTEN.items()),
        *(Cron(job, rule, Ask(job, job)) for job, rule in _NIGHTLY.items()),
        Cron("cache.drop", "10 4 * * *", _drop_caches, missed="skip"),
    ]


async def _drop_caches(db: Writing, _run: Run) -> None:
    """Whatever a node still holds that nobody told it to drop is loaded anew."""
    await db.invalidate(EVERYTHING)
