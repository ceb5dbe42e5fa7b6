"""The wizard that makes a new server somebody's."""

from collections.abc import Mapping

from aiohttp import web

from revenge.api.endpoint import Endpoint, get, post
from revenge.api.keys import REQUEST_ID
from revenge.api.peer import is_loopback
from revenge.api.problems import describe
from revenge.core.caller import Caller
from revenge.core.errors import Invalid, RevengeError
from revenge.services.auth.routes import device
from revenge.services.setup.entity import FirstAdmin
from revenge.services.user.entity import Private
from web.context import Parts, Rooms
from web.pages.errors import sentence
from web.pages.login import admit, go
from web.render import Renderer

STEPS = ("database", "account", "libraries", "later")
_SMALL = 16 << 10


class AdminForm(Private, frozen=True):
    """What the account step sends."""

    username: str = ""
    email: str = ""
    password: str = ""
    password_again: str = ""
    setup_code: str = ""


class SetupPages:
    """Steps: database, admin, libraries, and what can wait."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.rooms = rooms

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/setup", self.begin, open="setup", page=True),
            get("/setup/account", self.account, open="setup", page=True),
            post("/setup/account", self.make, open="setup", page=True, body_limit=_SMALL),
            get("/setup/libraries", self.libraries, may="libraries:manage", page=True),
            get("/setup/later", self.later, may="libraries:manage", page=True),
        ]

    async def begin(self, request: web.Request) -> web.Response:
        """Where the server keeps its things."""
        state = await self.rooms.wizard.state(local=is_loopback(request))
        if not state.required:
            return go("/")
        parts = self.rooms.parts
        shown = (
            parts if not state.code_needed else Parts(*("embedded" if part == "embedded" else "" for part in (parts.database, parts.cache)))
        )
        return await self._step(request, "database", {"parts": shown})

    async def account(self, request: web.Request) -> web.Response:
        """The first admin's account."""
        return await self._account(request, AdminForm())

    async def make(self, request: web.Request, body: AdminForm) -> web.Response:
        """Make the first admin and go on with the libraries."""
        try:
            there = device(request)
            self.rooms.pace.knock(there.network)
            if body.password != body.password_again:
                raise Invalid("password_again: the two passwords differ.", code="passwords_differ", field="password_again")
            admin = FirstAdmin(body.username, body.email, body.password, body.setup_code or None)
            entered = await self.rooms.wizard.finish(admin, there, local=is_loopback(request))
        except RevengeError as error:
            return await self._account(request, body, error)
        return admit(self.rooms.doors, request, entered, "/setup/libraries")

    async def libraries(self, request: web.Request, caller: Caller) -> web.Response:
        """Where the media are."""
        values = {"libraries": await self.rooms.libraries.list(caller), "kinds": self.rooms.kinds}
        return await self._step(request, "libraries", values, caller)

    async def later(self, request: web.Request, caller: Caller) -> web.Response:
        """What can be set up at any time."""
        return await self._step(request, "later", {}, caller)

    async def _account(self, request: web.Request, form: AdminForm, error: RevengeError | None = None) -> web.Response:
        state = await self.rooms.wizard.state(local=is_loopback(request))
        if not state.required:
            return go("/login")
        words = await self.renderer.words(request, None)
        problem = describe(error, request.get(REQUEST_ID, "-"))[0] if error else None
        values = {
            "values": form,
            "code_needed": state.code_needed,
            "error": sentence(words, problem.code, problem.detail) if problem else None,
        }
        return await self._step(request, "account", values, status=problem.status if problem else 200)

    async def _step(
        self, request: web.Request, step: str, values: Mapping[str, object], caller: Caller | None = None, *, status: int = 200
    ) -> web.Response:
        common = {"step": step, "steps": STEPS}
        return await self.renderer.page(request, f"pages/setup/{step}.html", caller, {**common, **values}, status=status)
