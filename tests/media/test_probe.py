"""Probing: what is inside films, and a plain sentence about what is no film."""

import asyncio
import os
import random
import shutil
import struct
from dataclasses import replace
from pathlib import Path

import av
import msgspec
import pytest

from revenge.media.child import aac, keys
from revenge.media.child import facts as child
from revenge.media.child.samples import offsets
from revenge.media.errors import MediaError
from revenge.media.files import open_file
from revenge.media.keyframes import KeyframeIndex
from revenge.media.pools import media_pool
from revenge.media.probe import Probed, ProbeFailed, Prober
from tests.fixtures.media import HEVC, MPEG2, Film, Sound, Words, make_film, tiny_video, truncate
from tests.media.rendering import Seen, descriptor, source_of


def facts_of(path):
    return source_of(path).facts


def refusal(path) -> str:
    with descriptor(path) as fd:
        outcome = child.examine(fd)
    assert isinstance(outcome, ProbeFailed), outcome
    return outcome.reason


def test_facts_of_a_film_with_two_languages(mkv_h264_ac3):
    facts = facts_of(mkv_h264_ac3)
    assert (facts.container, facts.duration_ms, facts.size) == ("matroska", 12000, mkv_h264_ac3.stat().st_size)
    assert (facts.video.codec, facts.video.width, facts.video.height, facts.video.profile) == ("h264", 320, 180, "High")
    assert (facts.video.frame_rate, facts.video.bit_depth, facts.video.hdr, facts.video.interlaced) == (24.0, 8, None, False)
    assert [(t.codec, t.channels, t.language, t.title, t.default) for t in facts.audio] == [
        ("ac3", 6, "eng", "Theatre", True),
        ("ac3", 2, "ger", None, False),
    ]
    assert [(t.codec, t.language, t.is_text) for t in facts.subtitles] == [("subrip", "eng", True), ("ass", "ger", True)]
    assert [(c.start_ms, c.end_ms, c.title) for c in facts.chapters] == [(0, 6000, "Opening"), (6000, 12000, None)]


@pytest.mark.parametrize(
    ("file", "name"),
    [("a.mp4", "mp4"), ("b.mov", "mp4"), ("d.mkv", "matroska"), ("e.webm", "webm"), ("f.ts", "mpegts"), ("g.avi", "avi")],
)
def test_containers_have_the_names_that_players_use(films, file, name):
    codec, sound = ("libvpx", "libopus") if name == "webm" else ("mpeg4", "mp2")
    film = Film(seconds=1, codec=codec, width=64, height=36, gops=(24,), sounds=(Sound(sound),))
    assert facts_of(make_film(films / f"named {file}", film)).container == name


def test_a_language_that_says_nothing_is_none(films):
    path = make_film(films / "undefined.mkv", Film(seconds=1, sounds=(Sound(language="und"),)))
    assert facts_of(path).audio[0].language is None


def test_high_dynamic_range_is_noticed(films):
    path = make_film(films / "hdr.mkv", replace(HEVC, hdr=True, pixel_format="yuv420p10le", seconds=2, gops=(24,)))
    video = facts_of(path).video
    assert (video.hdr, video.bit_depth, video.codec) == ("hdr10", 10, "hevc")


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_telephone_held_upright_is_noticed(films, degrees):
    path = make_film(films / f"turned {degrees}.mp4", Film(seconds=1, rotation=degrees, sounds=()))
    assert facts_of(path).video.rotation == degrees


def test_interlaced_recordings_are_noticed(films, mpeg2_ts):
    assert facts_of(make_film(films / "interlaced 2.ts", replace(MPEG2, seconds=1, interlaced=True))).video.interlaced
    video = facts_of(mpeg2_ts).video
    assert (video.codec, video.interlaced, video.frame_rate) == ("mpeg2video", False, 25.0)


def test_cover_art_is_no_picture_stream(films):
    facts = facts_of(make_film(films / "covered.mkv", Film(seconds=1, cover=True)))
    assert facts.video.codec == "h264"
    only_cover = facts_of(make_film(films / "song.mkv", Film(seconds=1, codec=None, cover=True)))
    assert only_cover.video is None
    assert only_cover.audio


