"""What a ticket opens: the file as it is, playlists, segments made when they are asked for, subtitles; and what it does not open."""

import asyncio
import hashlib
import io
import os
import re
import shutil
import socket
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from urllib.parse import unquote, urljoin

import av
import m3u8
import pytest

from revenge.core.errors import Unavailable
from revenge.core.qos import Qos
from revenge.core.tickets import Tickets
from revenge.services.playback import streams
from revenge.services.playback.entity import Client as Player
from tests.fixtures.media import SRT, Film, Sound, make_film
from tests.services.playback.conftest import VLC, away
from tests.services.playback.films import film


async def fetch(doors, url, **headers) -> bytes:
    answer = await doors("GET", url, **headers)
    assert answer.status in (200, 206), answer.body
    return answer.body


async def refusal(doors, url, method="GET", **more):
    """Status and code of a problem."""
    answer = await doors(method, url, **more)
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status, answer.json["code"]


async def playlists(doors, session):
    """The media playlists by the name of their rendition."""
    master = m3u8.loads((await fetch(doors, session.hls_url)).decode())
    uris = [one.uri for one in (*master.playlists, *master.media) if one.uri]
    assert not any(uri.startswith(("/", "http")) for uri in uris)
    return {uri.split("/")[0]: m3u8.loads((await fetch(doors, urljoin(session.hls_url, uri))).decode()) for uri in uris}


async def whole(doors, session, name: str, order=None) -> bytes:
    """A rendition in one piece, its segments fetched in the order asked for."""
    base = urljoin(session.hls_url, f"{name}/")
    listed = (await playlists(doors, session))[name].segments
    made = {n: await fetch(doors, base + listed[n].uri) for n in order or range(len(listed))}
    return await fetch(doors, base + listed[0].init_section.uri) + b"".join(made[n] for n in range(len(listed)))


