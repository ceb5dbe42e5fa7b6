"""One loudness for all films: measured once, applied as a constant, so that no seam is heard and every node makes the same."""

import re
import subprocess

import numpy as np
import pytest

from revenge.core.errors import NotFound
from revenge.media.child import loud
from revenge.media.loudness import Loudness, Meter, integrated
from revenge.media.pools import media_pool
from revenge.media.rendition import Rendition
from tests.fixtures.media import Film, Sound, make_film
from tests.media.rendering import descriptor, pieces, samples, source_of
from tests.media.strict import StrictPlayer

PLAIN, QUIETER, LOUDER = (Rendition("audio", 0, channels=2, gain=gain) for gain in (0, -60, 8))


@pytest.fixture(scope="module")
def path(films):
    """Sound that begins loud, and ends before the film does."""
    return make_film(films / "loud.mkv", Film(seconds=9, codec=None, sounds=(Sound("ac3", "stereo"),)))


def test_the_measure_is_that_of_ffmpeg(path):
    said = subprocess.run(
        ["ffmpeg", "-nostats", "-i", path, "-af", "ebur128=peak=sample", "-f", "null", "-"], capture_output=True, text=True, check=True
    )
    lufs = float(re.findall(r"I: +(-?[\d.]+) LUFS", said.stderr)[-1])
    with descriptor(path) as fd:
        parts = [loud.measure(0, None, begin, 4, fds=[fd]) for begin in (0, 4, 8)]
    whole = {}
    for part in parts:
        for block, count in part.counts.items():
            whole[block] = whole.get(block, 0) + count
    assert integrated(whole) == pytest.approx(lufs, abs=0.3), "in stretches as in one go"
    assert max(part.peak for part in parts) == pytest.approx(0.4, abs=0.05)


def test_blocks_that_are_silent_or_far_below_the_others_do_not_count():
    assert integrated({-200: 100}) == -20.0
    assert integrated({-200: 100, -690: 1000, -900: 5000}) == -20.0
    assert integrated({-200: 100, -290: 100}) == pytest.approx(-22.5, abs=0.1)
    assert integrated({-900: 10}) is None
    assert integrated({}) is None


@pytest.mark.parametrize(
    ("lufs", "peak", "gain"),
    [
        (-10.0, 1.0, -80),  # loud: made quieter
        (-27.0, 0.2, 90),  # quiet, with room above
        (-27.0, 0.7, 21),  # as far as its peaks allow
        (-27.0, 1.0, 0),  # they allow nothing
        (-40.0, 0.01, 120),  # never more
        (5.0, 1.0, -120),
        (-18.4, 0.5, 0),  # nobody would hear it
        (None, 0.0, 0),
    ],
)
def test_the_gain_brings_sound_to_one_loudness_without_cutting_off_its_peaks(lufs, peak, gain):
    assert Loudness(lufs, peak).gain == gain


@pytest.mark.parametrize("rendition", [QUIETER, LOUDER], ids=lambda rendition: rendition.name)
def test_a_gain_changes_every_sample_alike_and_leaves_no_seam(path, rendition):
    source = source_of(path)
    plain, changed = (samples(b"".join(pieces(source, one))) for one in (PLAIN, rendition))
    assert len(plain) == len(changed)
    error = (changed - plain * 10 ** (rendition.gain / 200))[4096:-4096]
    assert 20 * np.log10(np.sqrt((error**2).mean()) / np.sqrt((changed**2).mean())) < -50
    worst = np.abs(error[: len(error) // 512 * 512]).reshape(-1, 512).mean(1)
    assert worst.max() < 0.004, "nowhere, seams included"


def test_a_strict_player_is_content_with_louder_sound(mkv_h264_ac3):
    StrictPlayer(source_of(mkv_h264_ac3)).check_sound(Rendition("audio", 1, channels=6, gain=30))


@pytest.mark.parametrize("name", ["a1-2up35", "a1-6down120", "a0-1up1"])
def test_the_gain_is_in_the_name(name):
    assert Rendition.parse(name).name == name
    assert Rendition.parse(name).gain


@pytest.mark.parametrize(
    "name", ["a1up35", "v0-720up20", "a1-2up0", "a1-2up", "a1-2up121", "a1-2down999", "a1-2up035", "s1up3", "a1-2-up3"]
)
def test_a_gain_where_none_can_be_is_no_rendition(name):
    with pytest.raises(NotFound):
        Rendition.parse(name)


async def test_a_track_is_measured_in_a_child(path, films):
    quiet = make_film(films / "short sound.mkv", Film(seconds=4, sounds=(Sound("ac3", longer=-2),)))
    async with media_pool(1).lifetime() as pool:
        meter = Meter(pool)
        whole = await meter.measure(source_of(path), 0)
        assert -15 < whole.lufs < -5
        assert 0.35 < whole.peak < 0.45
        short = await meter.measure(source_of(quiet), 1)
        assert -15 < short.lufs < -5, "what comes after its end is not counted"
