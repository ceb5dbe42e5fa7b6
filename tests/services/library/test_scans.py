"""A scan from its request to its last job: what it makes of files that are new, changed, moved, gone, back, or broken."""

import asyncio
import os
from functools import partial

import pytest

from revenge.core.ids import ItemRef
from revenge.core.page import PageQuery
from revenge.services.library import stages
from revenge.services.library.entity import LibraryEdit
from revenge.services.library.walk import walk
from tests.services.library.conftest import counts


async def test_films_are_found_looked_into_kept_and_told(house):
    library = await house.library()
    house.put("Alien (1979)/Alien (1979).mkv")
    house.put("Zulu (1964).mkv")
    house.put("Zulu sample.mkv")
    house.put("notes.txt")
    scan = await house.scan(library)
    assert (scan.state, counts(scan)) == ("completed", {"found": 2, "added": 2, "done": 2})
    assert await house.files() == {"Alien (1979)/Alien (1979).mkv": "probed", "Zulu (1964).mkv": "probed"}
    assert sorted(house.added) == ["Alien", "Zulu"]
    assert sorted(house.films.indexed) == sorted(house.films.enriched) == sorted(house.films.items.values())
    assert house.films.settled == [library.id]
    assert (house.states[0], house.states[-1]) == ("queued", "completed")


async def test_a_second_scan_of_what_has_not_changed_does_nothing(house):
    library = await house.library()
    house.put("Alien (1979).mkv")
    await house.scan(library)
    scan = await house.scan(library)
    assert counts(scan) == {"found": 1, "done": 1}
    assert house.eyes.asked == {"Alien (1979).mkv": 1}
    assert house.films.identified == ["Alien (1979).mkv"]


async def test_two_versions_are_one_film_and_told_once(house):
    library = await house.library()
    house.put("Alien (1979).mkv")
    house.put("Alien (1979) cut.mkv")
    await house.scan(library)
    assert house.added == ["Alien"]
    (files,) = [await house.module.files.of_item(kept, house.caller) for kept in await items(house)]
    assert sorted((file.name, file.edition) for file in files) == [("Alien (1979) cut.mkv", "Cut"), ("Alien (1979).mkv", None)]


async def items(house):
    return [ItemRef("movie", id) for id in house.films.items.values()]


async def test_a_changed_file_is_looked_into_again(house):
    library = await house.library()
    path = house.put("Alien (1979).mkv")
    await house.scan(library)
    path.write_text("a longer film")
    scan = await house.scan(library)
    assert counts(scan) == {"found": 1, "changed": 1, "done": 1}
    assert house.eyes.asked == {"Alien (1979).mkv": 2}
    assert house.added == ["Alien"]


async def test_a_moved_and_renamed_file_keeps_what_is_known_and_is_not_looked_into(house):
    library = await house.library()
    path = house.put("Alien.mkv")
    await house.scan(library)
    ((before,),) = await house.sql("select id from shared.files")
    (house.folder / "A").mkdir()
    path.rename(house.folder / "A" / "Aliens (1986).mkv")
    scan = await house.scan(library)
    assert counts(scan) == {"found": 1, "changed": 1, "done": 1}
    assert house.eyes.asked == {"Alien.mkv": 1}
    assert house.added == ["Alien.mkv", "Aliens"]
    assert await house.sql("select id from shared.files") == [(before,)]


async def test_a_file_moved_between_two_folders_of_a_library_is_the_same(house, tmp_path):
    (tmp_path / "more").mkdir()
    library = await house.library(house.folder, tmp_path / "more")
    path = house.put("Alien (1979).mkv")
    house.put("Zulu (1964).mkv")
    await house.scan(library)
    path.rename(tmp_path / "more" / path.name)
    await house.scan(library)
    scan = await house.scan(library)
    assert counts(scan) == {"found": 2, "done": 2}
    assert await house.files() == {"Alien (1979).mkv": "probed", "Zulu (1964).mkv": "probed"}
    assert house.eyes.asked["Alien (1979).mkv"] == 1


