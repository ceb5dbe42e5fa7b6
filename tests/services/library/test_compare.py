"""What a scan makes of what it sees."""

from uuid import uuid4

import pytest

from revenge.services.library.compare import compare
from revenge.services.library.entity import Companion, Fallen, KnownFile
from revenge.services.library.walk import Found, Slice


def found(name="a.mkv", folder=(), size=1, mtime_ns=1, inode=1, companions=()):
    return Found(folder, name, size, mtime_ns, inode, list(companions))


def known(name="a.mkv", folder=(), size=1, mtime_ns=1, inode=1, state="probed", missing=False, error=None, companions=(), root="/nowhere"):
    return KnownFile(uuid4(), root, folder, name, size, mtime_ns, inode, state, missing, error, None, list(companions))


def test_an_unchanged_file_asks_for_nothing():
    result = compare(Slice([found()]), [known()], [], "/nowhere")
    assert (result.new, result.changes, result.to_probe, result.to_match, result.lost) == ([], [], [], [], [])


@pytest.mark.parametrize("change", [{"size": 2}, {"mtime_ns": 2}, {"inode": 2}])
def test_a_file_is_probed_again_when_size_time_or_inode_differ(change):
    was = known()
    result = compare(Slice([found(**change)]), [was], [], "/nowhere")
    assert (result.to_probe, result.changed) == ([was.id], 1)


def test_a_renamed_file_keeps_its_row_and_is_not_probed():
    was = known("old.mkv")
    result = compare(Slice([found("new.mkv")]), [was], [was], "/nowhere")
    assert (result.new, result.to_probe, result.to_match, result.lost, result.changed) == ([], [], [was.id], [], 1)


def test_a_second_name_of_a_file_that_is_still_there_is_a_new_file(tmp_path):
    (tmp_path / "old.mkv").touch()
    was = known("old.mkv", root=str(tmp_path))
    result = compare(Slice([found("old.mkv"), found("link.mkv")]), [was], [was], str(tmp_path))
    assert [file.name for file in result.new] == ["link.mkv"]


def test_a_missing_file_that_is_back_counts_as_added_and_is_matched():
    was = known(missing=True)
    result = compare(Slice([found()]), [was], [], "/nowhere")
    assert (result.to_match, result.returned) == ([was.id], 1)


def test_a_file_that_is_gone_is_lost_once():
    there, gone_before = known(), known("b.mkv", missing=True)
    assert compare(Slice([]), [there, gone_before], [], "/nowhere").lost == [there.id]


def test_nothing_below_an_unreadable_folder_is_lost():
    hidden, other = known(folder=("a", "b")), known(folder=("c",))
    result = compare(Slice([], blind=[(("a",), "Permission denied")]), [hidden, other], [], "/nowhere")
    assert result.lost == [other.id]


def test_a_file_that_could_not_be_read_stays_an_error_without_being_probed():
    result = compare(Slice([found()]), [known(state="failed", error="It is empty.")], [], "/films")
    assert (result.errors, result.to_probe) == ([Fallen("/films/a.mkv", "It is empty.", "unreadable")], [])


def test_a_new_poster_beside_a_file_asks_for_matching_only():
    was = known()
    result = compare(Slice([found(companions=[Companion("poster.jpg", 1, 1)])]), [was], [], "/nowhere")
    assert (result.to_match, result.to_probe) == ([was.id], [])


def test_a_file_left_unprobed_by_a_cancelled_scan_is_taken_up():
    was = known(state="new")
    assert compare(Slice([found()]), [was], [], "/nowhere").unseen == [was.id]
