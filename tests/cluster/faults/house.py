"""The lab with films in it and people who watch them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

from tests.cluster.faults.lab import Lab, running_lab
from tests.cluster.faults.load import Load
from tests.fixtures.client import until
from tests.fixtures.media import Film, make_film
from tests.fixtures.servers import short_directory

FILMS = {
    "copied": Film(seconds=60, width=320, height=180, rate=Fraction(12), gops=(24,)),
    "encoded": Film(seconds=60, width=640, height=480, rate=Fraction(12), codec="mpeg2video", options={}, gops=(24,)),
}


@contextmanager
def running_house() -> Iterator[tuple[Lab, Load]]:
    """Three nodes at work: two films run, with full buffers, and everything else goes on beside them."""
    with short_directory() as folder, ThreadPoolExecutor(1) as shop:
        films = shop.submit(_film, folder)
        with running_lab() as lab:
            films.result()
            load = Load(lab, *_library(lab, folder))
            load.start()
            try:
                until(lambda: all(played > 1 for played in load.played.values()) or load.troubles, 60)
                assert not load.troubles, load.troubles
                yield lab, load
            finally:
                load.end()


def _film(folder: Path) -> None:
    for name, film in FILMS.items():
        make_film(folder / f"{name.title()} (2001).mkv", film)


def _library(lab: Lab, folder: Path) -> tuple[dict[str, str], str]:
    """The ids of the films by name, and of their library."""
    api = lab.api(lab.nodes["one"])
    api.http.timeout = 60
    library = api.library("Films", folder)["id"]
    assert api.scan(library)["state"] == "completed"
    return {film["title"].lower(): film["id"] for film in api.movies()}, library
