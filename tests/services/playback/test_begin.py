"""A viewing begins: which file, decided how, resumed where, or refused with a sentence."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from revenge.core.errors import Conflict, Invalid, NotFound, Unavailable
from revenge.core.events import PlaybackStarted
from revenge.core.facts import MediaFacts, SubtitleTrack
from revenge.core.ids import ItemRef
from revenge.media.errors import MediaError
from revenge.media.keyframes import KeyframeIndex
from revenge.media.pools import media_pool
from revenge.media.probe import Prober
from revenge.services.playback.entity import Client, SessionRequest
from revenge.services.playback.indexes import Indexes
from tests.fixtures.media import Film, make_film
from tests.services.playback.conftest import CHROMIUM, VLC, away
from tests.services.playback.films import film

INDEX = KeyframeIndex(0, 648_000_000, 7500, 0, (0, 360_000, 720_000)).pack()


def facts(words: str, **more) -> MediaFacts:
    return msgspec.structs.replace(film(words), **more)


async def test_a_browser_gets_an_ordinary_film_as_it_is_and_hls_beside_it(house, bob, mp4_h264_aac):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    assert (session.method, session.reasons) == ("direct", ())
    assert session.direct_url.split("/")[1::2] == ["media", "direct"]
    assert session.hls_url == session.direct_url.replace("/direct", "/hls/master.m3u8")
    assert session.duration_ms == pytest.approx(12_000, abs=100)
    assert session.expires_at - house.household.clock() == timedelta(hours=24)


async def test_a_film_that_has_to_be_encoded_has_no_address_as_it_is(house, bob, mkv_h264_ac3):
    session = await house.watch(await house.film(mkv_h264_ac3), bob)
    assert (session.method, session.direct_url) == ("transcode", None)
    assert [reason.stream for reason in session.reasons] == ["container", "audio"]
    assert [(sound.language, sound.codec, sound.default) for sound in session.audio] == [("eng", "ac3", True), ("ger", "ac3", False)]


async def test_the_player_is_known_by_its_user_agent_when_it_says_nothing(house, bob, mkv_h264_ac3):
    item = await house.film(mkv_h264_ac3)
    ways = [(await house.playback.begin(SessionRequest(item), bob, agent)).method for agent in ("VLC/3.0.21", "Firefox/140.0", "")]
    assert ways == ["direct", "transcode", "transcode"]


async def test_text_subtitles_in_the_film_and_beside_it_are_offered_pictures_are_not(house, bob):
    inside = (
        SubtitleTrack(2, "subrip", "eng", default=True),
        SubtitleTrack(3, "hdmv_pgs_subtitle", "ger"),
        SubtitleTrack(4, "ass", forced=True),
    )
    item = await house.film(facts=facts("mkv h264 aac", subtitles=inside), name="Film.mkv", beside=["Film.de.srt", "Film.jpg", "Other.srt"])
    offered = (await house.watch(item, bob)).subtitles
    assert [(one.index, one.language, one.format, one.default, one.forced) for one in offered] == [
        (2, "eng", "webvtt", True, False),
        (4, None, "webvtt", False, True),
        (1000, "de", "webvtt", False, False),
    ]
    assert all(one.url.endswith(f"/subtitles/{one.index}.vtt") for one in offered)


async def test_a_viewing_is_told(house, bob, told):
    item = await house.film(facts=film("mp4 h264 aac"))
    session = await house.watch(item, bob)
    assert told == [PlaybackStarted(session_id=session.id, user_id=bob.user_id, item=item, method="direct")]


# ---- which file


async def test_the_largest_version_is_played_and_any_other_when_it_is_named(house, bob, mp4_h264_aac, hevc_mp4):
    item = await house.film(mp4_h264_aac)
    await house.film(hevc_mp4, item=item)
    larger, smaller = await house.files.of_item(item, bob)
    assert (await house.watch(item, bob)).file_id == larger.id
    assert (await house.watch(item, bob, file_id=smaller.id)).file_id == smaller.id


async def test_another_version_is_played_when_the_largest_cannot_be_seen(house, bob, mp4_h264_aac, hevc_mp4):
    item = await house.film(mp4_h264_aac)
    await house.film(hevc_mp4, item=item)
    larger, smaller = await house.files.of_item(item, bob)
    (house.folder / larger.name).unlink()
    assert (await house.watch(item, bob)).file_id == smaller.id
    with pytest.raises(Unavailable):
        await house.watch(item, bob, file_id=larger.id)


async def test_a_version_that_was_not_looked_into_yet_waits_for_the_others(house, bob, mp4_h264_aac):
    item = await house.film(mp4_h264_aac)
    (house.folder / "new.mp4").write_bytes(b"x" * 10_000_000)
    await house.film(name="new.mp4", item=item)
    assert (await house.watch(item, bob)).duration_ms > 0


async def test_a_file_of_another_film_is_not_found(house, bob, mp4_h264_aac, hevc_mp4):
    one, other = await house.film(mp4_h264_aac), await house.film(hevc_mp4)
    with pytest.raises(NotFound):
        await house.watch(one, bob, file_id=await house.file_of(other, bob))


# ---- refusals


async def test_an_item_nobody_knows_and_one_the_caller_may_not_see_are_the_same(house, bob, mp4_h264_aac):
    item = await house.film(mp4_h264_aac)
    stranger = msgspec.structs.replace(bob, libraries=(uuid4(),))
    for watched, caller in ((ItemRef("movie", uuid4()), bob), (item, stranger)):
        with pytest.raises(NotFound, match="There is no movie"):
            await house.watch(watched, caller)


async def test_a_kind_that_cannot_be_played_is_refused_with_those_that_can(house, bob):
    with pytest.raises(Invalid, match="choose one of movie") as refused:
        await house.watch(ItemRef("toast", uuid4()), bob)
    assert refused.value.field == "item.kind"


async def test_an_unknown_profile_is_refused(house, bob, mp4_h264_aac):
    with pytest.raises(Invalid, match="toaster"):
        await house.watch(await house.film(mp4_h264_aac), bob, Client(profile="toaster"))


async def test_a_film_that_was_not_looked_into_says_so(house, bob):
    with pytest.raises(Conflict, match="scan its library") as refused:
        await house.watch(await house.film(), bob)
    assert refused.value.code == "file_not_ready"


async def test_a_film_on_a_disk_that_a_scan_missed_is_unavailable(house, bob, mp4_h264_aac):
    item = await house.film(mp4_h264_aac)
    await house.sql("update shared.library_roots set available = false")
    with pytest.raises(Unavailable, match="The disk that holds this") as refused:
        await house.watch(item, bob)
    assert (refused.value.code, refused.value.retry_after) == ("file_unavailable", 30)


async def test_a_film_on_a_disk_that_just_went_is_unavailable_too(house, bob, mp4_h264_aac):
    item = await house.film(mp4_h264_aac)
    away(house.folder)
    with pytest.raises(Unavailable, match="The disk that holds this"):
        await house.watch(item, bob)


async def test_a_file_that_became_another_one_has_to_be_scanned_first(house, bob, mp4_h264_aac):
    item = await house.film(mp4_h264_aac)
    (house.folder / mp4_h264_aac.name).write_bytes(b"something else")
    with pytest.raises(Conflict, match="has changed") as refused:
        await house.watch(item, bob)
    assert refused.value.code == "file_changed"


# ---- where it resumes


@pytest.mark.parametrize(("position", "resumes"), [(0, 0), (1000, 1000), (6_479_999, 6_479_999), (6_480_000, 0), (7_200_000, 0)])
async def test_a_film_resumes_until_nine_tenths_are_seen(house, bob, position, resumes):
    item = await house.film(facts=film("mp4 h264 aac"))
    await house.tell(await house.watch(item, bob), bob, position)
    assert (await house.watch(item, bob)).resume_ms == resumes


async def test_a_start_that_is_asked_for_wins_within_the_film(house, bob):
    item = await house.film(facts=film("mp4 h264 aac"))
    await house.tell(await house.watch(item, bob), bob, 60_000)
    assert (await house.watch(item, bob, start_ms=0)).resume_ms == 0
    assert (await house.watch(item, bob, start_ms=99_000_000)).resume_ms == 7_200_000


async def test_everybody_resumes_where_they_were_themselves(house, ann, bob):
    item = await house.film(facts=film("mp4 h264 aac"))
    await house.tell(await house.watch(item, bob), bob, 60_000)
    assert (await house.watch(item, ann)).resume_ms == 0


# ---- keyframes that are found late


def indexing(house, answer=None):
    async def found():
        return INDEX

    house.reader.answer = answer or found
    return house.reader.asked


async def test_a_recording_is_read_for_its_keyframes_once_and_only_when_that_may_spare_encoding(house, bob):
    asked = indexing(house)
    item = await house.film(facts=film("ts h264 aac"), name="channel.ts")
    for _ in range(2):
        session = await house.watch(item, bob)
        assert session.method == "remux"
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("words", "client"),
    [("ts h264 aac", VLC), ("ts mpeg2video mp2", CHROMIUM), ("ts hevc aac", CHROMIUM), ("mkv - aac", CHROMIUM), ("mp4 h264 aac", CHROMIUM)],
)
async def test_a_file_is_not_read_when_its_keyframes_would_change_nothing(house, bob, words, client):
    asked = indexing(house)
    await house.watch(await house.film(facts=film(words)), bob, client)
    assert asked == []


async def test_a_file_whose_keyframes_cannot_be_found_is_encoded(house, bob):
    async def unreadable():
        raise MediaError("It is broken.")

    indexing(house, unreadable)
    session = await house.watch(await house.film(facts=film("ts h264 aac")), bob)
    assert [reason.code for reason in session.reasons] == ["container_unsupported", "keyframes_unknown"]


async def test_an_index_of_another_version_is_not_used(house, bob):
    indexing(house)
    item = await house.film(facts=film("mkv h264 aac"))
    await house.files.set_keyframes(await house.file_of(item, bob), b"\x00nonsense")
    assert (await house.watch(item, bob)).method == "remux"
    assert len(house.reader.asked) == 1


async def test_a_viewer_waits_for_keyframes_only_so_long_and_the_next_one_has_them(house, bob):
    read = asyncio.Event()

    async def slowly():
        await read.wait()
        return INDEX

    asked = indexing(house, slowly)
    house.playback.opening.indexes.patience = 0.05
    item = await house.film(facts=film("ts h264 aac"))
    first, second = await asyncio.gather(house.watch(item, bob), house.watch(item, bob))
    assert [session.method for session in (first, second)] == ["transcode", "transcode"]
    assert len(asked) == 1
    finding = next(iter(house.playback.opening.indexes._finding.values()))
    read.set()
    await finding
    assert (await house.watch(item, bob)).method == "remux"
    assert len(asked) == 1


async def test_whole_files_are_read_one_at_a_time(house, bob):
    reading, most, go_on = 0, 0, asyncio.Event()

    async def counted():
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        await go_on.wait()
        reading -= 1
        return INDEX

    indexing(house, counted)
    items = [await house.film(facts=film("ts h264 aac")) for _ in range(3)]
    watching = [asyncio.create_task(house.watch(item, bob)) for item in items]
    while not reading:
        await asyncio.sleep(0)
    go_on.set()
    assert {session.method for session in await asyncio.gather(*watching)} == {"remux"}
    assert most == 1


def test_a_viewer_waits_twenty_seconds_at_most(house):
    assert Indexes(house.files, house.reader).patience == 20


async def test_a_recording_whose_clock_jumped_back_is_as_long_as_its_pictures_from_the_first_time_on(house, bob, films):
    """Its two ends are 26 hours apart; nobody waits through that for twelve seconds of film."""
    path = films / "jumped back.ts"
    parts = [
        make_film(films / f"jumped back {start}.ts", Film(seconds=6, codec="mpeg2video", gops=(12,), start=start)) for start in (500, 100)
    ]
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    async with media_pool(1).lifetime() as pool:
        house.furnish(Prober(pool), None)
        session = await house.watch(await house.film(path), bob)
    assert session.method == "transcode"
    assert session.duration_ms == pytest.approx(12_000, abs=200)
