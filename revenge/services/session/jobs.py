"""What sessions want done in the background."""

from revenge.infra.jobs.job import Job
from revenge.services.session.service import Sessions


class SessionJobs:
    """The hourly tidying of sessions."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def jobs(self) -> list[Job]:
        """Return the declarations; asked for once an hour."""
        return [Job("session.purge", "maintenance", self.purge)]

    async def purge(self) -> None:
        """Remove sessions that have expired or ended."""
        await self.sessions.purge()
