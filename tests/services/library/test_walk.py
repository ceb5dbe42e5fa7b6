"""A walk sees every wanted file once, in slices, and says what it could not see."""

import os
from pathlib import Path, PurePosixPath

import pytest

from revenge.services.library.walk import Wanted, walk

WANTED = Wanted(
    claims=lambda path: path.suffix == ".mkv",
    is_companion=lambda name: PurePosixPath(name).suffix in {".nfo", ".srt"},
    ignores=lambda name: name.startswith("."),
)


@pytest.fixture
def tree(tmp_path):
    for path in ("b/2.mkv", "a/1.mkv", "a/inner/3.mkv", "a b/4.mkv", "top.mkv", ".hidden/5.mkv", "a/1.nfo", "a/readme.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"x")
    return tmp_path


def everything(root, limit):
    after, files, slices = None, [], 0
    while True:
        seen = walk(str(root), after, WANTED, limit)
        files += seen.files
        slices += 1
        if seen.upto is None:
            return files, slices
        after = seen.upto


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_slices_of_any_size_see_each_file_once_in_one_order(tree, limit):
    files, _ = everything(tree, limit)
    places = [(file.folder, file.name) for file in files]
    assert places == [((), "top.mkv"), (("a",), "1.mkv"), (("a", "inner"), "3.mkv"), (("a b",), "4.mkv"), (("b",), "2.mkv")]


def test_companions_lie_beside_their_video(tree):
    files, _ = everything(tree, 100)
    assert [companion.name for companion in files[1].companions] == ["1.nfo"]


def test_a_link_that_leads_back_up_is_not_followed_for_ever(tree):
    (tree / "a" / "loop").symlink_to(tree)
    files, _ = everything(tree, 100)
    assert len(files) == 5


def test_a_folder_that_cannot_be_read_is_named(tree, monkeypatch):
    real = os.scandir

    def scandir(path):
        if str(path).endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    seen = walk(str(tree), None, WANTED)
    assert seen.blind == [(("a",), "Permission denied")]
    assert [file.name for file in seen.files] == ["top.mkv", "4.mkv", "2.mkv"]


def test_a_missing_root_is_blind_at_the_top(tmp_path):
    assert walk(str(tmp_path / "gone"), None, WANTED).blind[0][0] == ()


def test_a_name_that_is_no_utf_8_is_reported_and_the_rest_goes_on(tree):
    Path(os.fsdecode(os.fsencode(tree) + b"/b/\xff.mkv")).touch()
    seen = walk(str(tree), None, WANTED)
    assert len(seen.files) == 5
    assert "UTF-8" in seen.unnameable[0].reason


def test_a_path_too_long_for_an_index_is_reported(tree):
    deep = tree
    for _ in range(9):
        deep = deep / ("n" * 250)
        deep.mkdir()
    assert any("longer" in one.reason for one in walk(str(tree), None, WANTED).unnameable)


def test_in_a_folder_of_many_films_each_keeps_its_own_companions_and_the_shared_ones(tmp_path):
    for name in ("Alien.mkv", "Alien.de.srt", "Alien-poster.nfo", "Aliens.mkv", "Aliens.nfo", "movie.nfo"):
        (tmp_path / name).touch()
    alien, aliens = walk(str(tmp_path), None, WANTED).files
    assert [companion.name for companion in alien.companions] == ["Alien-poster.nfo", "Alien.de.srt", "movie.nfo"]
    assert [companion.name for companion in aliens.companions] == ["Aliens.nfo", "movie.nfo"]
