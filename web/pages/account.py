"""One's own account: the look, the language, the password, the devices."""

import re

from aiohttp import web

from revenge.api.endpoint import Endpoint, get
from revenge.core.caller import Caller
from revenge.services.session.entity import Session
from web.context import Rooms
from web.render import Renderer

_PROGRAMS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
"""Marks in a User-Agent; the order matters, since most pretend to be the later ones, too."""
_SYSTEMS = (
    ("Web0S", "webOS"), ("Tizen", "Tizen"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
_PRODUCT = re.compile(r"^[\w.-]{2,40}")


class AccountPages:
    """One's own account. Changes go by the API."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.rooms = rooms

    def endpoints(self) -> list[Endpoint]:
        """Return the declaration."""
        return [get("/account", self.show, may="account:use", page=True)]

    async def show(self, request: web.Request, caller: Caller) -> web.Response:
        """The account and its devices."""
        sessions = await self.rooms.sign_ins.of(caller)
        words = await self.renderer.words(request, caller)
        named = [(session, device_name(session) or words("account.device_unknown")) for session in sessions.items]
        values = {"user": await self.rooms.people.get(caller.user_id), "sessions": named}
        return await self.renderer.page(request, "pages/account.html", caller, values, words=words)


def device_name(session: Session) -> str:
    """What a device is called: by its owner, else program and system as its User-Agent tells, else nothing."""
    return session.device_name or program_name(session.user_agent)


def program_name(agent: str) -> str:
    """Program and system as a User-Agent tells; empty when it tells nothing."""
    program = next((name for mark, name in _PROGRAMS if mark in agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    if program is None and (product := _PRODUCT.match(agent)):
        program = product[0]
    return " · ".join(filter(None, (program, system)))
