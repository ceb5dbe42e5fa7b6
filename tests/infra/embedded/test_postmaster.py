"""What a server wrote down about itself, read at any moment."""

import pytest

from revenge.infra.embedded import postmaster


@pytest.mark.parametrize("text", ["", "\n", "abc\n", " "])
def test_a_file_that_is_only_just_being_written_says_nothing_yet(tmp_path, text):
    (tmp_path / "postmaster.pid").write_text(text)
    assert postmaster.read(tmp_path) is None


def test_a_server_that_has_no_status_yet_is_known_and_not_ready(tmp_path):
    (tmp_path / "postmaster.pid").write_text("4711\n/data\n")
    found = postmaster.read(tmp_path)
    assert (found.pid, found.ready) == (4711, False)
