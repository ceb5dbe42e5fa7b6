"""The stages of a scan: scan, probe, match, index. Each writes its result and asks for the next in one transaction, and never looks back.

Enriching (artwork, .nfo facts, providers) follows in the background for each item; notifying is what the commits publish.
A stage may come twice, since a lost job is sent again: it then finds its step ended and changes nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol
from uuid import UUID

from msgspec.structs import replace

from revenge.core.data import Reading, Transactions, Writing
from revenge.core.events import ItemAdded
from revenge.core.ids import ItemRef
from revenge.core.work import Ask
from revenge.media.probed import Outcome, Probed, ProbeFailed
from revenge.services.library.compare import Comparison, compare, unknown
from revenge.services.library.entity import ContentLibrary, Fallen, Identified, Kept, Scan, StoredFile
from revenge.services.library.indexing import Indexing, Reader
from revenge.services.library.repository import FileRepository, LibraryRepository, ScanRepository
from revenge.services.library.service import SORRY, progress
from revenge.services.library.walk import Folder, Slice, Wanted, walk

BATCH = 64
"""Files per job: little bookkeeping for each, and people see the counts move."""
PROBE_S = 15.0
"""Seconds after which a job begins to look into no more files and leaves them to another one: on a slow disk one takes seconds."""


class Prober(Reader, Protocol):
    """Who opens media files, away from this process."""

    async def probe(self, paths: Sequence[Path | str], *, begin: float) -> list[Outcome]:
        """Return what is inside, or the reason why that cannot be known, for the first paths: all that could be begun in so many seconds."""


class Stages:
    """What the jobs of a scan do."""

    def __init__(self, database: Transactions, contents: Mapping[str, ContentLibrary], prober: Prober) -> None:
        self.database = database
        self.contents = contents
        self.prober = prober
        self.indexing = Indexing(database, prober)
        self.libraries = LibraryRepository()
        self.scans = ScanRepository()
        self.files = FileRepository()

    # ---- 1 scan
    async def scan(self, scan_id: UUID, root: int, after: Folder | None) -> None:
        """Walk one slice of the library's folder number `root`, store what changed, ask for probing and for the next slice."""
        opened = await self._open(scan_id)
        if opened is None:
            return
        scan, kind, roots = opened
        step = _walk_step(root, after)
        if root >= len(roots):  # folders were taken out of the library meanwhile
            await self._taken_out(scan_id, step)
            return
        root_id, path = roots[root]
        content = self.contents[kind]
        seen = await asyncio.to_thread(walk, path, after, Wanted(content.claims, content.is_companion, content.ignores))
        async with self.database.read() as db:
            away = after is None and await self._is_away(db, root_id, seen)
            known = await self.files.known(db, root_id, after, seen.upto)
            elsewhere = await self.files.known_by_inode(db, scan.library_id, [file.inode for file in unknown(seen, known)])
        next_slice = _next(root, seen.upto, len(roots))
        if away:
            await self._root_away(scan, step, next_slice, roots[root], seen)
            return
        found = await asyncio.to_thread(compare, seen, known, elsewhere, path)
        await self._store_slice(scan, step, next_slice, roots[root], seen, found)

    async def _open(self, scan_id: UUID) -> tuple[Scan, str, list[tuple[UUID, str]]] | None:
        """Return the scan, set running, its library's kind and folders; None when it has ended."""
        async with self.database.write() as db:
            started = await self.scans.start(db, scan_id)
            scan = started or await self.scans.find(db, scan_id)
            if scan is None or scan.state != "running":
                return None
            if started:
                db.after(progress(started))
            kind = await self.libraries.find_kind(db, scan.library_id)
            return None if kind is None else (scan, kind, await self.libraries.roots(db, scan.library_id))

    async def _is_away(self, db: Reading, root_id: UUID, seen: Slice) -> bool:
        """Whether the folder cannot be read, or has come up empty though it held files before: its disk is not there."""
        if any(folder == () for folder, _ in seen.blind):
            return True
        return not seen.files and seen.upto is None and await self.files.any_known(db, root_id)

    async def _store_slice(
        self, scan: Scan, step: str, next_slice: tuple[int, Folder | None] | None, root: tuple[UUID, str], seen: Slice, found: Comparison
    ) -> None:
        """Write what one slice found."""
        root_id, path = root
        async with self.database.write() as db:
            if not await self.scans.end_step(db, scan.id, step):
                return
            await self.libraries.see_root(db, root_id, available=True)
            added = await self.files.add(db, scan.library_id, root_id, found.new)
            await self.files.change(db, root_id, found.changes)
            await self.files.lose(db, found.lost)
            errors = [*_unseen(seen, path), *found.errors]
            await self.scans.add_errors(db, scan.id, errors)
            await self._ask_batches(db, scan.id, f"probe:{step}", "library.probe", [*added, *found.unseen], fresh=True)
            await self._ask_batches(db, scan.id, f"again:{step}", "library.probe", found.to_probe)
            await self._ask_batches(db, scan.id, f"match:{step}", "library.match", found.to_match)
            await self._ask_next(db, scan.id, next_slice)
            waiting = len(added) + len(found.unseen) + len(found.to_probe) + len(found.to_match)
            await self._count(
                db, scan.id, found=found.total, added=found.returned, changed=found.changed, removed=len(found.lost),
                failed=len(errors), done=found.total - waiting,
            )  # fmt: skip

    async def _root_away(
        self, scan: Scan, step: str, next_slice: tuple[int, Folder | None] | None, root: tuple[UUID, str], seen: Slice
    ) -> None:
        """Note a folder that cannot be seen, and go on with the next one: nothing of it is forgotten."""
        root_id, path = root
        reason = seen.blind[0][1] if seen.blind else "it is empty though it held files before, so its disk may not be mounted"
        async with self.database.write() as db:
            if not await self.scans.end_step(db, scan.id, step):
                return
            await self.libraries.see_root(db, root_id, available=False)
            sentence = f"The folder cannot be seen: {reason}. Its items are kept and marked unavailable."
            await self.scans.add_errors(db, scan.id, [Fallen(path, sentence, "folder_away")])
            await self._ask_next(db, scan.id, next_slice)
            await self._count(db, scan.id, failed=1)

    async def _ask_batches(self, db: Writing, scan_id: UUID, step: str, job: str, files: Sequence[UUID], **more: object) -> None:
        """Ask for a job per batch of files, each a step of the scan."""
        steps = {f"{step}:{number}": batch for number, batch in enumerate(_batches(files))}
        await self.scans.open_steps(db, scan_id, list(steps))
        await db.ask(*(Ask(job, f"{scan_id}:{name}", _args(scan_id, name, batch) | more) for name, batch in steps.items()))

    async def _ask_next(self, db: Writing, scan_id: UUID, next_slice: tuple[int, Folder | None] | None) -> None:
        """Ask for the slice that follows, where one does."""
        if next_slice is None:
            return
        root, after = next_slice
        step = _walk_step(root, after)
        await self.scans.open_steps(db, scan_id, [step])
        await db.ask(
            Ask(
                "library.scan",
                f"{scan_id}:{step}",
                {"scan_id": str(scan_id), "root": root, "after": after, "step": step},
            )
        )

    async def _taken_out(self, scan_id: UUID, step: str) -> None:
        """End a step whose folder is none of the library's any more."""
        async with self.database.write() as db:
            if await self.scans.end_step(db, scan_id, step):
                await self.scans.add_errors(
                    db, scan_id, [Fallen(step, "The folder was taken out of the library during the scan.", "folder_left")]
                )
                await self._count(db, scan_id, failed=1)

    # ---- 2 probe
    async def probe(self, scan_id: UUID, step: str, files: Sequence[UUID], *, fresh: bool) -> None:
        """Look into a batch of files; those that cannot be read become errors, the others go on to be matched.

        `fresh` says that nobody has looked into them before: those that can be read are added then.
        """
        async with self.database.read() as db:
            if not await self.scans.waits(db, scan_id, step):
                return
            places = await self.files.places(db, files)
        outcomes = await self.prober.probe([place.path for place in places], begin=PROBE_S)
        looked = list(zip(places, outcomes, strict=False))
        failed = [Fallen(place.path, outcome.reason, outcome.fault) for place, outcome in looked if isinstance(outcome, ProbeFailed)]
        good = [place for place, outcome in looked if isinstance(outcome, Probed)]
        async with self.database.write() as db:
            if not await self.scans.end_step(db, scan_id, step):
                return
            await self.files.probed(db, {place.id: outcome for place, outcome in looked})
            await self.scans.add_errors(db, scan_id, failed)
            await self._ask_batches(db, scan_id, f"match:{step}", "library.match", [place.id for place in good])
            await self._ask_batches(db, scan_id, f"{step}+", "library.probe", [place.id for place in places[len(outcomes) :]], fresh=fresh)
            await self._count(db, scan_id, added=len(good) * fresh, failed=len(failed), done=len(failed) + len(files) - len(places))

    # ---- 3 match, 5 index, 6 notify
    async def match(self, scan_id: UUID, step: str, files: Sequence[UUID]) -> None:
        """Find out what the files are, make their items, index them, and ask for enrichment in the background."""
        async with self.database.read() as db:
            scan = await self.scans.find(db, scan_id)
            if scan is None or not await self.scans.waits(db, scan_id, step):
                return
            kind = await self.libraries.find_kind(db, scan.library_id)
            stored = await self.files.stored(db, files)
        content = self.contents[str(kind)]
        identified = await content.identify(stored)
        async with self.database.write() as db:
            if await self.scans.end_step(db, scan_id, step):
                await self._keep(db, scan, content, stored, identified)

    async def _keep(
        self, db: Writing, scan: Scan, content: ContentLibrary, stored: Sequence[StoredFile], identified: Sequence[Identified]
    ) -> None:
        kept = await content.keep(db, scan.library_id, identified)
        await self.files.link(db, [(one.file_id, one.item, each.edition) for one, each in zip(kept, identified, strict=True)])
        items = list(dict.fromkeys(one.item for one in kept))
        await content.index(db, [item.id for item in items])
        await db.ask(*(Ask("library.enrich", f"{item.kind}:{item.id}", {"kind": item.kind, "id": str(item.id)}) for item in items))
        db.after(*_added(scan, kept))
        await self._count(db, scan.id, done=len(stored))

    # ---- 4 enrich
    async def enrich(self, kind: str, id: UUID) -> None:
        """Give one item its artwork and the facts that lie beside its files."""
        item = ItemRef(kind, id)
        for content in self.contents.values():
            if kind in content.item_kinds:
                await content.enrich(item)
        await self.indexing.ask(item)

    # ---- when a stage cannot be done
    async def give_up(self, scan_id: UUID, step: str, files: Sequence[UUID]) -> None:
        """End a step whose job failed for good, so that the scan goes on without its files."""
        async with self.database.write() as db:
            if await self.scans.end_step(db, scan_id, step):
                places = await self.files.places(db, files)
                await self.scans.add_errors(db, scan_id, [Fallen(place.path, SORRY, "gave_up") for place in places])
                await self._count(db, scan_id, failed=len(places), done=len(files))

    async def _count(self, db: Writing, scan_id: UUID, **plus: int) -> None:
        """Add to the counts, tell, and end the scan when this was its last step."""
        counted = await self.scans.count(db, scan_id, **plus)
        if counted is None:
            return
        completed = await self.scans.complete(db, scan_id)
        db.after(progress(completed or counted))
        if completed is not None:
            kind = await self.libraries.find_kind(db, completed.library_id)
            await self.contents[str(kind)].settle(db, completed.library_id)


def _walk_step(root: int, after: Folder | None) -> str:
    return f"walk:{root}" if after is None else f"walk:{root}:{'/'.join(after)}"


def _next(root: int, upto: Folder | None, roots: int) -> tuple[int, Folder | None] | None:
    """Return where the walk goes on: behind `upto`, or in the next folder of the library; None at the end."""
    if upto is not None:
        return root, upto
    return (root + 1, None) if root + 1 < roots else None


def _batches(ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]


def _args(scan_id: UUID, step: str, files: Sequence[UUID]) -> dict[str, object]:
    return {"scan_id": str(scan_id), "step": step, "files": [str(id) for id in files]}


def _unseen(seen: Slice, root: str) -> list[Fallen]:
    """Return what the walk could not look at, and why."""
    folders = [Fallen(str(Path(root, *folder)), f"The folder cannot be read: {why}.", "folder_unreadable") for folder, why in seen.blind]
    return folders + [replace(one, path=f"{root}/{one.path}") for one in seen.unnameable]


def _added(scan: Scan, kept: Sequence[Kept]) -> list[ItemAdded]:
    new = {one.item: one.title for one in kept if one.is_new}
    return [ItemAdded(item=item, library_id=scan.library_id, title=title) for item, title in new.items()]