def test_words_inside_mp4_and_a_forced_track(films):
    path = make_film(films / "words.mp4", Film(words=(Words("mov_text", forced=True),)))
    assert [(t.codec, t.forced) for t in facts_of(path).subtitles] == [("mov_text", True)]


def test_a_clock_that_starts_late_does_not_lengthen_the_film(films):
    assert facts_of(make_film(films / "late clock.mkv", Film(seconds=2, start=5))).duration_ms < 2100


def test_broken_files_are_refused_in_plain_words(truncated_mp4, zero_byte_mkv, text_mkv, mp4_h264_aac, mkv_h264_ac3, films):
    assert refusal(zero_byte_mkv) == "The file is empty."
    assert refusal(text_mkv) == "It is no media file that can be read, or its beginning is damaged."
    assert "cut off" in refusal(truncated_mp4)
    assert "cut off" in refusal(truncate(films / "cut faststart.mp4", mp4_h264_aac))
    assert "cut off" in refusal(truncate(films / "cut.mkv", mkv_h264_ac3, 0.3))
    noise = films / "noise.mkv"
    noise.write_bytes(os.urandom(100_000))
    assert "no media file" in refusal(noise)
    hollow = films / "hollow.mp4"
    hollow.write_bytes(bytes(50_000))
    assert "no media file" in refusal(hollow)


def test_a_picture_or_a_subtitle_named_like_a_film_is_none(films):
    picture = films / "picture.mkv"
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 64, 64, "yuvj420p", MPEG2.rate**-1
    picture.write_bytes(bytes(encoder.encode(av.VideoFrame(64, 64, "yuvj420p"))[0]))
    assert refusal(picture) == "It is a picture, not a film."
    words = films / "words.mkv"
    words.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:03,000 --> 00:00:04,000\nYou\n")
    assert "neither picture nor sound" in refusal(words)


def test_damage_in_the_middle_is_no_refusal(mkv_h264_ac3, films):
    data = bytearray(mkv_h264_ac3.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 5000] = os.urandom(5000)
    path = films / "scratched.mkv"
    path.write_bytes(data)
    assert facts_of(path).duration_ms == 12000


@pytest.mark.parametrize("name", ["mp4_h264_aac", "mp4_index_at_end", "mkv_h264_ac3", "hevc_mkv", "hevc_mp4", "h264_ts", "open_gop_mkv"])
def test_the_index_names_every_keyframe_at_its_exact_time(name, request):
    source = source_of(request.getfixturevalue(name))
    start = source.index.start_us / 1e6
    shown = [float(packet.pts * packet.time_base) - start for packet in Seen(source.path).packets if packet.is_keyframe]
    assert [key / 90_000 for key in source.index.keys] == pytest.approx(shown, abs=2e-5)


def test_cheap_and_thorough_indexes_agree(mp4_h264_aac):
    source = source_of(mp4_h264_aac)
    with descriptor(mp4_h264_aac) as fd:
        thorough = KeyframeIndex.unpack(keys.thorough(source.facts, fds=[fd]))
    assert (thorough.keys, thorough.end, thorough.soft) == (source.index.keys, source.index.end, source.index.soft)
    assert thorough.delay <= source.index.delay
    assert set(thorough.leads) == {0}


def test_open_groups_are_counted(open_gop_mkv, mp4_h264_aac):
    assert source_of(open_gop_mkv).index.soft > 0
    assert source_of(mp4_h264_aac).index.soft == 0


def test_a_transport_stream_has_no_cheap_index_and_one_of_places_for_who_reads_it_all(h264_ts, mpeg2_ts):
    """Also where its picture is never copied: time is no way into a recording."""
    for path in (h264_ts, mpeg2_ts):
        with descriptor(path) as fd:
            assert child.examine(fd).index is None
        assert source_of(path).index.positions


def test_what_is_never_copied_has_no_index_elsewhere(films):
    path = films / "asp index.avi"
    assert source_of(make_film(path, Film(seconds=2, codec="mpeg4", gops=(12,), sounds=()))).index is None


def test_an_index_is_small_and_comes_back_as_it_was():
    times, at = [], 0
    for _ in range(2760):
        times.append(at)
        at += random.randint(24, 125) * 3750
    index = KeyframeIndex(62000, at, 11250, 3, tuple(times), (0,) * 2760)
    packed = index.pack()
    assert KeyframeIndex.unpack(packed) == index
    assert len(packed) < 5500