async def test_a_file_that_is_gone_is_missing_and_back_it_is_the_same_film(house):
    library = await house.library()
    path, _ = house.put("Alien (1979).mkv"), house.put("Zulu (1964).mkv")
    await house.scan(library)
    hidden = path.rename(house.folder.parent / "kept elsewhere")
    scan = await house.scan(library)
    assert counts(scan) == {"found": 1, "removed": 1, "done": 1}
    assert (await house.files())["Alien (1979).mkv"] == "probed, missing"
    assert counts(await house.scan(library)) == {"found": 1, "done": 1}
    hidden.rename(path)
    scan = await house.scan(library)
    assert counts(scan) == {"found": 2, "added": 1, "done": 2}
    assert (await house.files())["Alien (1979).mkv"] == "probed"
    assert house.eyes.asked["Alien (1979).mkv"] == 1
    assert house.added == ["Alien", "Zulu"]


async def test_what_appears_beside_a_film_is_noticed_without_looking_into_it(house):
    library = await house.library()
    house.put("Alien (1979).mkv")
    await house.scan(library)
    house.put("Alien (1979).srt")
    await house.scan(library)
    assert house.eyes.asked == {"Alien (1979).mkv": 1}
    assert house.films.identified == ["Alien (1979).mkv"] * 2
    (file,) = await house.module.files.of_item((await items(house))[0], house.caller)
    assert [companion.name for companion in file.companions] == ["Alien (1979).srt"]


async def test_a_broken_file_is_one_error_in_every_scan_until_it_is_mended(house):
    library = await house.library()
    path = house.put("Alien (1979).mkv", "broken")
    house.put("Zulu (1964).mkv")
    for added in (1, 0):
        scan = await house.scan(library)
        assert (scan.state, scan.added, scan.failed, scan.done) == ("completed", added, 1, 2)
        assert await house.errors(scan) == [("Alien (1979).mkv", "It is no media file that can be read.")]
        assert await house.faults(scan) == ["damaged"]
        assert house.eyes.asked["Alien (1979).mkv"] == 1
    assert house.added == ["Zulu"]
    path.write_text("mended now")
    scan = await house.scan(library)
    assert (counts(scan), await house.errors(scan)) == ({"found": 2, "changed": 1, "done": 2}, [])
    assert house.added == ["Zulu", "Alien"]


async def test_many_films_go_in_batches_and_folders_in_slices(house, monkeypatch):
    monkeypatch.setattr(stages, "walk", partial(walk, limit=10))
    library = await house.library()
    for number in range(40):
        house.put(f"{number // 8}/Film {number} (2000).mkv")
    scan = await house.libraries.scan(library.id, house.caller)
    await house.work("library.scan")
    assert [job[1] for job in await house.asked()].count("library.probe") == 3
    await house.work()
    scan = await house.libraries.get_scan(scan.id, house.caller)
    assert (scan.state, counts(scan)) == ("completed", {"found": 40, "added": 40, "done": 40})
    assert len(house.added) == 40
    assert counts(await house.scan(library)) == {"found": 40, "done": 40}


# ---- disks that are away


@pytest.mark.parametrize("how", ["vanished", "emptied", "a file"])
async def test_a_folder_that_vanished_or_came_up_empty_loses_nothing(house, how):
    library = await house.library()
    house.put("Alien (1979).mkv")
    await house.scan(library)
    elsewhere = house.folder.rename(house.folder.with_name("unplugged"))
    if how == "emptied":
        house.folder.mkdir()
    elif how == "a file":
        house.folder.touch()
    scan = await house.scan(library)
    assert (scan.state, counts(scan)) == ("failed", {"failed": 1})
    ((path, reason),) = await house.errors(scan)
    assert path == str(house.folder)
    assert reason.endswith("Its items are kept and marked unavailable.")
    assert await house.faults(scan) == ["folder_away"]
    assert await house.files() == {"Alien (1979).mkv": "probed"}
    assert [root.available for root in (await house.libraries.get(library.id, house.caller)).paths] == [False]
    assert house.films.settled == [library.id] * 2

    if how == "emptied":
        house.folder.rmdir()
    elif how == "a file":
        house.folder.unlink()
    elsewhere.rename(house.folder)
    scan = await house.scan(library)
    assert counts(scan) == {"found": 1, "done": 1}
    assert [root.available for root in (await house.libraries.get(library.id, house.caller)).paths] == [True]


