"""How items come by their pictures and keep them."""

import asyncio
import os
import time
from pathlib import Path
from uuid import uuid4

import pytest
import pyvips
from msgspec.structs import replace
from sqlalchemy import text

from revenge.core.errors import NotFound, Unavailable
from revenge.core.ids import ItemRef
from revenge.media.errors import MediaError
from tests.services.metadata.conftest import draw


def colour(path: Path) -> list[int]:
    """The average colour of a picture."""
    image = pyvips.Image.new_from_file(str(path))
    return [round(image[band].avg()) for band in range(3)]


def beside(subject, name: str) -> Path:
    return Path(subject.videos[0].directory) / name


def stored(room) -> list[str]:
    return sorted(path.name for path in room.artwork.files.folder.rglob("*") if path.is_file())


async def test_a_poster_beside_the_film_is_taken(room, inception, viewer):
    draw(beside(inception, "poster.jpg"), 1000, 1500)
    draw(beside(inception, "fanart.png"), 1600, 900, (10, 120, 220))
    chosen = await room.artwork.refresh(inception)
    assert (chosen.poster.origin, chosen.poster.width, chosen.poster.height) == ("local", 1000, 1500)
    assert (chosen.backdrop.origin, chosen.backdrop.width) == ("local", 1600)
    assert colour(await room.artwork.open(chosen.poster.id, 342, viewer)) == pytest.approx([200, 40, 90], abs=6)
    assert colour(await room.artwork.open(chosen.backdrop.id, 1280, viewer)) == pytest.approx([10, 120, 220], abs=6)
    assert len(stored(room)) == 6


async def test_a_film_without_artwork_gets_a_poster_over_one_of_its_frames(room, inception, pool, viewer):
    chosen = await room.artwork.refresh(inception)
    assert chosen.poster.origin == "generated"
    assert chosen.backdrop is None
    assert pool.asked == ["grab", "generated"]
    assert pyvips.Image.new_from_file(str(await room.artwork.open(chosen.poster.id, 780, viewer))).height == 1170


async def test_a_film_whose_picture_cannot_be_decoded_gets_one_too(room, inception):
    Path(inception.videos[0].path).write_text("no film")
    assert (await room.artwork.refresh(inception)).poster.origin == "generated"
    nothing = replace(inception, item=ItemRef("movie", uuid4()), videos=[])
    assert (await room.artwork.refresh(nothing)).poster.origin == "generated"


async def test_a_picture_that_is_none_is_passed_over(room, inception):
    beside(inception, "poster.jpg").write_text("no picture")
    draw(beside(inception, "folder.jpg"))
    assert (await room.artwork.refresh(inception)).poster.path.endswith("folder.jpg")
    beside(inception, "folder.jpg").write_bytes(b"")
    assert (await room.artwork.refresh(inception)).poster.origin == "generated"


async def test_what_has_not_changed_is_not_made_again(room, inception, pool):
    draw(beside(inception, "poster.jpg"))
    first = await room.artwork.refresh(inception)
    asked = list(pool.asked)
    assert await room.artwork.refresh(inception) == first
    assert pool.asked == asked


async def test_a_changed_picture_gets_a_new_address(room, inception, viewer):
    draw(beside(inception, "poster.jpg"))
    first = await room.artwork.refresh(inception)
    draw(beside(inception, "poster.jpg"), colour=(0, 160, 0))
    second = await room.artwork.refresh(inception)
    assert second.poster.id != first.poster.id
    assert colour(await room.artwork.open(second.poster.id, 180, viewer)) == pytest.approx([0, 160, 0], abs=6)


async def test_another_title_draws_another_poster(room, inception):
    first = await room.artwork.refresh(inception)
    second = await room.artwork.refresh(replace(inception, title="Origen"))
    assert second.poster.digest != first.poster.digest


async def test_a_poster_that_appears_or_goes_changes_who_is_asked(room, inception):
    assert (await room.artwork.refresh(inception)).poster.origin == "generated"
    draw(beside(inception, "poster.jpg"))
    draw(beside(inception, "fanart.jpg"))
    assert (await room.artwork.refresh(inception)).poster.origin == "local"
    beside(inception, "poster.jpg").unlink()
    beside(inception, "fanart.jpg").unlink()
    again = await room.artwork.refresh(inception)
    assert (again.poster.origin, again.backdrop) == ("generated", None)


