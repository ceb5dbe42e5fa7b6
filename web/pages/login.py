"""Coming in and going."""

from aiohttp import web
from msgspec import Struct

from revenge.api.door import COOKIE
from revenge.api.endpoint import Cookie, Endpoint, get, post
from revenge.api.keys import REQUEST_ID
from revenge.api.peer import is_loopback, is_secure
from revenge.api.problems import describe
from revenge.core.caller import Caller
from revenge.core.errors import RevengeError
from revenge.services.auth.entity import Entered, Login
from revenge.services.auth.routes import NO_COOKIE, device
from revenge.services.user.entity import Private
from web.context import Doors, Rooms
from web.pages.errors import sentence
from web.render import Renderer

_SMALL = 16 << 10


class Next(Struct, frozen=True):
    """Where to go afterwards."""

    next: str = "/"


class LoginForm(Private, frozen=True):
    """What the sign-in page sends."""

    username: str = ""
    password: str = ""
    next: str = "/"


class LoginPages:
    """The sign-in page and the way out."""

    def __init__(self, renderer: Renderer, rooms: Rooms) -> None:
        self.renderer = renderer
        self.doors = rooms.doors
        self.pace = rooms.pace
        self.wizard = rooms.wizard

    def endpoints(self) -> list[Endpoint]:
        """Return the declarations."""
        return [
            get("/login", self.show, open="login", page=True),
            post("/login", self.enter, open="login", page=True, body_limit=_SMALL, always=True),
            post("/logout", self.leave, may="account:use", page=True, body_limit=_SMALL, always=True),
        ]

    async def show(self, request: web.Request, query: Next, caller: Caller | None) -> web.Response:
        """The sign-in page; who is in already goes on, and an unfinished setup comes first."""
        if caller is not None:
            return go(inside(query.next))
        if (await self.wizard.state(local=is_loopback(request))).required:
            return go("/setup")
        return await self._page(request, LoginForm(next=query.next))

    async def enter(self, request: web.Request, body: LoginForm) -> web.Response:
        """Let somebody in, or say why not."""
        try:
            there = device(request)
            self.pace.knock(there.network)
            entered = await self.doors.login(Login(body.username, body.password), there)
        except RevengeError as error:
            return await self._page(request, body, error)
        return admit(self.doors, request, entered, inside(body.next))

    async def leave(self, request: web.Request, caller: Caller) -> web.Response:
        """Sign out on this device."""
        await self.doors.logout(caller)
        return keep(NO_COOKIE, request, web.Response(status=204))

    async def _page(self, request: web.Request, form: LoginForm, error: RevengeError | None = None) -> web.Response:
        words = await self.renderer.words(request, None)
        problem, headers = describe(error, request.get(REQUEST_ID, "-")) if error else (None, {})
        values = {
            "username": form.username,
            "next": inside(form.next),
            "error": sentence(words, problem.code, problem.detail) if problem else None,
        }
        response = await self.renderer.page(
            request, "pages/login.html", None, values, status=problem.status if problem else 200, words=words
        )
        response.headers.update({name: value for name, value in headers.items() if name == "Retry-After"})
        return response


def admit(doors: Doors, request: web.Request, entered: Entered, place: str) -> web.Response:
    """Send somebody who has just come in to a page, with the cookie that lets them stay."""
    stay = doors.cookie(entered)
    return keep(Cookie(COOKIE, stay.value, stay.max_age), request, go(place))


def keep(cookie: Cookie, request: web.Request, response: web.Response) -> web.Response:
    """Set the cookie on the answer."""
    response.set_cookie(
        cookie.name, cookie.value, max_age=cookie.max_age, path=cookie.path, httponly=True, samesite="Lax", secure=is_secure(request)
    )
    return response


def go(place: str) -> web.Response:
    """Lead to another page."""
    return web.Response(status=303, headers={"Location": place, "Cache-Control": "no-store"})


def inside(place: str) -> str:
    """Return the address if it is a page of ours, else the first page: nobody is led to another site from here."""
    plain = place.startswith("/") and not place.startswith(("//", "/\\")) and place.isprintable()
    return place if plain and not place.startswith(("/login", "/logout", "/setup")) else "/"
