"""Programs that seek by what a playlist says land where they were sent: FFmpeg's libraries find a segment by adding up durations."""

from itertools import pairwise
from pathlib import Path

import av
import pytest

from revenge.media.child.mux import decoding_times
from revenge.media.keyframes import CLOCK
from revenge.media.plan import bounds
from revenge.media.rendition import Rendition
from tests.media.rendering import Seen, lay_out, source_of

SOUND = Rendition("audio", 1, channels=2)


@pytest.fixture(params=["mp4_h264_aac", "mkv_h264_ac3", "h264_ts", "hevc_mp4", "open_gop_mkv"])
def source(request):
    return source_of(request.getfixturevalue(request.param))


@pytest.mark.parametrize("picture", [Rendition("video", 0), Rendition("video", 0, height=240)], ids=["copied", "encoded"])
def test_a_seek_lands_in_the_segment_that_holds_its_moment(source, picture, tmp_path):
    """Just behind a bound, just before one, and in the last segment, too."""
    playlist = lay_out(tmp_path, source, [picture], [SOUND])
    edges = [edge / CLOCK for edge in bounds(source, picture)]
    for number, (begin, end) in enumerate(pairwise(edges)):
        lead = source.index.delay / CLOCK if source.index.soft and picture.copies else 0.003
        times = Seen((playlist.parent / picture.name / "init.mp4").read_bytes() + segment(playlist, picture, number)).packets
        first = float(min(packet.pts for packet in times) / CLOCK), float(times[0].pts / CLOCK)  # leading pictures cannot be decoded
        for wanted in (begin + 0.001, (begin + end) / 2, end - lead - 0.001):
            assert first[0] - 1e-3 <= shown_first(playlist, wanted) <= first[1] + 1e-3, (wanted, edges)


def segment(playlist: Path, picture: Rendition, number: int) -> bytes:
    return (playlist.parent / picture.name / f"{number}.m4s").read_bytes()


def shown_first(playlist: Path, wanted: float) -> float:
    """When the earliest picture of the first group after the seek is shown."""
    with av.open(str(playlist)) as container:
        container.seek(int((2 + wanted) * 1_000_000))
        frames = [frame.time for _, frame in zip(range(3), container.decode(container.streams.video[0]), strict=False)]
    assert frames, f"nothing is shown at {wanted}"
    return min(frames)


@pytest.mark.parametrize(
    ("shown", "decoded"),
    [
        ([0, 900, 1800], [0, 900, 1800]),
        ([0, 2700, 900, 1800], [0, 450, 900, 1800]),
        ([2700, 0, 900, 1800], [-9, 0, 900, 1800]),  # an open group begins a trifle early
        ([0, 900, 900, 1800], [0, 450, 900, 1800]),
        ([0, 0, 0], [-18, -9, 0]),
    ],
)
def test_a_segment_is_decoded_from_its_bound_on_and_nothing_after_it_is_shown(shown, decoded):
    assert decoding_times(shown) == decoded
