"""Subtitles that are pictures leave the film as they are, with the film's own times."""

import struct

import pytest

from revenge.media.child import facts, sup
from revenge.media.errors import MediaError
from revenge.media.probed import Probed
from tests.fixtures.media import Film, make_film
from tests.fixtures.pgs import sup as made
from tests.fixtures.pgs import with_pgs

TIMES = [(1.0, 2.0), (3.0, 4.5)]


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pgs")
    return with_pgs(folder / "film.mkv", make_film(folder / "plain.mkv", Film()), TIMES)


def written(data: bytes) -> list[tuple[int, int, bytes]]:
    """Time, kind and body of each segment of such a file."""
    found = []
    while data:
        mark, shown, _, kind, size = struct.unpack_from("!2sIIBH", data)
        assert mark == b"PG"
        found.append((shown, kind, data[13 : 13 + size]))
        data = data[13 + size :]
    return found


def test_they_come_out_as_they_went_in(film):
    with film.open("rb") as file:
        probed = facts.examine(file.fileno())
        assert isinstance(probed, Probed)
        (track,) = probed.facts.subtitles
        assert (track.is_drawn, track.is_text, track.language) == (True, False, "ger")
        out = written(sup.drawn(track.index, None, fds=(file.fileno(),)))
    assert out == written(made(TIMES))


def test_times_count_from_the_films_start(film):
    with film.open("rb") as file:
        out = written(sup.drawn(2, 500_000, fds=(file.fileno(),)))
    assert [shown for shown, kind, _ in out if kind == 0x16] == [45_000, 135_000, 225_000, 360_000]


def test_other_streams_are_refused(film):
    with film.open("rb") as file:
        for stream in (0, 1, 9):
            with pytest.raises(MediaError):
                sup.drawn(stream, None, fds=(file.fileno(),))


@pytest.mark.parametrize(
    ("packet", "kinds"), [(b"", []), (b"\x16", []), (b"\x16\x00\x02ab\x80\x00\x00", [0x16, 0x80]), (b"\x80\0\0\x16\0\x09ab", [0x80])]
)
def test_what_is_cut_off_is_left_out(packet, kinds):
    assert [kind for kind, _ in sup.segments(packet)] == kinds
