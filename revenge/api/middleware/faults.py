"""Errors become answers here: problem documents for programs, pages for people."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from loguru import logger

from revenge.api.door import Door
from revenge.api.endpoint import Endpoint
from revenge.api.keys import ENDPOINT, STARTED
from revenge.api.middleware.pages import Pages
from revenge.api.problems import render, report
from revenge.core.errors import RevengeError, Unauthenticated

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


def faults(pages: Pages, door: Door) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Return the middleware that answers errors; what the API does not have is told only to whom `door` knows."""

    @web.middleware
    async def middleware(request: web.Request, handler: Next) -> web.StreamResponse:  # aiohttp passes `handler` by that name
        try:
            return await handler(request)
        except ConnectionError as error:
            if _is_gone(request):
                raise  # there is nobody to answer
            return await _answer(error, request, pages)  # another connection broke: the database's, for example
        except web.HTTPException as error:
            if error.status < 400:
                raise  # a redirect is an answer, not an error
            return await _answer(await _stranger(request, door) or error, request, pages)
        except Exception as error:  # noqa: BLE001 - the last place to turn anything into an answer
            return await _answer(error, request, pages)

    return middleware


async def _stranger(request: web.Request, door: Door) -> Exception | None:
    """Return what is said to a stranger who asks the API for an address that no endpoint has."""
    if not isinstance(request.match_info.http_exception, web.HTTPNotFound) or not request.path.startswith("/api/"):
        return None
    try:
        await door.identify(request)
    except RevengeError as error:
        return error
    return None


async def _answer(error: Exception, request: web.Request, pages: Pages) -> web.StreamResponse:
    if STARTED in request:
        raise _broken(error) from error
    if isinstance(error, Unauthenticated) and _wants_page(request):
        return web.Response(status=303, headers={"Location": await pages.lobby(request), "Cache-Control": "no-store"})
    problem, headers = report(error, request)
    if not _wants_page(request):
        return render(problem, headers)
    response = await pages.error(request, problem)
    response.headers.update(headers)
    return response


def _broken(error: Exception) -> ConnectionResetError:
    """An answer that cannot be finished is cut off, so that nobody takes it for whole and the connection is not used again."""
    logger.opt(exception=error).error("An answer broke off: {}", type(error).__name__)
    return ConnectionResetError("the answer broke off")


def _is_gone(request: web.Request) -> bool:
    if STARTED in request or request.transport is None:
        return True
    return request.transport.is_closing()


def _wants_page(request: web.Request) -> bool:
    endpoint: Endpoint | None = request.get(ENDPOINT)
    if endpoint is not None:
        return endpoint.page
    return not request.path.startswith("/api/") and "text/html" in request.headers.get("Accept", "")
