"""The segment cache: made once, kept within a quota, served by path."""

import asyncio
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from av.filter.graph import Graph
from msgspec.structs import replace as changed

from revenge.core.errors import NotFound
from revenge.media.child import tones
from revenge.media.errors import MediaError
from revenge.media.pools import media_pool
from revenge.media.render import Renderer
from revenge.media.rendition import Rendition
from revenge.media.segments import Segments
from revenge.media.subtitles import Subtitles
from tests.fixtures.media import HEVC, Film, make_film
from tests.media.rendering import Seen, pictures, piece, pieces, source_of

COPY, ENCODED, SOUND = Rendition("video", 0), Rendition("video", 0, height=240), Rendition("audio", 1, channels=2)


@pytest.fixture
def source(mp4_h264_aac):
    return source_of(mp4_h264_aac)


async def test_a_segment_is_made_once_however_many_ask(cache, slow, source):
    slow.gate.clear()
    asking = [asyncio.create_task(cache.segment(source, COPY, 1)) for _ in range(5)]
    await asyncio.sleep(0)
    slow.gate.set()
    paths = {*await asyncio.gather(*asking), await cache.segment(source, COPY, 1)}
    assert len(paths) == 1
    assert slow.made == [1]
    assert paths.pop().read_bytes() == b"\1" * 1000


async def test_making_goes_on_while_one_of_two_still_waits(cache, slow, source):
    slow.gate.clear()
    first, second = (asyncio.create_task(cache.segment(source, COPY, 1)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    slow.gate.set()
    assert (await second).exists()
    assert slow.stopped == 0


async def test_making_stops_when_nobody_waits_and_starts_anew_for_the_next(cache, slow, source):
    slow.gate.clear()
    asking = asyncio.create_task(cache.segment(source, COPY, 1))
    await asyncio.sleep(0.01)
    asking.cancel()
    again = asyncio.create_task(cache.segment(source, COPY, 1))
    await asyncio.gather(asking, return_exceptions=True)
    slow.gate.set()
    assert (await again).exists()
    assert slow.stopped == 1


async def test_an_error_is_told_and_not_kept(cache, slow, source):
    slow.error = MediaError("It broke.")
    with pytest.raises(MediaError):
        await cache.segment(source, COPY, 1)
    slow.error = None
    assert (await cache.segment(source, COPY, 1)).exists()


async def test_subtitles_are_kept_in_both_forms(cache, source, mkv_h264_ac3):
    track = source_of(mkv_h264_ac3).facts.subtitles[0]
    plain = await cache.webvtt(source, track, for_playlist=False)
    stamped = await cache.webvtt(source, track, for_playlist=True)
    assert b"X-TIMESTAMP-MAP" not in plain.read_bytes()
    assert b"X-TIMESTAMP-MAP" in stamped.read_bytes()


async def test_a_film_is_rendered_by_children_exactly_as_in_process(source, tmp_path):
    async with (
        media_pool(1).lifetime() as pool,
        Segments(Renderer(pool, threads=1), Subtitles(pool), tmp_path / "cache", 1 << 30).lifetime() as cache,
    ):
        for rendition in (COPY, ENCODED, SOUND, Rendition("audio", 1)):
            assert (await cache.init(source, rendition)).read_bytes() == piece(source, rendition, -1)
            assert (await cache.segment(source, rendition, 1)).read_bytes() == piece(source, rendition, 1)
        assert pool.children <= 2  # one for what is waited for, one for what is made ahead


async def test_what_does_not_exist_is_not_found(source, tmp_path):
    async with media_pool(1).lifetime() as pool:
        renderer = Renderer(pool)
        for rendition, number in ((COPY, 99), (Rendition("video", 7), 0), (Rendition("audio", 0), 0), (Rendition("subtitle", 0), 0)):
            with pytest.raises(NotFound):
                await renderer.segment(source, rendition, number)
        assert pool.children == 0


async def test_a_file_that_is_gone_is_an_error_in_words(source):
    gone = changed(source, path="/nowhere/film.mkv")
    async with media_pool(1).lifetime() as pool:
        with pytest.raises(MediaError, match="cannot be opened"):
            await Renderer(pool).segment(gone, COPY, 0)


@pytest.fixture
def bright(films):
    path = films / "bright.mkv"
    film = replace(HEVC, hdr=True, pixel_format="yuv420p10le", seconds=2, gops=(24,))
    return source_of(path if path.exists() else make_film(path, film))


def test_every_picture_goes_through_the_colour_table(bright):
    """The table that swaps nothing but brightness: every colour becomes its opposite."""
    opposite = (1023 - np.frombuffer(tones.identity(), np.uint16)).astype(np.uint16).tobytes()
    same, inverted = (pictures(b"".join(pieces(bright, ENCODED, table))) for table in (tones.identity(), opposite))
    assert len(same) == len(inverted) == len(Seen(bright.path).packets)
    for one, other in zip(same, inverted, strict=True):
        assert (one.color_trc, one.color_primaries, one.colorspace) == (1, 1, 1)
        assert np.abs(one.to_ndarray(format="rgb24").astype(int) + other.to_ndarray(format="rgb24") - 255).mean() < 8


def test_a_damaged_colour_table_is_refused():
    with pytest.raises(MediaError, match="damaged"):
        tones.picture(b"short")


@pytest.mark.long
async def test_high_dynamic_range_is_brought_to_a_common_screen(bright):
    """Baking the table takes seconds; it is done once, and maps what FFmpeg's scaler itself would."""
    async with media_pool(1).lifetime() as pool:
        renderer = Renderer(pool, threads=1)
        film = await renderer.init(bright, ENCODED) + await renderer.segment(bright, ENCODED, 0)
        again = asyncio.get_running_loop().time()
        await renderer.segment(bright, ENCODED, 0)
        assert asyncio.get_running_loop().time() - again < 2
    scaled = Graph()
    own = pictures(Path(bright.path).read_bytes())[0]
    source = scaled.add_buffer(width=own.width, height=own.height, format=own.format, time_base=Fraction(1, 1000))
    mapping = scaled.add("scale", "320:180:out_primaries=bt709:out_transfer=bt709:out_color_matrix=bt709:intent=perceptual")
    scaled.link_nodes(source, mapping, scaled.add("format", "yuv420p"), scaled.add("buffersink")).configure()
    scaled.vpush(own)
    assert np.abs(scaled.vpull().to_ndarray().astype(int) - pictures(film)[0].to_ndarray()).mean() < 2


@pytest.mark.parametrize("degrees", [90, 180, 270])
async def test_a_turned_film_stands_upright_when_encoded_and_says_so_when_copied(films, degrees):
    source = source_of(make_film(films / f"turned {degrees} b.mp4", Film(seconds=1, rotation=degrees, sounds=())))
    encoded = pictures(piece(source, ENCODED, -1) + piece(source, ENCODED, 0))[0].to_ndarray(format="gray")
    own = pictures(Path(source.path).read_bytes())[0].to_ndarray(format="gray")
    upright = np.rot90(own, -degrees // 90)
    assert encoded.shape == ((240, 136) if degrees != 180 else (180, 320))
    step = [np.linspace(0, size - 1, 20).astype(int) for size in upright.shape]
    mine = [np.linspace(0, size - 1, 20).astype(int) for size in encoded.shape]
    assert np.abs(upright[np.ix_(*step)].astype(int) - encoded[np.ix_(*mine)]).mean() < 12
    copied = pictures(piece(source, COPY, -1) + piece(source, COPY, 0))[0]
    assert copied.rotation == pictures(Path(source.path).read_bytes())[0].rotation
