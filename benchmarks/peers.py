"""Servers that the list of films is compared with: `python -m benchmarks.peers <wish as JSON>` prints its port and serves until it is ended."""

import asyncio
import base64
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import uvloop
from aiohttp import web
from msgspec import Struct

_PAGE = """
select m.id, m.title, m.year, m.available, m.poster_id, m.poster_blurhash, m.title_sort, p.position_ms, p.duration_ms, p.watched
from movies m left join shared.progress p on p.user_id = $1 and p.item_kind = 'movie' and p.item_id = m.id
where m.library_id = any($2) and m.present and (m.title_sort, m.id) > ($3, $4)
order by m.title_sort, m.id limit $5
"""


class Wish(Struct):
    kind: str
    url: str
    user: str
    prefix: str
    ready: str


class Poster(Struct, frozen=True):
    url: str
    blurhash: str


class Progress(Struct, frozen=True):
    position_ms: int
    duration_ms: int
    watched: bool


class Film(Struct, frozen=True):
    id: UUID
    title: str
    year: int | None
    available: bool
    poster: Poster | None
    progress: Progress | None


class Page(Struct, frozen=True):
    items: list[Film]
    next: str | None


class Raw:
    """What somebody would write who wants this one answer and nothing else: no caller is checked, nothing is logged."""

    def __init__(self, wish: Wish, pool: Any, libraries: list[UUID]) -> None:
        self.pool = pool
        self.libraries = libraries
        self.user = UUID(wish.user)
        self.prefix = wish.prefix
        self.encode = msgspec.json.Encoder().encode

    async def page(self, request: web.Request) -> web.Response:
        limit, cursor = int(request.query["limit"]), request.query["cursor"]
        _, title, id = msgspec.msgpack.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        rows = await self.pool.fetch(_PAGE, self.user, self.libraries, title, UUID(id), limit + 1)
        shown = rows[:limit]
        following = self._cursor(shown[-1]) if len(rows) > limit else None
        return web.Response(body=self.encode(Page([self._film(*row) for row in shown], following)), content_type="application/json")

    def _film(self, id, title, year, available, poster, blurhash, _sort, position, duration, watched) -> Film:
        return Film(
            id,
            title,
            year,
            available,
            Poster(f"{self.prefix}/{poster}/342.webp", blurhash) if poster else None,
            None if position is None else Progress(position, duration, watched),
        )

    def _cursor(self, row: Any) -> str:
        return base64.urlsafe_b64encode(msgspec.msgpack.encode(["title", row["title_sort"], row["id"]])).rstrip(b"=").decode()


async def serve(wish: Wish) -> None:
    app = web.Application()
    if wish.kind == "bare":
        body = Path(wish.ready).read_bytes()

        async def ready(_request: web.Request) -> web.Response:
            return web.Response(body=body, content_type="application/json")

        app.router.add_get("/api/v1/movies", ready)
    else:
        pool = await asyncpg.create_pool(wish.url, min_size=8, max_size=8, server_settings={"jit": "off"})
        libraries = [row[0] for row in await pool.fetch("select id from shared.libraries")]
        app.router.add_get("/api/v1/movies", Raw(wish, pool, libraries).page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(msgspec.json.decode(sys.argv[1], type=Wish)))
