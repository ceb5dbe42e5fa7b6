"""Files that are damaged, lie about themselves, or change on the way: whatever can be shown of them is shown, and nobody waits for the rest."""

import time
from dataclasses import replace

import numpy as np
import pytest
from msgspec.structs import replace as changed

from revenge.core.facts import AudioTrack
from revenge.media.keyframes import CLOCK, LONGEST, KeyframeIndex
from revenge.media.orders import INIT
from revenge.media.plan import bounds, durations, film_end
from revenge.media.rendition import Rendition, can_copy_audio
from tests.fixtures.media import Film, Sound, make_film
from tests.media.rendering import Seen, piece, pieces, samples, source_of

ENCODED, SOUND, COPIED_SOUND = Rendition("video", 0, height=240), Rendition("audio", 1, channels=2), Rendition("audio", 1)
DAY_MS = 24 * 3600 * 1000


@pytest.mark.parametrize("years", [1, 6])
def test_a_film_that_says_it_lasts_for_years_is_not_believed(mp4_h264_aac, years):
    """Cutting it into segments would hold up everybody: there would be millions."""
    true = source_of(mp4_h264_aac)
    lies = changed(true, facts=changed(true.facts, duration_ms=years * 365 * DAY_MS), index=None)
    began = time.process_time()
    assert len(bounds(lies, ENCODED)) < 10_000
    assert time.process_time() - began < 1
    assert film_end(lies) >= film_end(true)


def test_no_film_is_longer_than_a_week(mp4_h264_aac):
    true = source_of(mp4_h264_aac)
    large = changed(true, facts=changed(true.facts, duration_ms=60 * DAY_MS, size=1 << 40), index=None)
    assert film_end(large) == LONGEST
    assert not KeyframeIndex(0, LONGEST + 1, 0, 0, (0, CLOCK)).plausible()


def test_sound_of_no_rate_is_never_copied():
    assert not can_copy_audio(AudioTrack(1, "aac", 2, 0, profile="LC"))
    assert can_copy_audio(AudioTrack(1, "aac", 2, 48000, profile="LC"))


@pytest.fixture
def surround_then_stereo(films):
    """A broadcast whose sound changes its shape with the programme; one transport stream may follow another, byte after byte."""
    path = films / "changes.ts"
    if not path.exists():
        film = Film(seconds=4, sounds=(Sound("ac3", "5.1"),))
        parts = [make_film(films / "first.ts", film), make_film(films / "then.ts", replace(film, start=4, sounds=(Sound("ac3"),)))]
        path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return source_of(path)


def test_sound_that_changes_from_surround_to_stereo_goes_on(surround_then_stereo):
    heard = samples(b"".join(pieces(surround_then_stereo, SOUND)))
    loud = np.abs(heard[: len(heard) // 4800 * 4800]).reshape(-1, 4800).max(1)
    assert len(loud) >= 79
    assert (loud[1:78] > 0.05).all(), "no tenth of a second is silent"


@pytest.mark.parametrize(("name", "rendition"), [("ac3 damaged.mkv", SOUND), ("ac3 damaged.mkv", COPIED_SOUND), ("damaged.ts", SOUND)])
def test_damaged_sound_is_a_flaw_and_no_end(films, name, rendition):
    """Every frame of half a second is nonsense; the rest of the segment is there."""
    film = Film(seconds=5, sounds=(Sound("ac3" if name.startswith("ac3") else "aac"),))
    path = make_film(films / name, film)
    data = bytearray(path.read_bytes())
    for packet in Seen(path, 1).packets[40:60]:
        at = data.find(bytes(packet)[:40])
        if at > 0:
            data[at : at + 40] = b"\xa5" * 40
    path.write_bytes(data)
    source = source_of(path)
    found = [piece(source, rendition, number) for number in range(INIT, len(durations(source, rendition)))]
    assert float(Seen(b"".join(found)).times[-1]) - 2 == pytest.approx(5, abs=0.1)


def test_a_track_without_a_single_frame_is_silent(films):
    path = make_film(films / "mute track.mkv", Film(seconds=3, sounds=(Sound(), Sound("ac3", longer=-3))))
    source = source_of(path)
    for rendition in (Rendition("audio", 2, channels=2), Rendition("audio", 2)):
        heard = samples(b"".join(pieces(source, rendition)))
        assert len(heard) == pytest.approx(3 * 48000, abs=3000)
        assert np.abs(heard).max() < 1e-3


def test_a_stream_that_comes_up_on_the_way_disturbs_nobody(films):
    """A second sound that a recording begins to carry in its middle: the picture is indexed and cut to its end."""
    one, other = (
        make_film(films / "one sound.ts", Film(seconds=4)),
        make_film(films / "two sounds.ts", Film(seconds=4, start=4, sounds=(Sound(), Sound("mp2")))),
    )
    path = films / "one, then two.ts"
    path.write_bytes(one.read_bytes() + other.read_bytes())
    source = source_of(path)
    assert source.index is not None
    assert source.index.end == pytest.approx(8 * CLOCK, abs=CLOCK / 5)
    assert float(Seen(b"".join(pieces(source, Rendition("video", 0)))).times[-1]) == pytest.approx(10, abs=0.15)