@pytest.mark.parametrize(
    "damaged", [b"", b"\x01nonsense", b"\x02", KeyframeIndex(0, 10, 0, 0, (5, 3)).pack(), KeyframeIndex(0, 1, 0, 0, (5,)).pack()]
)
def test_a_damaged_index_is_refused(damaged):
    with pytest.raises(MediaError, match="keyframe index"):
        KeyframeIndex.unpack(damaged)


def test_times_come_from_the_files_own_table_of_runs():
    table = struct.pack(">II6i", 0, 3, 2, 1024, 1, 2048, 3, 0)
    stbl = box(b"stbl", box(b"ctts", table))
    trak = box(b"trak", box(b"tkhd", bytes(12) + struct.pack(">I", 7) + bytes(68)) + box(b"mdia", box(b"minf", stbl)))
    fd = os.memfd_create("movie")
    os.write(fd, box(b"ftyp", b"isom") + box(b"moov", trak))
    assert offsets(fd, 7, [0, 1, 2, 3, 5]) == [1024, 1024, 2048, 0, 0]
    assert offsets(fd, 8, [0]) is None
    os.close(fd)


def box(kind: bytes, body: bytes) -> bytes:
    return (len(body) + 8).to_bytes(4, "big") + kind + body


async def test_a_batch_answers_for_every_file_in_order(mp4_h264_aac, mkv_h264_ac3, text_mkv, zero_byte_mkv, truncated_mp4, tmp_path):
    (tmp_path / "folder.mkv").mkdir()
    os.mkfifo(tmp_path / "pipe.mkv")
    paths = [
        text_mkv,
        mp4_h264_aac,
        zero_byte_mkv,
        tmp_path / "gone.mkv",
        mkv_h264_ac3,
        tmp_path / "folder.mkv",
        truncated_mp4,
        tmp_path / "pipe.mkv",
    ]
    async with media_pool(1).lifetime() as pool:
        outcomes = await Prober(pool).probe(paths)
        assert [isinstance(outcome, Probed) for outcome in outcomes] == [False, True, False, False, True, False, False, False]
        assert outcomes[1].facts.container == "mp4"
        assert KeyframeIndex.unpack(outcomes[1].index).keys
        assert "No such file" in outcomes[3].reason
        faults = [outcome.fault for outcome in outcomes if isinstance(outcome, ProbeFailed)]
        assert faults == ["damaged", "empty", "closed", "irregular", "cut_off", "irregular"]
        assert outcomes[5].reason == outcomes[7].reason == "It is not a regular file."
        assert [type(outcome) for outcome in await Prober(pool).probe([])] == []


async def test_hundreds_of_files_are_probed_in_batches(tmp_path):
    paths = [tiny_video(tmp_path / f"{number}.mkv") for number in range(70)]
    async with media_pool(1).lifetime() as pool:
        outcomes = await Prober(pool).probe(paths)
    assert all(isinstance(outcome, Probed) for outcome in outcomes)
    assert len(outcomes) == 70


async def test_a_probe_answers_for_what_could_be_begun_in_its_time(tmp_path):
    paths = [tiny_video(tmp_path / f"{number}.mkv") for number in range(20)]
    async with media_pool(1).lifetime() as pool:
        await pool.warm()
        assert len(await Prober(pool).probe(paths, begin=0.0001)) in (0, 16)
        reader, writer = os.pipe()
        busy = asyncio.create_task(pool.run("revenge.media.child.trial:drain", fds=(reader,)))
        while not pool._busy:
            await asyncio.sleep(0.005)
        assert await Prober(pool).probe(paths, begin=0.05) == []
        os.close(writer)
        os.close(reader)
        await busy
        assert len(await Prober(pool).probe(paths, begin=20)) == 20


