"""Making the first admin, once."""

import hmac
from collections.abc import Awaitable, Callable

from revenge.core.data import Transactions
from revenge.core.errors import Conflict, Forbidden
from revenge.services.auth.backoff import Backoff
from revenge.services.auth.entity import Entered
from revenge.services.session.entity import Device
from revenge.services.session.service import Sessions
from revenge.services.setup.entity import FirstAdmin, SetupState
from revenge.services.user.entity import NewUser
from revenge.services.user.service import Users

_SUBJECT = "setup"
Forget = Callable[[], Awaitable[None]]
"""Removes the setup code from wherever it is kept; raises nothing."""


class Setup:
    """The setup of a new server. It is over as soon as there is an admin, however that one was made.

    From another machine it wants the code that only somebody with access to this one can read; wrong codes are counted like wrong passwords.
    """

    def __init__(self, database: Transactions, users: Users, sessions: Sessions, backoff: Backoff, code: str, forget: Forget) -> None:
        self.database = database
        self.users = users
        self.sessions = sessions
        self.backoff = backoff
        self._code = code
        self._forget = forget

    async def state(self, *, local: bool) -> SetupState:
        """Whether an admin is still to be made; `local` when a person on this machine asks."""
        required = not await self.users.has_admin()
        return SetupState(required, required and not local)

    async def finish(self, admin: FirstAdmin, device: Device, *, local: bool) -> Entered:
        """Make the first admin and sign them in.

        Conflict when the setup is done, Forbidden without the code where it is needed, TooMany after too many wrong ones, Invalid names a
        field that cannot stay as it is.
        """
        if await self.users.has_admin():
            raise Conflict("This server is set up already; sign in instead.", code="setup_done")
        if not local:
            await self._check(admin.setup_code, device.network)
        values = await self.users.prepare(NewUser(admin.username, admin.email, admin.password, "admin"))
        async with self.database.write() as db:
            user = await self.users.make_first_admin(db, values)
            session = await self.sessions.begin(db, user.id, device)
        await self._forget()
        return Entered(user, session)

    async def _check(self, code: str | None, place: str) -> None:
        if not code:
            raise Forbidden(
                "From another machine the setup wants a code: it is printed when the server starts, and kept in its data directory.",
                code="setup_code_needed",
                field="setup_code",
            )
        await self.backoff.admit(_SUBJECT, None, place)
        if not hmac.compare_digest(_bare(code), _bare(self._code)):
            await self.backoff.wrong(_SUBJECT, place)
            raise Forbidden("setup_code: this is not the code of this server.", code="setup_code_wrong", field="setup_code")


def _bare(code: str) -> bytes:
    """Return the code as it counts: without hyphens and spaces, in capital letters."""
    return "".join(letter for letter in code[:100].upper() if letter.isalnum()).encode()