def decoded(data: bytes):
    """Frames of the one stream: count, seconds, codec."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams[0]
        frames = list(container.decode(stream))
        last = frames[-1]
        return len(frames), float(last.pts * last.time_base) - 2, stream.codec_context.codec.canonical_name


# ---- as it is


async def test_a_file_comes_as_it_is_whole_in_ranges_and_by_its_head(house, doors, bob, mp4_h264_aac):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    original = mp4_h264_aac.read_bytes()
    answer = await doors("GET", session.direct_url)
    assert (answer.headers["Content-Type"], answer.body) == ("video/mp4", original)
    assert await fetch(doors, session.direct_url, Range="bytes=100-199") == original[100:200]
    assert (await doors("HEAD", session.direct_url)).headers["Content-Length"] == str(len(original))


async def test_two_hundred_readers_at_once_get_every_byte_each(house, doors, bob, mp4_h264_aac, tmp_path):
    large, junk = tmp_path / "large.mp4", os.urandom(6 << 20)
    large.write_bytes(mp4_h264_aac.read_bytes() + (len(junk) + 8).to_bytes(4, "big") + b"free" + junk)
    session, original = await house.watch(await house.film(large), bob), large.read_bytes()
    step = len(original) // 200
    spans = [(step * number, min(len(original), step * (number + 8))) for number in range(200)]
    got = await asyncio.gather(*(fetch(doors, session.direct_url, Range=f"bytes={begin}-{end - 1}") for begin, end in spans))
    assert [hashlib.sha256(body).digest() for body in got] == [hashlib.sha256(original[begin:end]).digest() for begin, end in spans]


async def test_ranges_of_a_film_are_what_its_readers_ask_for(house, doors, bob, mp4_h264_aac):
    session, original = await house.watch(await house.film(mp4_h264_aac), bob), mp4_h264_aac.read_bytes()
    assert await fetch(doors, session.direct_url, Range="bytes=-700") == original[-700:]
    assert await fetch(doors, session.direct_url, Range=f"bytes={len(original) - 5}-") == original[-5:]
    several = await doors("GET", session.direct_url, Range="bytes=0-9,1000-1019")
    mark = several.headers["Content-Type"].partition("boundary=")[2].strip('"').encode()
    parts = [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in several.body.split(b"--" + mark)[1:-1]]
    assert (several.status, parts) == (206, [original[:10], original[1000:1020]])
    version = several.headers["ETag"]
    for condition, expected in ((version, original[:10]), ('"another"', original)):
        assert await fetch(doors, session.direct_url, **{"Range": "bytes=0-9", "If-Range": condition}) == expected
    beyond = await doors("GET", session.direct_url, Range=f"bytes={len(original)}-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(original)}")


async def test_matroska_that_is_as_good_as_webm_is_called_so(house, doors, bob, films):
    path = make_film(films / "talk.mkv", Film(seconds=2, codec="libvpx", sounds=(Sound("libopus"),)))
    session = await house.watch(await house.film(path), bob)
    assert (session.method, (await doors("HEAD", session.direct_url)).headers["Content-Type"]) == ("direct", "video/webm")


async def test_a_file_that_has_to_be_encoded_is_not_sent_as_it_is(house, doors, bob, mkv_h264_ac3):
    session = await house.watch(await house.film(mkv_h264_ac3), bob)
    assert await refusal(doors, session.hls_url.replace("hls/master.m3u8", "direct")) == (404, "not_found")


# ---- through HLS


async def test_a_copied_film_is_whole_whatever_the_order_its_segments_are_asked_for(house, doors, bob, mp4_h264_aac):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    count = len((await playlists(doors, session))["v0"].segments)
    frames, end, codec = decoded(await whole(doors, session, "v0", order=[*range(count - 1, -1, -1)]))
    assert (frames, codec) == (288, "h264")
    assert end == pytest.approx(12, abs=0.1)


async def test_both_sounds_of_a_film_come_as_aac_beside_the_copied_picture(house, doors, bob, mkv_h264_ac3):
    session = await house.watch(await house.film(mkv_h264_ac3), bob)
    assert set(await playlists(doors, session)) == {"v0", "a1-2", "a2-2", "s3", "s4"}
    for name in ("a1-2", "a2-2"):
        frames, end, codec = decoded(await whole(doors, session, name))
        assert codec == "aac"
        assert end == pytest.approx(12, abs=0.1)
        assert frames == pytest.approx(12 * 48000 / 1024, abs=2)


@pytest.mark.parametrize(("fixture", "rendition"), [("hevc_mkv", "v0-240"), ("mpeg2_ts", "v0-240"), ("open_gop_mkv", "v0-240")])
async def test_a_picture_the_browser_cannot_have_is_encoded(house, doors, bob, request, fixture, rendition):
    session = await house.watch(await house.film(request.getfixturevalue(fixture)), bob)
    assert session.method == "transcode"
    frames, _, codec = decoded(await whole(doors, session, rendition))
    assert codec == "h264"
    assert frames == pytest.approx(session.duration_ms / 1000 * 24.5, rel=0.05)


async def test_a_transport_stream_is_read_for_its_keyframes_and_copied(house, doors, bob, h264_ts):
    session = await house.watch(await house.film(h264_ts), bob)
    assert session.method == "remux"
    assert decoded(await whole(doors, session, "v0"))[0] == 288


async def test_a_film_without_sound_and_sound_without_a_picture(house, doors, bob, films):
    silent = make_film(films / "silent.mkv", Film(seconds=3, sounds=()))
    spoken = make_film(films / "spoken.mka", Film(seconds=3, codec=None, sounds=(Sound("ac3"), Sound("aac"))))
    session = await house.watch(await house.film(silent), bob)
    assert set(await playlists(doors, session)) == {"v0"}
    assert decoded(await whole(doors, session, "v0"))[0] == 72
    session = await house.watch(await house.film(spoken), bob)
    assert (session.method, set(await playlists(doors, session))) == ("transcode", {"a0-2"})
    assert decoded(await whole(doors, session, "a0-2"))[1] == pytest.approx(3, abs=0.1)


async def test_a_limit_of_the_player_makes_the_picture_smaller(house, doors, bob, films):
    path = make_film(films / "large.mp4", Film(seconds=2, width=1280, height=720))
    session = await house.watch(await house.film(path), bob, Player(profile="chromium", max_height=480))
    with av.open(io.BytesIO(await whole(doors, session, "v0-480"))) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (854, 480)


async def test_a_player_that_could_have_the_file_gets_hls_when_it_prefers_that(house, doors, bob, mpeg2_ts):
    session = await house.watch(await house.film(mpeg2_ts), bob, VLC)
    assert session.method == "direct"
    assert decoded(await whole(doors, session, "v0-240"))[2] == "h264"


async def test_two_who_want_a_segment_at_once_cost_one_rendering(house, doors, bob, hevc_mkv):
    session = await house.watch(await house.film(hevc_mkv), bob)
    made, renderer = [], house.segments._renderer
    real = renderer.segment

    async def counted(*args, **options):
        made.append(args[2])
        return await real(*args, **options)

    renderer.segment = counted
    url = urljoin(session.hls_url, "v0-240/1.m4s")
    first, second = await asyncio.gather(fetch(doors, url), fetch(doors, url))
    assert first == second == await fetch(doors, url)
    assert made == [1]


@pytest.mark.parametrize("start", [0, 7_500])
async def test_what_a_player_will_ask_for_first_is_made_while_it_reads_playlists(house, doors, bob, mkv_h264_ac3, start):
    house.furnish(house.reader, house.segments, ahead=True)
    session = await house.watch(await house.film(mkv_h264_ac3), bob, start_ms=start)
    listed = await playlists(doors, session)
    async with asyncio.timeout(20):
        while len(house.segments._kept._files) < 4:
            await asyncio.sleep(0.02)
    house.pool.run = None  # whatever is asked for now is there
    for name in ("v0", "a1-2"):
        ends = accumulate(segment.duration for segment in listed[name].segments)
        number = next(number for number, end in enumerate(ends) if end > start / 1000)
        for part in ("init.mp4", f"{number}.m4s"):
            assert await fetch(doors, urljoin(session.hls_url, f"{name}/{part}"))


async def test_subtitles_in_the_film_and_beside_it_come_as_webvtt_in_two_forms(house, doors, bob, mkv_h264_ac3):
    (house.folder / "two tongues.en.srt").write_text(SRT, encoding="utf-8")
    session = await house.watch(await house.film(mkv_h264_ac3, beside=["two tongues.en.srt"]), bob)
    texts = [(await fetch(doors, one.url)).decode() for one in session.subtitles]
    assert [one.index for one in session.subtitles] == [3, 4, 1000]
    assert [word in text for word, text in zip(("Good evening.", "Guten", "Good evening."), texts, strict=True)] == [True] * 3
    assert all(text.startswith("WEBVTT") and "X-TIMESTAMP-MAP" not in text for text in texts)
    stamped = (await fetch(doors, urljoin(session.hls_url, "s1000/all.vtt"))).decode()
    assert "X-TIMESTAMP-MAP" in stamped


# ---- what a ticket does not open


@pytest.mark.parametrize(
    "path",
    [
        "v0-720/index.m3u8", "v0-240/index.m3u8", "v0-240/init.mp4", "v0-720/0.m4s", "v1/index.m3u8", "a1/index.m3u8", "a1-6/0.m4s", "a9/init.mp4",
        "x0/index.m3u8", "v0-99/index.m3u8", "s9/index.m3u8", "s9/all.vtt", "v0/all.vtt", "a1-2/all.vtt", "s3/init.mp4", "s3/0.m4s", "v0/99.m4s",
        "v0/-1.m4s", "v0/x.m4s", "a1-2/99.m4s", "nothing", "v0/../../direct",
    ],
)  # fmt: skip
async def test_a_ticket_is_no_order_for_anything_one_likes(house, doors, bob, mkv_h264_ac3, path):
    session = await house.watch(await house.film(mkv_h264_ac3), bob)
    assert (await refusal(doors, urljoin(session.hls_url, ".") + path))[0] == 404


async def every_address(doors, session) -> list[str]:
    base = urljoin(session.hls_url, ".")
    found = [session.direct_url, session.hls_url, f"{base}v0/index.m3u8", f"{base}v0/init.mp4", f"{base}v0/0.m4s", f"{base}a1/0.m4s"]
    for url in found:
        await fetch(doors, url)
    return found


async def test_made_up_foreign_and_misused_tickets_open_nothing(house, doors, bob, mp4_h264_aac):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    ticket, soon = session.direct_url.split("/")[2], house.household.clock() + timedelta(hours=1)
    foreign = Tickets("another secret of thirty-two letters").issue("playback", bob.session_id, str(session.id), soon)
    picture = house.tickets.issue("image", bob.session_id, str(session.id), soon)
    changed = ticket[:-4] + ("AAAA" if not ticket.endswith("AAAA") else "BBBB")
    broken = ("made-up", ticket[:10], f"{ticket}%C3%A9", "%00", f"{ticket}%00", f"{ticket}%20", "%FF", "%2B")
    for wrong in (foreign, picture, changed, *broken):
        for path in ("direct", "hls/master.m3u8", "hls/v0/0.m4s", "hls/v0/init.mp4", "subtitles/3.vtt", "hls/v0-720/0.m4s"):
            assert (await refusal(doors, f"/media/{wrong}/{path}"))[0] == 401, (wrong, path)


@pytest.mark.parametrize("path", ["hls/%00/index.m3u8", "hls/v0/x.m4s", f"hls/v0/{'9' * 30}.m4s", "subtitles/x.vtt", "subtitles/%00.vtt"])
async def test_an_address_that_is_none_tells_nothing_to_whom_no_ticket_opens_anything(house, doors, bob, mp4_h264_aac, path):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    ticket = session.direct_url.split("/")[2]
    for wrong in ("made-up", "%00", ticket[:-4] + "AAAA"):
        assert await refusal(doors, f"/media/{wrong}/{path}") == (401, "ticket_invalid")
    assert (await refusal(doors, f"/media/{ticket}/{path}"))[0] == 404


async def test_a_ticket_ends_after_a_day(house, doors, bob, mp4_h264_aac):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    addresses = await every_address(doors, session)
    house.household.clock.pass_(hours=24, seconds=1)
    for url in addresses:
        assert await refusal(doors, url) == (401, "ticket_expired")


@pytest.mark.parametrize("who", ["its player", "an admin", "the reaper"])
async def test_an_ended_viewing_opens_nothing_from_that_moment_on(house, doors, ann, bob, mp4_h264_aac, who):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    addresses = await every_address(doors, session)
    if who == "the reaper":
        await house.sql("update shared.playback_sessions set seen_at = now() - interval '1 hour'")
        await house.playback.reap()
    else:
        await house.playback.end(session.id, ann if who == "an admin" else bob)
    for url in addresses:
        assert await refusal(doors, url) == (401, "viewing_ended")


async def test_who_signs_out_closes_every_door_at_once(house, doors, bob, mp4_h264_aac):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    addresses = await every_address(doors, session)
    await house.household.auth.logout(bob)
    for url in addresses:
        assert await refusal(doors, url) == (401, "session_ended")


async def test_a_library_that_is_taken_away_is_gone_in_the_middle_of_a_film(house, doors, bob, mp4_h264_aac):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    addresses = await every_address(doors, session)
    house.household.visible = ()
    for url in addresses:
        assert await refusal(doors, url) == (404, "not_found")


async def test_segments_that_are_there_already_need_no_database(house, doors, bob, mp4_h264_aac, monkeypatch):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    addresses = await every_address(doors, session)

    def asked():
        raise AssertionError("the database was asked")

    monkeypatch.setattr(house.database, "read", asked)
    monkeypatch.setattr(house.database, "write", asked)
    for url in addresses:
        await fetch(doors, url)
    assert house.held.loads == 1


async def test_who_fetches_is_there(house, doors, bob, mp4_h264_aac, monkeypatch):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    await house.sql("update shared.playback_sessions set seen_at = now() - interval '29 minutes'")
    await fetch(doors, session.hls_url)
    seen = "select now() - seen_at < interval '1 minute' from shared.playback_sessions"
    assert (await house.sql(seen)).scalar_one()
    await house.sql("update shared.playback_sessions set seen_at = now() - interval '29 minutes'")
    await fetch(doors, session.hls_url)
    assert not (await house.sql(seen)).scalar_one()
    monkeypatch.setattr(streams, "_TOUCH_S", 0)
    await fetch(doors, session.hls_url)
    assert (await house.sql(seen)).scalar_one()


# ---- long answers


@pytest.fixture
async def endless(house, doors, bob, monkeypatch):
    """A viewing of a file that does not fit any buffer, and a player that has begun to fetch it and takes its time."""
    path = house.folder / "endless.mp4"
    with path.open("wb") as file:
        file.truncate(256 << 20)
    house.module._delivery.streams.look_s = 0.02
    session = await house.watch(await house.film(facts=film("mp4 h264 aac"), name=path.name), bob)
    reader, writer = await asyncio.open_connection(doors.host, doors.port, limit=1 << 16)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    writer.write(f"GET {session.direct_url} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    yield session, reader
    writer.close()


async def rest(reader) -> int:
    """Bytes that still come before the connection ends."""
    count = 0
    async with asyncio.timeout(10):
        try:
            while piece := await reader.read(1 << 16):
                count += len(piece)
        except ConnectionError:
            pass
    return count


@pytest.mark.parametrize("how", ["signed out", "stopped by an admin", "not theirs any more"])
async def test_a_file_that_is_being_sent_stops_when_its_viewing_or_sign_in_ends(house, endless, ann, bob, how):
    session, reader = endless
    if how == "signed out":
        await house.household.auth.logout(bob)
    elif how == "stopped by an admin":
        await house.playback.end(session.id, ann)
    else:
        house.household.visible = ()
    await asyncio.sleep(0.1)
    assert await rest(reader) < 200 << 20


async def test_who_is_sent_one_long_answer_is_there(house, endless, bob, monkeypatch):
    monkeypatch.setattr(streams, "_TOUCH_S", 0)
    await house.sql("update shared.playback_sessions set seen_at = now() - interval '29 minutes'")
    async with asyncio.timeout(5):
        while not (await house.sql("select now() - seen_at < interval '1 minute' from shared.playback_sessions")).scalar_one():
            await asyncio.sleep(0.02)


async def test_nobody_is_sent_away_because_the_database_is(house, endless, monkeypatch):
    _, reader = endless
    asked = asyncio.Event()

    async def down(_text):
        asked.set()
        raise Unavailable("The database cannot be reached.")

    monkeypatch.setattr(house.module._delivery.streams, "open", down)
    await asked.wait()
    await asyncio.sleep(0.05)
    assert await reader.read(1 << 16)


# ---- when it cannot be sent


async def test_a_disk_that_goes_in_the_middle_of_a_film_is_a_sentence(house, doors, bob, hevc_mkv, mp4_h264_aac):
    encoded = await house.watch(await house.film(hevc_mkv), bob)
    direct = await house.watch(await house.film(mp4_h264_aac), bob)
    await fetch(doors, encoded.hls_url)
    away(house.folder)
    for url in (urljoin(encoded.hls_url, "v0-240/0.m4s"), urljoin(encoded.hls_url, "v0-240/init.mp4"), direct.direct_url):
        assert await refusal(doors, url) == (503, "file_unavailable")


async def test_a_file_that_became_nonsense_is_a_sentence_too_and_others_go_on(house, doors, bob, hevc_mkv, hevc_mp4):
    broken, sound = await house.watch(await house.film(hevc_mkv), bob), await house.watch(await house.film(hevc_mp4), bob)
    path = house.folder / hevc_mkv.name
    was = path.stat()
    path.write_bytes(os.urandom(was.st_size))
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    answer = await doors("GET", urljoin(broken.hls_url, "v0-240/0.m4s"))
    problem = answer.json
    assert (answer.status, problem["code"]) == (503, "segment_failed")
    assert problem["detail"].startswith("This part cannot be shown: ")
    assert int(answer.headers["Retry-After"]) > 0
    assert await fetch(doors, urljoin(sound.hls_url, "v0-240/0.m4s"))


async def test_a_file_that_is_replaced_while_it_is_watched_says_so_and_never_mixes(house, doors, bob, hevc_mkv, mp4_h264_aac, hevc_mp4):
    encoded, direct = await house.watch(await house.film(hevc_mkv), bob), await house.watch(await house.film(mp4_h264_aac), bob)
    first = urljoin(encoded.hls_url, "v0-240/0.m4s")
    kept = await fetch(doors, first)
    for old in (hevc_mkv, mp4_h264_aac):
        replaced(house.folder / old.name, hevc_mp4)
    for url in (urljoin(encoded.hls_url, "v0-240/1.m4s"), urljoin(encoded.hls_url, "v0-240/init.mp4"), direct.direct_url):
        assert await refusal(doors, url) == (409, "file_changed")
    assert await fetch(doors, first) == kept, "what was made of the old file is still of one piece with what the player has"


async def test_a_viewing_of_a_file_that_was_scanned_anew_has_to_be_begun_again(house, doors, bob, hevc_mkv):
    item = await house.film(hevc_mkv)
    session = await house.watch(item, bob)
    await house.sql("update shared.files set size = size + 1")
    assert await refusal(doors, session.hls_url) == (409, "file_changed")


async def test_a_time_that_another_node_sees_less_exactly_is_no_change(house, doors, bob, mp4_h264_aac):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    path = house.folder / mp4_h264_aac.name
    seconds = path.stat().st_mtime_ns // 2_000_000_000 * 2
    os.utime(path, (seconds, seconds))
    assert await fetch(doors, session.direct_url)
    assert await fetch(doors, urljoin(session.hls_url, "v0/0.m4s"))


def replaced(path: Path, by: Path) -> None:
    """As a download that is finished, or a copy that somebody moves over it."""
    new = path.with_name("new.part")
    shutil.copyfile(by, new)
    os.utime(new, (1_000_000_000, 1_000_000_000))
    new.replace(path)


async def test_a_file_whose_last_scan_could_not_read_it_says_so(house, doors, bob, mp4_h264_aac):
    session = await house.watch(await house.film(mp4_h264_aac), bob)
    await house.sql("update shared.files set facts = null, state = 'failed'")
    assert await refusal(doors, session.hls_url) == (409, "file_not_ready")


async def test_when_all_children_are_busy_players_are_told_to_come_back(house, doors, bob, hevc_mkv):
    session = await house.watch(await house.film(hevc_mkv), bob)
    reader, writer = os.pipe()
    busy = [asyncio.create_task(house.pool.run("revenge.media.child.trial:drain", fds=[reader], qos=Qos.STREAM)) for _ in range(2)]
    while len(house.pool._busy) < 2:
        await asyncio.sleep(0.01)
    house.pool._patience_s = 0.05
    answer = await doors("GET", urljoin(session.hls_url, "v0-240/0.m4s"))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json["code"] == "media_busy"
    for task in busy:
        task.cancel()
    await asyncio.wait(busy)
    os.close(reader)
    os.close(writer)


async def test_a_viewer_who_leaves_costs_nothing_any_more(house, doors, bob, hevc_mkv):
    session = await house.watch(await house.film(hevc_mkv), bob)
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def endlessly(*_args, **_options):
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    house.segments._renderer.segment = endlessly
    fetching = asyncio.create_task(doors("GET", urljoin(session.hls_url, "v0-240/0.m4s")))
    await begun.wait()
    fetching.cancel()
    async with asyncio.timeout(5):
        await cancelled.wait()


# ---- downloads


@pytest.mark.parametrize("way", ["download", "sync"])
async def test_a_file_is_kept_under_its_name_by_those_who_may_see_it(house, doors, bob, mkv_h264_ac3, way):
    url = f"/api/v1/files/{await house.file_of(await house.film(mkv_h264_ac3), bob)}/{way}"
    token = house.household.auth.access.access(bob.user_id, bob.session_id)
    away(house.folder)
    assert await refusal(doors, url, as_=token) == (503, "file_unavailable")
    Path(f"{house.folder} unplugged").rename(house.folder)
    answer = await doors("GET", url, as_=token)
    assert (answer.headers["Content-Type"], answer.body) == ("video/x-matroska", mkv_h264_ac3.read_bytes())
    assert answer.headers["Content-Disposition"] == 'attachment; filename="two tongues.mkv"'
    assert await refusal(doors, url) == (401, "unauthenticated")
    house.household.visible = ()
    assert await refusal(doors, url, as_=token) == (404, "not_found")


async def test_a_name_in_any_letters_arrives_with_the_file(house, doors, bob, mp4_h264_aac):
    name = 'Über "den" Wolken; 100 % (2021).mp4'
    token = house.household.auth.access.access(bob.user_id, bob.session_id)
    answer = await doors("HEAD", f"/api/v1/files/{await house.file_of(await house.film(mp4_h264_aac, name=name), bob)}/download", as_=token)
    way, *words = re.split(r"; (?=filename)", answer.headers["Content-Disposition"])
    told = dict(word.split("=", 1) for word in words)
    charset, _, letters = told["filename*"].split("'", 2)  # RFC 8187
    assert (way, charset, unquote(letters)) == ("attachment", "UTF-8", name)
    assert re.fullmatch(r'"[ -~]*"', told["filename"]), "what older programs read is plain"
