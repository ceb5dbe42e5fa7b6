"""For whom an answer is, and whether it leaves the house: by that what is scarce is shared out."""

from contextlib import suppress
from ipaddress import ip_address

from aiohttp import web
from msgspec import Struct

from revenge.api.door import Authenticator
from revenge.api.keys import CALLER
from revenge.api.peer import Trusted, address_behind
from revenge.core.errors import RevengeError
from revenge.core.tickets import Tickets
from revenge.infra.addresses import is_outside


class Payer(Struct, frozen=True):
    """Whose share an answer is taken from."""

    user: str = ""
    """The account; empty for strangers, who are one."""
    viewing: str = ""
    """What its ticket opens; empty without one."""
    remote: bool = False
    """Whether it goes to another network than the house's own."""


class Payers:
    """Finds out, while there are limits, whose share an answer is taken from."""

    def __init__(self, authenticator: Authenticator, tickets: Tickets, proxies: Trusted) -> None:
        self._authenticator = authenticator
        self._tickets = tickets
        self._proxies = proxies

    async def of(self, request: web.Request) -> Payer:
        """Return who pays: the caller, or the holder of the ticket in the address."""
        caller, viewing = request.get(CALLER), ""
        if caller is None and "ticket" in request.match_info:
            with suppress(RevengeError):  # a ticket of nobody's
                ticket = self._tickets.read(request.match_info["ticket"])
                viewing = ticket.subject
                caller = await self._authenticator.of_session(ticket.session)
        return Payer(str(caller.user_id) if caller else "", viewing, self._is_remote(request))

    def _is_remote(self, request: web.Request) -> bool:
        try:
            return is_outside(ip_address(address_behind(request, self._proxies)))
        except ValueError:  # a local socket
            return False
