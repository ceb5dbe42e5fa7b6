"""Six hundred damaged films: each is shown as far as it can be, or refused with a sentence; nothing else is disturbed, and nothing is left behind."""

import random
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest

from revenge.core.qos import Qos
from revenge.media.errors import MediaError
from revenge.media.keyframes import KeyframeIndex
from revenge.media.orders import INIT
from revenge.media.plan import durations
from revenge.media.pool import Pool
from revenge.media.pools import media_pool
from revenge.media.probe import Prober
from revenge.media.probed import ProbeFailed
from revenge.media.render import Renderer
from revenge.media.rendition import Rendition, Source, can_copy_audio, can_copy_video
from revenge.media.segments import Segments
from revenge.media.subtitles import Subtitles
from tests.fixtures.media import Film, Sound, Words, make_film

pytestmark = pytest.mark.long

TINY = Film(seconds=3, width=96, height=54, rate=Fraction(12), gops=(9, 14))
FILMS: dict[str, Film] = {
    "film.mp4": replace(TINY, words=(Words("mov_text"),)),
    "film.mkv": replace(TINY, words=(Words(),)),
    "film.ts": TINY,
    "film.avi": replace(TINY, codec="mpeg4", sounds=(Sound("libmp3lame"),)),
    "film.webm": replace(TINY, codec="libvpx-vp9", sounds=(Sound("libopus"),), options={"deadline": "realtime", "cpu-used": "8"}),
    "surround.mkv": replace(TINY, codec="libx265", sounds=(Sound("ac3", "5.1"),), words=(Words("ass"),)),
}
OF_EACH = 100
_NO_SENTENCE = re.compile(r"^\w*(Error|Exception)\b")
_WAYS = ("cut", "bit", "bits", "zeros", "noise", "twice")


@dataclass
class Cinema:
    """What a node opens films with."""

    pool: Pool
    prober: Prober
    segments: Segments


@pytest.fixture
async def cinema(tmp_path) -> AsyncIterator[Cinema]:
    async with media_pool(2).lifetime() as pool:
        segments = Segments(Renderer(pool, threads=1), Subtitles(pool), tmp_path / "segments", 1 << 30, ahead=False)
        async with segments.lifetime():
            yield Cinema(pool, Prober(pool), segments)
        for flight in segments._flights.values():
            assert flight.task.done()
    assert not list((tmp_path / "segments").rglob("*.part"))
    assert pool.children == 0


def damaged(data: bytes, dice: random.Random) -> tuple[str, bytes]:
    """The film with one kind of damage at one class of place: its first bytes, its head, its tail, anywhere."""
    way, size = dice.choice(_WAYS), len(data)
    places = (dice.randrange(256), dice.randrange(min(size, 4096)), size - 1 - dice.randrange(min(size, 2048)), dice.randrange(size))
    at, got = dice.choice(places), bytearray(data)
    if way == "cut":
        del got[max(at, 1) :]
    elif way in ("bit", "bits"):
        for spot in [at] if way == "bit" else [dice.randrange(size) for _ in range(20)]:
            got[spot] ^= 1 << dice.randrange(8)
    elif way == "twice":
        got[at:at] = got[max(0, at - 512) : at]
    else:
        span = len(got[at : at + 64])
        got[at : at + 64] = bytes(span) if way == "zeros" else dice.randbytes(span)
    return f"{way} at {at}", bytes(got)


def forms(source: Source) -> Iterator[Rendition]:
    """Everything a player could ask for."""
    if picture := source.facts.video:
        yield Rendition("video", picture.index, height=240)
        if can_copy_video(source):
            yield Rendition("video", picture.index)
    for track in source.facts.audio[:2]:
        yield Rendition("audio", track.index, channels=2)
        if can_copy_audio(track):
            yield Rendition("audio", track.index)


async def play(cinema: Cinema, path: Path, key: str) -> set[str]:
    """What a viewer is told who looks at the file here and there; each sentence once."""
    told: set[str] = set()
    [found] = await cinema.prober.probe([path], qos=Qos.STREAM)
    if isinstance(found, ProbeFailed):
        return {found.reason}
    try:
        packed = found.index or await cinema.prober.index(path, found.facts, qos=Qos.STREAM)
    except MediaError as error:
        return {error.detail}
    source = Source(str(path), key, found.facts, KeyframeIndex.unpack(packed) if packed else None)
    for rendition in forms(source):
        count = len(durations(source, rendition))
        assert count < 100_000
        for number in sorted({INIT, 0, count // 2, count - 1}):
            try:
                making = cinema.segments.init(source, rendition) if number == INIT else cinema.segments.segment(source, rendition, number)
                assert (await making).stat().st_size
            except MediaError as error:
                told.add(error.detail)
    for track in found.facts.subtitles:
        try:
            await cinema.segments.webvtt(source, track, for_playlist=False)
        except MediaError as error:
            told.add(error.detail)
    return told


@pytest.mark.parametrize("name", FILMS)
async def test_a_damaged_film_is_shown_as_far_as_it_goes_or_refused_in_words(cinema, films, tmp_path, name):
    film = films / f"fuzz {name}"
    whole = (film if film.exists() else make_film(film, FILMS[name])).read_bytes()
    dice, path, shown = random.Random(name), tmp_path / name, 0
    for number in range(OF_EACH):
        how, data = damaged(whole, dice)
        path.write_bytes(data)
        told = await play(cinema, path, f"{name}-{number}")
        shown += not told
        for sentence in told:
            assert not _NO_SENTENCE.match(sentence), (how, sentence)
            assert sentence.endswith((".", "!")), (how, sentence)
    assert shown > OF_EACH / 4, "most damage is small"
    path.write_bytes(whole)
    assert not await play(cinema, path, "whole"), "a sound film still plays in the same children"