async def test_a_file_that_kills_the_child_does_not_spoil_its_batch(mp4_h264_aac, mkv_h264_ac3, tmp_path, monkeypatch):
    """The child is killed whenever it is asked about three files at once, as by one that a decoder cannot bear."""
    third = Path(shutil.copy(mp4_h264_aac, tmp_path / "third.mp4"))
    async with media_pool(1).lifetime() as pool:
        real = pool.run

        async def run(function, *args, fds=(), **options):
            if len(fds) == 3 or os.fstat(fds[0]).st_ino == third.stat().st_ino:
                raise MediaError("The media process crashed (SIGSEGV).", cause="crashed")
            return await real(function, *args, fds=fds, **options)

        monkeypatch.setattr(pool, "run", run)
        good, bad, also_good = await Prober(pool).probe([mp4_h264_aac, third, mkv_h264_ac3])
    assert isinstance(good, Probed)
    assert isinstance(also_good, Probed)
    assert bad == ProbeFailed("The media process crashed (SIGSEGV).", "decoder")


async def test_the_index_of_a_recording_is_made_when_asked_for(h264_ts, mpeg2_ts):
    async with media_pool(1).lifetime() as pool:
        prober = Prober(pool)
        recording, other = await prober.probe([h264_ts, mpeg2_ts])
        assert recording.index is None
        for path, facts in ((h264_ts, recording.facts), (mpeg2_ts, other.facts)):
            assert KeyframeIndex.unpack(await prober.index(path, facts)).positions
        with pytest.raises(MediaError, match="cannot be opened"):
            await prober.index(h264_ts.parent / "gone.ts", recording.facts)


def test_opening_leaves_no_descriptor_behind(tmp_path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MediaError):
        open_file(tmp_path / "pipe")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("rate", [16000, 48000])
def test_aac_is_known_without_its_decoder_as_its_decoder_knows_it(films, monkeypatch, suffix, channels, rate):
    layout = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1"}[channels]
    film = Film(seconds=1, codec="mpeg4", width=64, height=36, gops=(24,), sounds=(Sound("aac", layout=layout, rate=rate),))
    path = make_film(films / f"aac {channels} {rate}{suffix}", film)
    quick = facts_of(path).audio
    monkeypatch.delitem(child._QUICK, "codec_whitelist")
    assert quick == facts_of(path).audio
    assert (quick[0].profile, quick[0].channels, quick[0].sample_rate) == ("LC", channels, rate)


@pytest.mark.parametrize(
    ("config", "layout"),
    [
        ("1190", "stereo"),  # low complexity, 48 kHz
        ("1408", "mono"),
        ("119056e500", "stereo"),  # says that nothing is made up
        ("119056e580", None),  # HE-AAC, told behind the configuration
        ("119056", None),
        ("1190ffffff", None),
        ("2b11880800", None),  # HE-AAC, told in front
        ("eb098800", None),  # HE-AAC v2
        ("1180", None),  # channels described elsewhere
        ("17800000", None),  # a sample rate written out
        ("1194", None),  # frames of 960 samples
        ("11", None),
        ("", None),
    ],
)
def test_only_plain_aac_is_taken_for_plain(config, layout):
    assert aac.plain_layout(bytes.fromhex(config)) == layout


@pytest.mark.parametrize("film", ["h264_ts", "mp4_h264_aac", "hevc_mp4"])
def test_reading_in_steps_finds_what_reading_at_once_does(request, film):
    path = request.getfixturevalue(film)
    source = source_of(path)
    with descriptor(path) as fd:
        whole = keys.thorough(source.facts, fds=[fd])
        steps, so_far = [], None
        while (read := keys.onwards(source.facts, so_far, 0.0, fds=[fd])).packed is None:
            assert read.so_far not in steps, "each step comes further"
            steps.append(read.so_far)
            so_far = read.so_far
    assert read.packed == whole
    assert len(steps) == len(KeyframeIndex.unpack(whole).keys) - 1, "with no time at all, one keyframe a step"
    assert read.position == source.facts.size


def test_a_reading_that_fits_no_longer_begins_anew(h264_ts):
    source = source_of(h264_ts)
    with descriptor(h264_ts) as fd:
        whole = keys.thorough(source.facts, fds=[fd])
        strange = msgspec.msgpack.encode([{5: (0, 7)}, 9, 9, 9, 12_345, 188 * 3])
        for so_far in (strange, b"nonsense"):
            assert keys.onwards(source.facts, so_far, 60.0, fds=[fd]).packed == whole
