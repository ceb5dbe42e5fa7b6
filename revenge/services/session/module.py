"""The room of sign-ins, put together."""

from revenge.api.endpoint import Endpoint
from revenge.core.clock import Clock, now
from revenge.core.data import Transactions
from revenge.infra.jobs.job import Job
from revenge.services.session.jobs import SessionJobs
from revenge.services.session.routes import SessionRoutes
from revenge.services.session.service import SessionCache, Sessions


class SessionModule:
    """Sign-ins, their addresses and their tidying. `secret` is `auth.jwt_secret`."""

    def __init__(self, database: Transactions, cache: SessionCache, secret: str, clock: Clock = now) -> None:
        self.sessions = Sessions(database, cache, secret, clock)

    def endpoints(self) -> list[Endpoint]:
        """Return the endpoints of one's own sign-ins."""
        return SessionRoutes(self.sessions).endpoints()

    def jobs(self) -> list[Job]:
        """Return the jobs, each wanted once an hour."""
        return SessionJobs(self.sessions).jobs()