async def test_one_disk_that_is_away_does_not_hide_what_is_on_the_other(house, tmp_path):
    (tmp_path / "more").mkdir()
    library = await house.library(house.folder, tmp_path / "more")
    house.put("Alien (1979).mkv")
    (tmp_path / "more" / "Zulu (1964).mkv").write_text("a film")
    await house.scan(library)
    house.folder.rename(tmp_path / "unplugged")
    scan = await house.scan(library)
    assert (scan.state, counts(scan)) == ("completed", {"found": 1, "failed": 1, "done": 1})
    assert [root.available for root in (await house.libraries.get(library.id, house.caller)).paths] == [False, True]
    (file,) = await house.module.files.of_item((await items(house))[0], house.caller)
    assert not file.available


async def test_what_lies_in_a_folder_that_cannot_be_read_is_kept_and_named(house, monkeypatch):
    library = await house.library()
    house.put("locked/Alien (1979).mkv")
    house.put("Zulu (1964).mkv")
    await house.scan(library)
    real = os.scandir

    def scandir(path="."):
        if str(path).endswith("/locked"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    scan = await house.scan(library)
    assert (scan.state, counts(scan)) == ("completed", {"found": 1, "failed": 1, "done": 1})
    assert await house.errors(scan) == [("locked", "The folder cannot be read: Permission denied.")]
    assert await house.faults(scan) == ["folder_unreadable"]
    assert await house.files() == {"locked/Alien (1979).mkv": "probed", "Zulu (1964).mkv": "probed"}


async def test_an_empty_folder_that_never_held_anything_is_not_away(house):
    scan = await house.scan(await house.library())
    assert (scan.state, counts(scan)) == ("completed", {})


# ---- cancelled, joined, given up


async def test_a_second_request_joins_the_scan_that_is_there(house):
    library = await house.library()
    house.put("Alien (1979).mkv")
    first = await house.libraries.scan(library.id, house.caller)
    assert (await house.libraries.scan(library.id, house.caller)).id == first.id
    await house.work("library.scan")
    joined = await house.libraries.scan(library.id, house.caller)
    assert (joined.id, joined.state) == (first.id, "running")
    assert [job[1] for job in await house.asked()] == ["library.probe"]
    await house.work()
    assert (await house.libraries.scan(library.id, house.caller)).id != first.id


async def test_two_requests_at_once_are_one_scan(house):
    library = await house.library()
    scans = await asyncio.gather(*(house.libraries.scan(library.id, house.caller) for _ in range(5)))
    assert len({scan.id for scan in scans}) == 1
    assert len(await house.asked()) == 1


async def test_a_scan_whose_first_job_was_lost_begins_when_it_is_asked_for_again(house):
    library = await house.library()
    scan = await house.libraries.scan(library.id, house.caller)
    await house.sql("update shared.outbox set finished_at = now(), failed = true")
    assert (await house.scan(library)).id == scan.id
    assert (await house.libraries.get_scan(scan.id, house.caller)).state == "completed"


@pytest.mark.parametrize("after", [(), ("library.scan",), ("library.scan", "library.probe")])
async def test_a_cancelled_scan_stops_where_it_is_and_the_next_one_takes_up_what_is_left(house, after):
    library = await house.library()
    house.put("Alien (1979).mkv")
    scan = await house.libraries.scan(library.id, house.caller)
    if after:
        await house.work(*after)
    cancelled = await house.libraries.cancel(scan.id, house.caller)
    assert cancelled.state == "cancelled"
    assert cancelled.finished_at is not None
    await house.work()
    stopped = await house.libraries.get_scan(scan.id, house.caller)
    assert counts(stopped) == counts(cancelled)
    assert (house.added, house.states[-1]) == ([], "cancelled")
    assert (await house.libraries.cancel(scan.id, house.caller)).state == "cancelled"

    again = await house.scan(library)
    assert (again.state, again.done) == ("completed", 1)
    assert house.added == ["Alien"]


async def test_a_scan_that_completed_stays_completed_when_it_is_cancelled(house):
    scan = await house.scan(await house.library())
    assert (await house.libraries.cancel(scan.id, house.caller)).state == "completed"


@pytest.mark.parametrize("job", ["library.scan", "library.probe", "library.match"])
async def test_a_job_that_comes_twice_changes_nothing(house, job):
    library = await house.library()
    house.put("Alien (1979).mkv")
    house.put("Zulu (1964).mkv", "broken")
    scan = await house.libraries.scan(library.id, house.caller)
    while True:
        (waiting, *_) = await house.asked()
        await house.do(waiting)
        if waiting[1] == job:
            break
    before = await house.libraries.get_scan(scan.id, house.caller)
    told, asked = list(house.told), await house.asked()
    await house.do(waiting, done=False)
    after = await house.libraries.get_scan(scan.id, house.caller)
    assert (counts(after), await house.asked()) == (counts(before), asked)
    assert [event for event in house.told[len(told) :] if getattr(event, "state", "") != "running"] == []
    await house.work()
    done = await house.libraries.get_scan(scan.id, house.caller)
    assert (done.state, counts(done)) == ("completed", {"found": 2, "added": 1, "failed": 1, "done": 2})


async def test_the_last_two_steps_at_once_complete_the_scan_once(house):
    library = await house.library()
    for number in range(stages.BATCH + 8):
        house.put(f"Film {number} (2000).mkv")
    scan = await house.libraries.scan(library.id, house.caller)
    await house.work("library.scan", "library.probe")
    steps = [job for job in await house.asked() if job[1] == "library.match"]
    assert len(steps) > 1
    await asyncio.gather(*(house.do(job) for job in steps))
    done = await house.libraries.get_scan(scan.id, house.caller)
    assert (done.state, done.done) == ("completed", stages.BATCH + 8)
    assert house.states.count("completed") == 1
    assert house.films.settled == [library.id]


async def test_files_of_a_job_that_failed_for_good_are_errors_and_the_scan_goes_on(house, monkeypatch):
    monkeypatch.setattr(stages, "BATCH", 1)
    library = await house.library()
    house.put("Alien (1979).mkv")
    house.put("Zulu (1964).mkv")
    scan = await house.libraries.scan(library.id, house.caller)
    await house.work("library.scan")
    first, _ = await house.asked()
    house.eyes.fails = RuntimeError("out of luck")
    with pytest.raises(RuntimeError, match="out of luck"):
        await house.do(first, done=False)
    assert (await house.libraries.get_scan(scan.id, house.caller)).state == "running"
    house.eyes.fails = None
    await house.give_up(first)
    await house.work()
    done = await house.libraries.get_scan(scan.id, house.caller)
    assert (done.state, counts(done)) == ("completed", {"found": 2, "added": 1, "failed": 1, "done": 2})
    ((path, reason),) = await house.errors(done)
    assert path in {"Alien (1979).mkv", "Zulu (1964).mkv"}
    assert "the log of the server has the details" in reason
    assert counts(await house.scan(library)) == {"found": 2, "added": 1, "done": 2}
    assert sorted(house.added) == ["Alien", "Zulu"]


async def test_files_that_could_not_be_identified_are_errors_until_the_next_scan(house):
    library = await house.library()
    house.put("Alien (1979).mkv")
    scan = await house.libraries.scan(library.id, house.caller)
    await house.work("library.scan", "library.probe")
    await house.give_up((await house.asked())[0])
    done = await house.libraries.get_scan(scan.id, house.caller)
    assert (done.state, done.failed, [path for path, _ in await house.errors(done)]) == ("completed", 1, ["Alien (1979).mkv"])
    await house.scan(library)
    assert house.added == ["Alien"]


@pytest.mark.parametrize("how", ["told", "found out"])
async def test_a_scan_that_nobody_goes_on_with_has_failed_and_says_so(house, monkeypatch, how):
    monkeypatch.setattr(stages, "walk", partial(walk, limit=1))
    library = await house.library()
    for name in ("A", "B", "C"):
        house.put(f"{name}/Film {name} (2000).mkv")
    scan = await house.libraries.scan(library.id, house.caller)
    await house.do((await house.asked())[0])
    (walking,) = [job for job in await house.asked() if job[1] == "library.scan"]
    await house.libraries.mend()
    assert (await house.libraries.get_scan(scan.id, house.caller)).state == "running"
    if how == "told":
        await house.give_up(walking)
    else:
        await house.sql("update shared.outbox set finished_at = now(), failed = true where finished_at is null")
        await house.libraries.mend()
    done = await house.libraries.get_scan(scan.id, house.caller)
    assert (done.state, done.failed, house.states[-1]) == ("failed", 1, "failed")
    assert done.finished_at is not None
    ((path, reason),) = await house.errors(done)
    assert (path, await house.faults(done)) == (str(house.folder), ["gave_up"])
    assert "the log of the server has the details" in reason
    await house.work()
    again = await house.scan(library)
    assert (again.state, again.found, again.done) == ("completed", 3, 3)
    assert len(house.added) == 3


async def test_files_that_a_job_had_no_time_for_are_looked_into_by_the_next_one(house):
    library = await house.library()
    for number in range(5):
        house.put(f"Film {number} (2000).mkv")
    scan = await house.libraries.scan(library.id, house.caller)
    await house.work("library.scan")
    house.eyes.most = 2
    (job,) = await house.asked()
    await house.do(job)
    assert sorted(job[1] for job in await house.asked()) == ["library.match", "library.probe"]
    house.eyes.most = 0
    (more,) = [job for job in await house.asked() if job[1] == "library.probe"]
    await house.do(more)
    house.eyes.most = None
    await house.work()
    done = await house.libraries.get_scan(scan.id, house.caller)
    assert (done.state, counts(done)) == ("completed", {"found": 5, "added": 5, "done": 5})
    assert set(house.eyes.asked.values()) == {1}


async def test_a_file_that_goes_between_finding_and_looking_is_one_error(house):
    library = await house.library()
    path = house.put("Alien (1979).mkv")
    scan = await house.libraries.scan(library.id, house.caller)
    await house.work("library.scan")
    path.unlink()
    await house.work()
    done = await house.libraries.get_scan(scan.id, house.caller)
    assert (done.state, done.failed, done.done) == ("completed", 1, 1)


async def test_a_library_that_is_removed_in_the_middle_of_its_scan_ends_it(house):
    library = await house.library()
    house.put("Alien (1979).mkv")
    await house.libraries.scan(library.id, house.caller)
    await house.work("library.scan")
    await house.libraries.remove(library.id, house.caller)
    await house.work()
    assert (house.added, await house.files()) == ([], {})


async def test_a_folder_that_is_taken_out_in_the_middle_of_a_scan_is_an_error_of_it(house, tmp_path):
    (tmp_path / "more").mkdir()
    library = await house.library(house.folder, tmp_path / "more")
    house.put("Alien (1979).mkv")
    scan = await house.libraries.scan(library.id, house.caller)
    await house.do((await house.asked())[0])
    await house.libraries.change(library.id, LibraryEdit(paths=[str(house.folder)]), house.caller)
    await house.work()
    done = await house.libraries.get_scan(scan.id, house.caller)
    assert (done.state, done.failed) == ("completed", 1)
    assert "taken out of the library" in (await house.errors(done))[0][1]


# ---- by itself


async def test_every_library_is_scanned_when_its_time_has_come(house, tmp_path):
    (tmp_path / "more").mkdir()
    for name, path in (("Films", house.folder), ("More", tmp_path / "more")):
        await house.library(path, name=name)
    await house.libraries.scan_all()
    await house.libraries.scan_all()
    assert [job[1] for job in await house.asked()] == ["library.scan"] * 2


@pytest.mark.parametrize(("days", "left"), [(29, 1), (31, 0)])
async def test_a_file_that_has_been_missing_for_a_month_is_forgotten(house, days, left):
    library = await house.library()
    path, _ = house.put("Alien (1979).mkv"), house.put("Zulu (1964).mkv")
    await house.scan(library)
    path.unlink()
    await house.scan(library)
    settled = len(house.films.settled)
    await house.sql("update shared.files set missing_since = missing_since - make_interval(days => :days)", days=days)
    await house.libraries.tidy()
    assert len(await house.files()) == 1 + left
    assert len(house.films.settled) == settled + 1 - left


async def test_scans_and_their_errors_come_in_pages(house):
    library = await house.library()
    for number in range(5):
        house.put(f"Film {number} (2000).mkv", "broken")
    scans = [(await house.scan(library)).id for _ in range(3)]
    first = await house.libraries.page_scans(library.id, PageQuery(limit=2), house.caller)
    second = await house.libraries.page_scans(library.id, PageQuery(limit=2, cursor=first.next), house.caller)
    assert [scan.id for scan in (*first.items, *second.items)] == scans[::-1]
    errors = await house.libraries.page_errors(scans[0], PageQuery(limit=4), house.caller)
    more = await house.libraries.page_errors(scans[0], PageQuery(limit=4, cursor=errors.next), house.caller)
    assert len({error.path for error in (*errors.items, *more.items)}) == 5
