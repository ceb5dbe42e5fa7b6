"""What watching needs done in the background."""

from collections.abc import Sequence

from revenge.infra.jobs import Job
from revenge.services.playback.service import Playback


class PlaybackJobs:
    """Jobs of viewings."""

    def __init__(self, playback: Playback) -> None:
        self.playback = playback

    def jobs(self) -> Sequence[Job]:
        """Return the jobs; `playback.reap` is wanted every minute."""
        return [Job("playback.reap", "playback", self.playback.reap)]
