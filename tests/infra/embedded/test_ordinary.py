"""The same as an ordinary user. (Without root every other test here is one already.)"""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
INTERPRETER = Path("/usr/bin/python3")
"""One that every user can run; the launcher needs the standard library only."""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user")
@pytest.mark.skipif(not INTERPRETER.exists(), reason="no interpreter here that every user can run")
def test_an_ordinary_user_runs_the_servers_in_their_own_directory(open_dir):
    nobody = pwd.getpwnam("nobody").pw_uid
    home = open_dir / "home"
    home.mkdir(mode=0o700)
    os.chown(home, nobody, nobody)
    command = [sys.executable, "-m", "tests.infra.embedded.ordinary", str(home / "data"), str(nobody), str(INTERPRETER)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [str(home / "data" / "postgres"), "True"]
    assert {path.stat().st_uid for path in home.rglob("*")} == {nobody}
