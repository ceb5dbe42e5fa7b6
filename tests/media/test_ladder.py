"""What a player may change to."""

import pytest

from revenge.core.facts import VideoTrack
from revenge.media.ladder import ladder
from revenge.media.plan import bounds
from revenge.media.rendition import Rendition, Source, h264, picture_size
from tests.media.test_hls import FILM


@pytest.mark.parametrize(
    ("track", "best", "names"),
    [
        (VideoTrack(0, "hevc", 3840, 2160), "v0-2160", ["v0-2160", "v0-1080", "v0-720", "v0-480", "v0-240"]),
        (VideoTrack(0, "hevc", 1920, 1080), "v0-1080", ["v0-1080", "v0-720", "v0-480", "v0-240"]),
        (VideoTrack(0, "hevc", 1920, 1080), "v0-1080-2000", ["v0-1080-2000", "v0-240"]),
        (VideoTrack(0, "hevc", 1920, 800), "v0-1080", ["v0-1080", "v0-720", "v0-480", "v0-240"]),
        (VideoTrack(0, "mpeg4", 640, 360), "v0-360", ["v0-360", "v0-240"]),
        (VideoTrack(0, "mpeg4", 320, 180), "v0-240", ["v0-240"]),
        (VideoTrack(0, "h264", 1080, 1920, rotation=0), "v0-2160", ["v0-2160", "v0-1080", "v0-720", "v0-480", "v0-240"]),
        (VideoTrack(0, "h264", 1920, 1080), "v0", ["v0"]),
    ],
)
def test_smaller_forms_are_offered_below_the_best_and_none_above_the_source(track, best, names):
    rungs = ladder(track, Rendition.parse(best))
    sizes = [picture_size(track, rung.height) for rung in rungs]
    rates = [h264(track, rung, 1).max_rate for rung in rungs]
    assert rates == sorted(rates, reverse=True)
    assert sizes == sorted(sizes, reverse=True)
    assert all(wide <= track.width for wide, _ in sizes)
    assert [rung.name for rung in rungs] == names


def test_all_rungs_are_cut_alike():
    rungs = ladder(VideoTrack(0, "hevc", 1920, 1080), Rendition("video", 0, height=1080))
    film = Source(FILM.path, FILM.key, FILM.facts, FILM.index)
    assert len({tuple(bounds(film, rung)) for rung in rungs}) == 1
