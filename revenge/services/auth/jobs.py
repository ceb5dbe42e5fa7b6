"""What the doors want done in the background."""

from revenge.infra.jobs.job import Job
from revenge.services.auth.backoff import Backoff


class AuthJobs:
    """The hourly tidying of wrong passwords."""

    def __init__(self, backoff: Backoff) -> None:
        self.backoff = backoff

    def jobs(self) -> list[Job]:
        """Return the declarations; asked for once an hour."""
        return [Job("auth.purge", "maintenance", self.purge)]

    async def purge(self) -> None:
        """Remove wrong passwords that do not count any more."""
        await self.backoff.purge()
