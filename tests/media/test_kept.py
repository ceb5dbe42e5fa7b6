"""What the segment cache keeps, and what it gives away when its quota or the disk is used up."""

import os
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace as changed

from revenge.core.errors import Unavailable
from revenge.media import kept
from revenge.media.rendition import Rendition
from revenge.media.segments import Segments
from tests.media.caching import Plain
from tests.media.rendering import source_of

COPY, ENCODED, SOUND = Rendition("video", 0), Rendition("video", 0, height=240), Rendition("audio", 1, channels=2)


@pytest.fixture
def source(mp4_h264_aac):
    return source_of(mp4_h264_aac)


def on_disk(tmp_path) -> int:
    return sum(path.stat().st_size for path in (tmp_path / "cache").rglob("*") if path.is_file())


async def test_the_folder_never_grows_over_its_quota(cache, slow, source, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "_IN_USE_S", -1.0)
    for number in range(30):
        await cache.segment(source, COPY, number)
        assert on_disk(tmp_path) <= 10_000
        assert cache.used == on_disk(tmp_path)
    first = await cache.segment(source, COPY, 20)
    for number in range(40, 49):
        await cache.segment(source, COPY, number)
        await cache.segment(source, COPY, 20)
    assert first.exists(), "what is used again stays"
    assert slow.made.count(20) == 1


async def test_what_is_being_watched_is_not_taken_away(cache, source):
    paths = [await cache.segment(source, COPY, number) for number in range(10)]
    with pytest.raises(Unavailable) as refused:
        await cache.segment(source, COPY, 10)
    assert refused.value.code == "no_space"
    assert refused.value.retry_after
    assert all(path.exists() for path in paths)


async def test_a_segment_larger_than_the_quota_is_refused(cache, slow, source, tmp_path):
    slow.size = 10_001
    with pytest.raises(Unavailable):
        await cache.segment(source, COPY, 1)
    assert on_disk(tmp_path) == cache.used == 0


class Disk:
    """A disk of so many bytes free, of which files take theirs."""

    def __init__(self, monkeypatch, folder: Path, free: int) -> None:
        self.folder, self.free, self.total = folder, free, 20_000
        self.before = 0
        monkeypatch.setattr(kept.shutil, "disk_usage", lambda _: self)
        monkeypatch.setattr(kept, "_SPARE", 1000)

    @property
    def free(self) -> int:
        return self._free - sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    @free.setter
    def free(self, free: int) -> None:
        self._free = free


async def test_a_full_disk_is_said_so_and_leaves_nothing(cache, source, tmp_path, monkeypatch):
    Disk(monkeypatch, tmp_path / "cache", 1500)
    with pytest.raises(Unavailable, match="disk is full") as refused:
        await cache.segment(source, COPY, 1)
    assert refused.value.retry_after
    assert on_disk(tmp_path) == cache.used == 0


async def test_the_disk_is_never_filled_to_its_last_byte_and_what_nobody_watches_goes_first(cache, slow, source, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "_IN_USE_S", -1.0)
    disk = Disk(monkeypatch, tmp_path / "cache", 5500)
    for number in range(20):
        await cache.segment(source, COPY, number)
        assert disk.free >= 1000
        assert on_disk(tmp_path) == cache.used
    assert (await cache.segment(source, COPY, 19)).exists()
    disk.free = 1000
    with pytest.raises(Unavailable):
        await cache.segment(source, COPY, 20)


@pytest.mark.parametrize("what", ["cache", "cache/*"])
async def test_a_cache_that_is_wiped_is_filled_anew(cache, slow, source, tmp_path, what):
    for number in range(3):
        await cache.segment(source, COPY, number)
    for folder in tmp_path.glob(what):
        shutil.rmtree(folder)
    assert (await cache.segment(source, COPY, 1)).read_bytes() == bytes([1]) * 1000
    assert slow.made == [0, 1, 2, 1]
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700, "nobody else may look into it"


async def test_what_lies_far_from_its_viewers_goes_first(slow, source, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "_IN_USE_S", -1.0)
    async with Segments(slow, Plain(), tmp_path / "cache", 10_000, ahead=False).lifetime() as cache:
        other = [await cache.segment(changed(source, key="nobody watches it"), COPY, number) for number in range(2)]
        cache._heads._heads.clear()
        seen = [await cache.segment(source, COPY, number) for number in range(8)]
        await cache.segment(source, COPY, 8)
        assert not other[0].exists()
        await cache.segment(source, COPY, 9)
        assert not other[1].exists()
        assert all(path.exists() for path in seen)
        await cache.segment(source, COPY, 10)
        assert [path.exists() for path in seen] == [False, *[True] * 7]


async def test_folders_that_are_not_ours_are_left_alone(slow, tmp_path):
    letter = tmp_path / "cache" / "letters" / "mine.txt"
    letter.parent.mkdir(parents=True)
    letter.write_bytes(b"x" * 20_000)
    async with Segments(slow, Plain(), tmp_path / "cache", 10_000).lifetime() as cache:
        assert cache.used == 0
    assert letter.exists()


async def test_a_file_that_somebody_deleted_is_made_again(cache, slow, source):
    (await cache.segment(source, COPY, 1)).unlink()
    assert (await cache.segment(source, COPY, 1)).exists()
    assert slow.made == [1, 1]
    assert cache.used == 1000


async def test_the_next_run_takes_over_and_sweeps_up(slow, source, tmp_path):
    async with Segments(slow, Plain(), tmp_path / "cache", 10_000).lifetime() as cache:
        old = await cache.segment(source, COPY, 1)
        os.utime(old, (1, 1))
        kept = await cache.segment(source, COPY, 2)
    (old.parent / "3.m4s.part").write_bytes(b"half")
    async with Segments(slow, Plain(), tmp_path / "cache", 1000).lifetime() as cache:
        assert cache.used == 1000
        assert not old.exists()
        assert not (old.parent / "3.m4s.part").exists()
        assert await cache.segment(source, COPY, 2) == kept
    assert slow.made == [1, 2]


async def test_files_and_renditions_are_kept_apart(cache, source):
    another = changed(source, key="changed")
    paths = {
        await cache.segment(source, COPY, 1),
        await cache.segment(another, COPY, 1),
        await cache.segment(source, SOUND, 1),
        await cache.init(source, COPY),
        await cache.init(source, SOUND),
    }
    assert len(paths) == 5
