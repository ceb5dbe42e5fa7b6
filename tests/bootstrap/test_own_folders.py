"""Folders of the node's own in its data directory."""

import pytest

from revenge.bootstrap.ground import OwnFolders
from revenge.core.errors import StartRefused


async def test_folders_are_closed_to_others_and_those_of_an_older_version_become_so(tmp_path):
    old, new = tmp_path / "artwork", tmp_path / "segments"
    old.mkdir(mode=0o755)
    (old / "ab").mkdir()

    async with OwnFolders(old, new).lifetime():
        assert [folder.stat().st_mode & 0o777 for folder in (old, new)] == [0o700, 0o700]
        assert (old / "ab").is_dir()


async def test_a_file_in_the_way_of_a_folder_refuses_the_start_with_a_sentence(tmp_path):
    (tmp_path / "artwork").write_text("")

    with pytest.raises(StartRefused, match="a file is in the way"):
        async with OwnFolders(tmp_path / "artwork").lifetime():
            pass
