"""Which of the files beside a film are its artwork and its .nfo."""

from pathlib import PurePosixPath

import pytest
from msgspec import Struct

from revenge.services.metadata.sidecars import sidecar_art, sidecar_nfo
from tests.services.metadata.conftest import Beside


class Listed(Struct):
    """A video in a folder whose names are given."""

    relative: PurePosixPath
    companions: list[Beside]


def video(path: str, *beside: str) -> Listed:
    return Listed(PurePosixPath(path), [Beside(name, 1, 1) for name in beside])


def art(role: str, path: str, *beside: str) -> list[str]:
    return [file.name for file in sidecar_art(video(path, *beside), role)]


@pytest.mark.parametrize(
    "name", ["poster.jpg", "folder.png", "Cover.JPG", "movie.webp", "Inception (2010)-poster.jpg", "Inception (2010).jpeg"]
)
def test_a_poster_in_the_films_own_folder_is_found(name):
    assert art("poster", "Inception (2010)/Inception (2010).mkv", name, "banner.jpg", "Inception (2010).srt") == [name]


@pytest.mark.parametrize("name", ["fanart.jpg", "backdrop.png", "background.webp", "Inception (2010)-fanart.jpg"])
def test_so_is_a_backdrop(name):
    assert art("backdrop", "Inception (2010)/Inception (2010).mkv", name, "poster.jpg") == [name]


def test_a_name_that_says_which_film_wins_over_one_that_does_not():
    names = ("folder.jpg", "poster.png", "poster.jpg", "Inception (2010)-poster.jpg")
    assert art("poster", "Inception (2010)/Inception (2010).mkv", *names) == [
        "Inception (2010)-poster.jpg", "poster.jpg", "poster.png", "folder.jpg",
    ]  # fmt: skip


def test_versions_share_the_poster_that_is_named_after_one_of_them():
    assert art("poster", "Inception (2010)/Inception (2010) - 4K.mkv", "Inception (2010)-poster.jpg") == ["Inception (2010)-poster.jpg"]


def test_in_a_folder_of_many_films_only_a_films_own_name_counts():
    beside = ("poster.jpg", "folder.jpg", "Brazil (1985)-poster.jpg", "Inception (2010)-poster.jpg", "movie.nfo", "Brazil (1985).nfo")
    assert art("poster", "Inception (2010).mkv", *beside) == ["Inception (2010)-poster.jpg"]
    assert art("poster", "Action/Alien (1979).mkv", *beside) == []
    assert sidecar_nfo(video("Alien (1979).mkv", *beside)) is None
    assert sidecar_nfo(video("Brazil (1985).mkv", *beside)).name == "Brazil (1985).nfo"


def test_which_nfo_belongs_to_a_film():
    path = "Inception (2010)/Inception (2010).mkv"
    assert sidecar_nfo(video(path, "movie.nfo", "Inception (2010).nfo")).name == "Inception (2010).nfo"
    assert sidecar_nfo(video(path, "movie.nfo", "other.nfo")).name == "movie.nfo"
    assert sidecar_nfo(video(path, "release.nfo")).name == "release.nfo"
    assert sidecar_nfo(video(path, "one.nfo", "two.nfo")) is None
    assert sidecar_nfo(video(path)) is None
