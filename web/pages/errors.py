"""What went wrong, as a page."""

from aiohttp import web
from loguru import logger

from revenge.api.problems import Problem
from revenge.core.caller import Caller
from web.render import Renderer, is_fragment
from web.words import Words

_OWN_PAGES = (403, 404, 429, 500, 503)


class ErrorPages:
    """Error pages; the sentence comes from the catalogue where it knows the problem's code."""

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer

    async def show(self, request: web.Request, problem: Problem, caller: Caller | None) -> web.Response:
        """Return the page; plain words when even that fails, since nobody is helped by an error about an error."""
        try:
            words = await self.renderer.words(request, caller)
        except Exception:  # noqa: BLE001 - the database may be what is wrong
            logger.warning("An error page is shown without its reader's language.")
            caller, words = None, self.renderer.catalogue.choose(accept=request.headers.get("Accept-Language", ""))
        detail = sentence(words, problem.code, problem.detail)
        if is_fragment(request):
            return web.Response(text=detail, status=problem.status)
        values = {"status": problem.status, "heading": heading(words, problem.status), "detail": detail, "request_id": problem.request_id}
        return await self.renderer.page(request, "pages/error.html", caller, values, status=problem.status, words=words)


def heading(words: Words, status: int) -> str:
    """The few words above the sentence."""
    return words(f"error.{status}" if status in _OWN_PAGES else "error.other")


def sentence(words: Words, code: str, detail: str) -> str:
    """The catalogue's sentence for a problem's code, else the problem's own English one."""
    key = f"problem.{code}"
    return words(key, detail=detail) if key in words else detail
