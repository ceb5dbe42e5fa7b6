"""The room of the doors, put together."""

from contextlib import AbstractAsyncContextManager

from revenge.api.endpoint import Endpoint
from revenge.core.clock import Clock, now
from revenge.infra.jobs.job import Job
from revenge.services.auth.jobs import AuthJobs
from revenge.services.auth.pace import Pace
from revenge.services.auth.passwords import Passwords
from revenge.services.auth.proof import Proof
from revenge.services.auth.routes import AuthRoutes
from revenge.services.auth.service import Auth, Visible
from revenge.services.auth.tokens import AccessTokens
from revenge.services.session.service import Sessions
from revenge.services.user.service import Users


class AuthModule:
    """Signing in and out. `proof` is the one that was given to the accounts, `secret` is `auth.jwt_secret`."""

    def __init__(self, users: Users, sessions: Sessions, proof: Proof, visible: Visible, secret: str, clock: Clock = now) -> None:
        self.auth = Auth(users, sessions, proof, AccessTokens(secret, clock), visible, clock)

    def lifetime(self) -> AbstractAsyncContextManager[Passwords]:
        """Keep the threads that check passwords for as long as the block lasts."""
        return self.auth.proof.passwords.lifetime()

    def endpoints(self) -> list[Endpoint]:
        """Return the endpoints of signing in and out."""
        return AuthRoutes(self.auth, Pace()).endpoints()

    def jobs(self) -> list[Job]:
        """Return the jobs, each wanted once an hour."""
        return AuthJobs(self.auth.proof.backoff).jobs()
