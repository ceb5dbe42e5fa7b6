"""The room of the setup, put together."""

from revenge.api.endpoint import Endpoint
from revenge.core.data import Transactions
from revenge.services.auth.pace import Pace
from revenge.services.auth.service import Auth
from revenge.services.setup.routes import SetupRoutes
from revenge.services.setup.service import Forget, Setup


class SetupModule:
    """The setup of a new server; `code` is the one that is printed at start, `forget` removes it from the disk."""

    def __init__(self, database: Transactions, auth: Auth, code: str, forget: Forget) -> None:
        self.auth = auth
        self.setup = Setup(database, auth.users, auth.sessions, auth.proof.backoff, code, forget)

    def endpoints(self) -> list[Endpoint]:
        """Return the endpoints of the setup."""
        return SetupRoutes(self.setup, self.auth, Pace()).endpoints()