async def test_when_no_child_can_be_started_nothing_is_replaced_by_worse(room, inception, pool, monkeypatch):
    draw(beside(inception, "poster.jpg"))

    async def refuse(*_args, **_kwargs):
        raise MediaError("no process could be started", cause="start")

    monkeypatch.setattr(pool, "run", refuse)
    with pytest.raises(MediaError):
        await room.artwork.refresh(inception)


async def test_addresses_hold_all_day_and_say_what_to_show_meanwhile(room, inception, viewer):
    art = (await room.artwork.refresh(inception)).poster
    poster = room.artwork.picture(art.id, art.blurhash, viewer)
    assert poster.url == f"/images/{room.artwork.tickets.issue_daily('image', viewer.session_id)}/{art.id}/342.webp"
    assert poster.blurhash == art.blurhash
    assert room.artwork.picture(art.id, art.blurhash, viewer, 1280).url.endswith("/1280.webp")
    assert room.artwork.picture(None, None, viewer) is None


async def test_posters_of_many_items_are_found_at_once_and_only_those_the_caller_may_see(room, inception, viewer, outsider):
    other = replace(inception, item=ItemRef("movie", uuid4()), title="Brazil")
    for subject in (inception, other):
        await room.artwork.refresh(subject)
    items = [inception.item, other.item, ItemRef("movie", uuid4()), ItemRef("episode", uuid4())]
    assert set(await room.artwork.posters(items, viewer)) == {inception.item, other.item}
    assert await room.artwork.posters(items, outsider) == {}
    assert await room.artwork.posters(items, viewer, "backdrop") == {}


async def test_what_a_caller_may_not_see_does_not_exist_for_them(room, inception, viewer, outsider):
    art = (await room.artwork.refresh(inception)).poster
    for id, width, caller in ((art.id, 342, outsider), (uuid4(), 342, viewer), (art.id, 341, viewer)):
        with pytest.raises(NotFound):
            await room.artwork.open(id, width, caller)
    with pytest.raises(NotFound):
        await room.artwork.restore(art.id, outsider)


async def test_lost_files_are_made_again_once_for_all_who_wait(room, inception, viewer, pool):
    draw(beside(inception, "fanart.jpg"), 1600, 900)
    chosen = await room.artwork.refresh(inception)
    before = stored(room)
    for path in room.artwork.files.folder.rglob("*.webp"):
        path.unlink()
    pool.asked.clear()
    await asyncio.gather(*(room.artwork.restore(art.id, viewer) for art in (chosen.poster, chosen.backdrop) for _ in range(5)))
    assert stored(room) == before
    assert sorted(pool.asked) == ["generated", "grab", "sizes"]


async def test_files_that_cannot_be_made_again_are_not_found(room, inception, viewer):
    draw(beside(inception, "poster.jpg"))
    art = (await room.artwork.refresh(inception)).poster
    beside(inception, "poster.jpg").unlink()
    with pytest.raises(NotFound, match="cannot be made again"):
        await room.artwork.restore(art.id, viewer)


async def test_a_folder_that_cannot_be_written_is_a_sentence(room, inception):
    room.artwork.files.folder.write_text("a file where a folder should be")
    with pytest.raises(Unavailable, match="cannot be written"):
        await room.artwork.refresh(inception)


async def test_tidying_deletes_what_nothing_uses_and_leaves_the_rest(room, inception, database):
    kept = await room.artwork.refresh(inception)
    gone = await room.artwork.refresh(replace(inception, item=ItemRef("movie", uuid4()), title="Brazil"))
    async with database.write() as db:
        await db.execute(text("delete from shared.artwork where id = :id"), {"id": gone.poster.id})
    young = stored(room)
    tidy = room.jobs()[0].run
    await tidy()
    assert stored(room) == young
    left_over = room.artwork.files.folder / kept.poster.digest[:2] / ".new-1"
    left_over.write_text("half a picture")
    for path in room.artwork.files.folder.rglob("*"):
        os.utime(path, (time.time() - 7200,) * 2)
    await tidy()
    assert stored(room) == [name for name in young if name.startswith(kept.poster.digest)]


async def test_a_library_takes_its_pictures_with_it(room, inception, database, viewer):
    await room.artwork.refresh(inception)
    async with database.write() as db:
        await db.execute(text("delete from shared.libraries"))
    assert await room.artwork.posters([inception.item], viewer) == {}
