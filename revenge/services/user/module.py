"""The room of accounts, put together."""

from revenge.api.endpoint import Endpoint
from revenge.core.data import Transactions
from revenge.services.user.routes import UserRoutes
from revenge.services.user.service import Proof, SignIns, Users


class UserModule:
    """Accounts and their addresses."""

    def __init__(self, database: Transactions, proof: Proof, sign_ins: SignIns) -> None:
        self.users = Users(database, proof, sign_ins)

    def endpoints(self) -> list[Endpoint]:
        """Return the endpoints of accounts."""
        return UserRoutes(self.users).endpoints()
