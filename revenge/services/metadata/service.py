"""Artwork: what each item has, where it is shown, and how it is kept up to date."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar, get_args
from uuid import UUID

from loguru import logger

from revenge.core.caller import Caller
from revenge.core.data import Transactions
from revenge.core.errors import NotFound, absent
from revenge.core.ids import ItemRef
from revenge.core.qos import Qos
from revenge.core.tickets import Tickets
from revenge.media.errors import MediaError
from revenge.media.picture_sizes import Picture
from revenge.media.pictures import Pictures
from revenge.services.metadata.chain import GeneratedArt, Offer, SidecarArt, sources
from revenge.services.metadata.entity import WIDTHS, Art, Chosen, Poster, Role, Show, Subject, nearest
from revenge.services.metadata.files import ArtworkFiles, digest_of
from revenge.services.metadata.repository import ArtworkRepository

T = TypeVar("T")

PURPOSE = "image"
"""What tickets for pictures are issued for."""
_TICKET_S = 60.0
"""How long a ticket is handed out again before it is issued anew; the same one all day, but its signature costs more than the rest."""
_REMEMBERED = 4096


class Artwork:
    """Pictures of items."""

    def __init__(self, database: Transactions, files: ArtworkFiles, pictures: Pictures, tickets: Tickets) -> None:
        self.database = database
        self.files = files
        self.tickets = tickets
        self.store = ArtworkRepository()
        self.sources = sources(pictures)
        self._remake = {"local": SidecarArt(pictures).offer, "generated": GeneratedArt(pictures).offer}
        self._known: OrderedDict[UUID, Art] = OrderedDict()
        self._issued: OrderedDict[UUID, tuple[float, str]] = OrderedDict()
        self._restoring: dict[UUID, asyncio.Task[None]] = {}

    # ---- showing
    def showing(self, caller: Caller, width: int = 342) -> Show:
        """What gives this caller the addresses of pictures: a list asks once and shows many."""
        before, behind = f"/images/{self._ticket(caller.session_id)}/", f"/{width}.webp"

        def show(id: UUID | None, blurhash: str | None) -> Poster | None:
            return None if id is None else Poster(f"{before}{id}{behind}", blurhash or "")

        return show

    def picture(self, id: UUID | None, blurhash: str | None, caller: Caller, width: int = 342) -> Poster | None:
        """The picture's address for this caller, and what to show until it is there; None without an id."""
        return self.showing(caller, width)(id, blurhash)

    async def posters(self, items: Sequence[ItemRef], caller: Caller, role: Role = "poster") -> dict[ItemRef, Poster]:
        """The pictures of those items that have one the caller may see."""
        found: dict[ItemRef, Poster] = {}
        async with self.database.read() as db:
            for kind in {item.kind for item in items}:
                ids = [item.id for item in items if item.kind == kind]
                for art in await self.store.of_items(db, kind, ids, role, caller.libraries):
                    if poster := self.picture(art.id, art.blurhash, caller):
                        found[ItemRef(kind, art.item_id)] = poster
        return found

    async def open(self, id: UUID, width: int, caller: Caller) -> Path:
        """The file of a picture in about that width; NotFound for widths that are not offered and pictures the caller may not see."""
        if width not in WIDTHS:
            raise NotFound(f"Pictures are {', '.join(map(str, WIDTHS))} pixels wide, not {width}.")
        art = await self._visible(id, caller)
        return self.files.path(art.digest, nearest(art.role, width))

    async def restore(self, id: UUID, caller: Caller) -> None:
        """Make the picture's files again, after they were lost or on a node that never had them; NotFound when that cannot be done."""
        art = await self._visible(id, caller)
        task = self._restoring.get(id)
        if task is None:
            task = self._restoring[id] = asyncio.create_task(self._restore(art))
            task.add_done_callback(lambda _: self._restoring.pop(id, None))
        await asyncio.shield(task)

    # ---- keeping up to date
    async def refresh(self, subject: Subject) -> Chosen:
        """Bring an item's pictures up to date and return them; what has not changed is not touched."""
        async with self.database.read() as db:
            stored = await self.store.of_item(db, subject.item)
        return Chosen(**{role: await self._choose(subject, role, stored.get(role)) for role in get_args(Role)})

    async def tidy(self, prefix: str) -> int:
        """Delete files that no picture uses any more and whose digest begins with these two digits; return how many."""
        stale = await self.files.stale(prefix)
        if not stale:
            return 0
        async with self.database.read() as db:
            used = await self.store.used(db, list(stale))
        orphans = [path for digest, paths in stale.items() if digest not in used for path in paths]
        await self.files.remove(orphans)
        return len(orphans)

    async def _choose(self, subject: Subject, role: Role, stored: Art | None) -> Art | None:
        """The first offer that is as it was when it was stored, or that a picture can be made of."""
        for source in self.sources:
            for offer in source.offers(subject, role):
                if stored and (stored.origin, stored.made) == (offer.origin, offer.made):
                    return stored
                if picture := await self._made(offer):
                    return await self._keep(subject, role, offer, picture)
        if stored:
            async with self.database.write() as db:
                await self.store.drop(db, stored.id)
        return None

    async def _made(self, offer: Offer) -> Picture | None:
        try:
            return await offer.make(Qos.MAINTENANCE)  # a scan that runs needs the same children, and somebody watches it
        except MediaError as error:
            if error.cause == "start":
                raise
            logger.warning("The picture {} cannot be used: {}", offer.made.path or offer.made.title, error)
            return None

    async def _keep(self, subject: Subject, role: Role, offer: Offer, picture: Picture) -> Art:
        digest = digest_of(picture.sizes)
        await self.files.write(digest, picture.sizes)
        look = {"digest": digest, "width": picture.width, "height": picture.height, "blurhash": picture.blurhash}
        async with self.database.write() as db:
            return await self.store.put(db, subject, role, offer.origin, offer.made, look)

    async def _restore(self, art: Art) -> None:
        try:
            picture = await self._remake[art.origin](art.role, art.made).make(Qos.INTERFACE)
        except MediaError as error:
            raise NotFound(f"The picture's files are gone and cannot be made again: {error}") from error
        await self.files.write(art.digest, picture.sizes)

    async def _visible(self, id: UUID, caller: Caller) -> Art:
        """The picture, remembered from earlier requests: what is under an id never changes."""
        art = self._known.get(id)
        if art is None:
            async with self.database.read() as db:
                art = await self.store.find(db, id) or absent("picture", id)
            _remember(self._known, id, art)
        return art if art.library_id in caller.libraries else absent("picture", id)

    def _ticket(self, session: UUID) -> str:
        issued = self._issued.get(session)
        now = time.monotonic()
        if issued is None or now - issued[0] > _TICKET_S:
            issued = now, self.tickets.issue_daily(PURPOSE, session)
            _remember(self._issued, session, issued)
        return issued[1]


def _remember(store: OrderedDict[UUID, T], key: UUID, value: T) -> None:
    store[key] = value
    store.move_to_end(key)
    if len(store) > _REMEMBERED:
        store.popitem(last=False)
