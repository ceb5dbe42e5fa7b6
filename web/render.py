"""From a template and its values to an HTML answer: language, theme, navigation and the CSRF token come along."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

import aiohttp_jinja2
import jinja2
from aiohttp import web
from msgspec import Struct

from revenge.core.caller import Caller
from web import formats
from web.formats import Formats
from web.static import StaticFiles
from web.words import Catalogue, Words

TEMPLATES = Path(__file__).parent / "templates"
THEMES = ("dark", "light", "auto")
THEME_COOKIE = "revenge_theme"
LANGUAGE_COOKIE = "revenge_language"
_IMAGE_WIDTH = re.compile(r"/\d+\.webp$")
_WIDTHS = (180, 342, 780, 1280)
_PLACES = {"movie": "/movies"}
"""Where the pages of a kind of item begin."""
_SCRIPT_WORDS = ("js.", "problem.")


class Banner(Struct, frozen=True):
    """A sentence above the page that concerns everybody: a part that cannot work now, a node that takes no writes."""

    kind: Literal["warn", "bad", "info"]
    text: str
    """A key of the catalogue."""


class Tongues(Protocol):
    """Who knows which language a person chose."""

    async def locale(self, caller: Caller) -> str | None:
        """The BCP 47 tag in the person's account, None when they follow their browser."""


class Renderer:
    """Makes pages."""

    def __init__(
        self,
        catalogue: Catalogue,
        static: StaticFiles,
        csrf: Callable[[Caller], str],
        tongues: Tongues,
        banners: Callable[[], list[Banner]],
    ) -> None:
        self.catalogue = catalogue
        self.static = static
        self._csrf = csrf
        self._tongues = tongues
        self._banners = banners

    def prepare(self, app: web.Application) -> None:
        """Give the application its template environment: undefined names fail, everything is escaped."""
        aiohttp_jinja2.setup(
            app,
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            enable_async=False,
            filters=_FILTERS,
        )

    async def words(self, request: web.Request, caller: Caller | None) -> Words:
        """Return the language to answer in: the account's, else this browser's choice, else what the browser accepts, else English."""
        chosen = await self._tongues.locale(caller) if caller is not None else None
        return self.catalogue.choose(chosen, request.cookies.get(LANGUAGE_COOKIE), accept=request.headers.get("Accept-Language", ""))

    async def page(
        self,
        request: web.Request,
        template: str,
        caller: Caller | None,
        values: Mapping[str, Any] | None = None,
        *,
        status: int = 200,
        script_words: tuple[str, ...] = (),
        words: Words | None = None,
    ) -> web.Response:
        """Return a page. Only the reader's own browser may keep it, and must ask again: it is made for one person."""
        words = words or await self.words(request, caller)
        context = {**self._common(request, caller, words, script_words), **(values or {})}
        response = aiohttp_jinja2.render_template(template, request, context, status=status)
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "HX-Request"
        response.headers["Content-Language"] = words.language
        return response

    def _common(self, request: web.Request, caller: Caller | None, words: Words, script_words: tuple[str, ...]) -> dict[str, Any]:
        theme = request.cookies.get(THEME_COOKIE, THEMES[0])
        return {
            "t": words,
            "language": words.language,
            "languages": list(self.catalogue.languages),
            "theme": theme if theme in THEMES else THEMES[0],
            "themes": THEMES,
            "fmt": Formats(words),
            "formats": formats,
            "item_url": item_url,
            "asset": self.static.url,
            "modules": self.static.modules,
            "caller": caller,
            "csrf": self._csrf(caller) if caller is not None else "",
            "banners": self._banners(),
            "path": request.path,
            "script_words": words.group((*_SCRIPT_WORDS, *script_words)),
        }


@lru_cache(maxsize=2048)
def srcset(url: str) -> str:
    """Return the `srcset` of an image that is kept in several widths; empty for any other address."""
    if not _IMAGE_WIDTH.search(url):
        return ""
    return ", ".join(f"{image(url, width)} {width}w" for width in _WIDTHS)


def image(url: str, width: int) -> str:
    """Return the address of an image in one of its widths."""
    return _IMAGE_WIDTH.sub(f"/{width}.webp", url)


def item_url(kind: str, id: object) -> str:
    """Return the page of an item of any kind."""
    return f"{_PLACES[kind]}/{id}"


def given(values: Mapping[str, object]) -> dict[str, object]:
    """Return what was given of the parts of an address."""
    return {name: value for name, value in values.items() if value is not None}


_FILTERS: dict[str, Callable[..., Any]] = {"srcset": srcset, "image": image, "given": given}


def is_fragment(request: web.Request) -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"
