"""The log survives what happens to disks, and says so where it cannot."""

import pytest

from cluster.disk.folder import Folder
from cluster.disk.journal import JOURNAL, META, Journal
from cluster.disk.snapshot import NAME, Snapshots
from cluster.errors import Damaged


class Full:
    """A disk with a port for errors: it takes nothing while `full`, or half of what it is given."""

    def __init__(self, disk):
        self.disk, self.full, self.half = disk, False, False

    def read(self, name):
        return self.disk.read(name)

    def replace(self, name, data):
        if self.full:
            raise OSError(28, "No space left on device")
        self.disk.replace(name, data)

    def write(self, name, offset, data):
        if self.full:
            if self.half:
                self.disk.write(name, offset, data[: len(data) // 2])
            raise OSError(28, "No space left on device")
        self.disk.write(name, offset, data)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "raft")


def filled(disk, upto=5):
    journal = Journal(disk)
    for index in range(1, upto + 1):
        journal.add(b"line %d" % index, index, 1)
    journal.setCurrentTerm(3, "b:1")
    assert journal.sync()
    return journal


def indexes(journal):
    return [index for _, index, _ in journal[:]]


def test_lines_term_and_vote_come_back(folder):
    filled(folder)
    journal = Journal(folder)
    assert journal[:] == [(b"line %d" % index, index, 1) for index in range(1, 6)]
    assert (journal.getCurrentTerm(), journal.getVotedForNodeId()) == (3, "b:1")
    assert journal.certain


def test_what_was_not_synced_was_never_said(folder):
    journal = filled(folder)
    journal.add(b"unsaid", 6, 1)
    assert indexes(Journal(folder)) == [1, 2, 3, 4, 5]


def test_lines_are_cut_at_the_end_and_at_the_beginning(folder):
    journal = filled(folder)
    journal.deleteEntriesFrom(3)
    journal.add(b"other", 4, 2)
    assert journal.sync()
    assert Journal(folder)[:][2:] == [(b"line 3", 3, 1), (b"other", 4, 2)]
    journal.deleteEntriesTo(2)
    assert journal.sync()
    journal.add(b"more", 5, 2)
    assert journal.sync()
    assert Journal(folder)[:] == [(b"line 3", 3, 1), (b"other", 4, 2), (b"more", 5, 2)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda log: log[:-1],
        lambda log: log[:-34],
        lambda log: log[:-30],
        lambda log: log + b"\xff" * 50,
        lambda log: log[:-9] + b"garbage!!",
    ],
)
def test_a_spoilt_end_is_cut_off_and_remembered(folder, tmp_path, spoil):
    filled(folder)
    path = tmp_path / "raft" / JOURNAL
    path.write_bytes(spoil(path.read_bytes()))
    journal = Journal(folder)
    assert indexes(journal) in ([1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5])
    assert not journal.certain
    assert journal.sync()
    again = Journal(folder)
    assert not again.certain
    again.reassure()
    assert again.sync()
    assert Journal(folder).certain


def test_an_old_line_is_never_taken_for_the_successor_of_a_new_one(folder, tmp_path):
    journal = filled(folder)
    path = tmp_path / "raft" / JOURNAL
    before = path.read_bytes()
    journal.deleteEntriesFrom(3)
    journal.add(b"LINE 4", 4, 2)
    assert journal.sync()
    after = path.read_bytes()
    path.write_bytes(after[:-4] + before[len(after) - 4 :])
    assert indexes(Journal(folder)) == [1, 2, 3, 4]


def test_a_log_that_ends_before_what_was_final_is_not_trusted(folder, tmp_path):
    journal = filled(folder)
    journal.setRaftCommitIndex(5)
    journal.onOneSecondTimer()
    assert journal.sync()
    (tmp_path / "raft" / JOURNAL).unlink()
    assert not Journal(folder).certain


@pytest.mark.parametrize("name", [META, JOURNAL])
def test_a_node_that_forgot_its_vote_or_its_beginning_does_not_start(folder, tmp_path, name):
    filled(folder)
    (tmp_path / "raft" / name).write_bytes(b"\0" * 40)
    with pytest.raises(Damaged, match="join again"):
        Journal(folder)


def test_without_the_file_of_votes_a_log_is_worth_nothing(folder, tmp_path):
    filled(folder)
    (tmp_path / "raft" / META).unlink()
    with pytest.raises(Damaged):
        Journal(folder)


@pytest.mark.parametrize("half", [False, True])
def test_a_full_disk_is_said_and_made_good_later(folder, half):
    disk = Full(folder)
    journal = filled(disk)
    disk.full, disk.half = True, half
    journal.add(b"line 6", 6, 1)
    assert not journal.sync()
    assert journal.failed is not None
    assert journal.failed.errno == 28
    journal.add(b"line 7", 7, 1)
    assert not journal.sync()
    disk.full = False
    assert journal.sync()
    assert journal.failed is None
    assert indexes(Journal(folder)) == list(range(1, 8))


def test_nothing_is_written_while_nothing_changes(folder, tmp_path):
    journal = filled(folder)
    stamps = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "raft").iterdir()}
    for _ in range(5):
        journal.setRaftCommitIndex(journal.getRaftCommitIndex())
        journal.onOneSecondTimer()
        assert journal.sync()
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "raft").iterdir()} == stamps


def snapshots(folder, text=b'{"a":1}'):
    made = Snapshots(folder)
    made.dump = lambda: (["a:1", "b:2"], text)
    return made


def test_a_snapshot_travels_in_pieces_and_is_kept(folder, tmp_path):
    sender = snapshots(folder, b'{"a":"%s"}' % (b"x" * 200_000))
    sender.serialize((None, (b"l", 9, 2), (b"b", 8, 2), set()), 8)
    assert sender.checkSerializing() == (2, 8)
    assert sender.checkSerializing() == (0, None)
    receiver = Snapshots(Folder(tmp_path / "other"))
    pieces = 0
    while not receiver.setTransmissionData(sender.getTransmissionData("b")):
        pieces += 1
    assert pieces >= 3
    kept = Snapshots(Folder(tmp_path / "other")).kept
    assert kept is not None
    assert (kept.last, kept.members) == ((b"l", 9, 2), ["a:1", "b:2"])


def test_a_snapshot_that_came_damaged_is_not_taken(folder, tmp_path):
    sender = snapshots(folder)
    sender.serialize((None, (b"l", 9, 2), (b"b", 8, 2), set()), 8)
    piece, _, _ = sender.getTransmissionData("b")
    receiver = Snapshots(Folder(tmp_path / "other"))
    assert not receiver.setTransmissionData((piece[:-2] + b"zz", True, False))
    assert not receiver.setTransmissionData((b"", False, True))
    assert receiver.kept is None
    assert not receiver.setTransmissionData((b"no beginning", False, False))


def test_a_spoilt_snapshot_stops_the_start(folder, tmp_path):
    sender = snapshots(folder)
    sender.serialize((None, (b"l", 9, 2), (b"b", 8, 2), set()), 8)
    path = tmp_path / "raft" / NAME
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(Damaged):
        Snapshots(folder)


def test_a_snapshot_on_a_full_disk_fails_and_waits_before_the_next(folder):
    disk = Full(folder)
    made = Snapshots(disk)
    disk.full = True
    made.serialize((None, (b"l", 9, 2), (b"b", 8, 2), set()), 8)
    assert made.checkSerializing() == (3, 8)
    disk.full = False
    made.serialize((None, (b"l", 9, 2), (b"b", 8, 2), set()), 8)
    assert made.checkSerializing() == (0, None)
