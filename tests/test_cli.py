"""The command `revenge`, as a person types it: a process of its own, its words and its exit status."""

import io
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM
from types import SimpleNamespace

import msgspec
import pytest

from revenge.bootstrap.settings import Settings
from revenge.cli import ask, main
from revenge.cli.finding import broken
from revenge.cli.household import _chosen
from revenge.cli.machine import machine
from revenge.cli.schema import _TARGET
from revenge.core.errors import Invalid
from tests.fixtures.ports import free_port
from tests.fixtures.servers import short_directory

REFUSED = 78


class Terminal:
    """Where commands are typed: one data directory, and what comes back."""

    def __init__(self, data: Path) -> None:
        self.data = data
        others = {name: value for name, value in os.environ.items() if not name.startswith("REVENGE_")}
        self.environ = others | {"REVENGE_DATA_DIR": str(data), "REVENGE_SERVER_HOST": "127.0.0.1"}

    def run(self, *words: str, said: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Type a command and wait for its end."""
        command = [sys.executable, "-m", "revenge", *words]
        return subprocess.run(
            command, cwd=self.data.parent, env=self.environ | settings, input=said, capture_output=True, text=True, timeout=90, check=False
        )

    def start(self, *words: str, **settings: str) -> subprocess.Popen[str]:
        """Type a command that stays."""
        command = [sys.executable, "-m", "revenge", *words]
        return subprocess.Popen(
            command, cwd=self.data.parent, env=self.environ | settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    with short_directory() as place:
        yield Terminal(place / "data")


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[Terminal, list[str], int]]:
    """A running node: where to type commands, what it said until it was ready, and its port."""
    with short_directory() as place:
        terminal = Terminal(place / "data")
        port = free_port()
        terminal.environ["REVENGE_SERVER_PORT"] = str(port)
        node = terminal.start("serve")
        said = []
        try:
            for line in node.stdout:
                said.append(line)
                if "Revenge is ready" in line:
                    break
            assert "Revenge is ready" in said[-1], "".join(said)
            yield terminal, said, port
        finally:
            node.send_signal(SIGTERM)
            node.communicate(timeout=30)
        assert node.returncode == 0


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])

    assert end.value.code == 0
    told = capsys.readouterr().out
    assert all(word in told for word in ("serve", "migrate", "user", "library", "scan", "settings", "openapi", "health", "drain", "doctor"))


@pytest.mark.parametrize("words", [[], ["dance"], ["migrate"], ["user", "add", "anna"], ["scan", "--loud"]])
def test_wrong_usage_is_answered_with_how_it_is_meant(words, capsys):
    with pytest.raises(SystemExit) as end:
        main(words)

    assert end.value.code == 2
    assert "usage: revenge" in capsys.readouterr().err


def test_settings_are_shown_with_where_they_come_from_and_without_secrets(terminal):
    shown = terminal.run("settings", REVENGE_JWT_SECRET="s3cret" * 8, REVENGE_SERVER_PORT="9090")

    assert shown.returncode == 0
    rows = {row.split()[0]: row.split()[1:] for row in shown.stdout.splitlines()}
    assert rows["server.port"] == ["9090", "REVENGE_SERVER_PORT"]
    assert rows["auth.jwt_secret"] == ["********", "REVENGE_JWT_SECRET"]
    assert rows["log.level"] == ["info", "default"]
    assert not terminal.data.exists()


def test_a_setting_nobody_knows_refuses_the_command_with_one_sentence(terminal):
    refused = terminal.run("serve", REVENGE_SERVER_PROT="1")

    assert refused.returncode == REFUSED
    assert "REVENGE_SERVER_PROT" in refused.stderr
    assert "REVENGE_SERVER_PORT" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""


def test_a_settings_file_can_be_named(terminal, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("server:\n  port: 7070\n")

    shown = terminal.run("--config", str(file), "settings").stdout

    assert ["server.port", "7070", str(file)] in [row.split() for row in shown.splitlines()]


def test_the_description_of_the_api_is_printed(terminal):
    printed = terminal.run("openapi")

    assert printed.returncode == 0
    assert json.loads(printed.stdout)["openapi"].startswith("3.1")


def test_health_says_that_nobody_answers(terminal):
    asked = terminal.run("health", REVENGE_SERVER_PORT=str(free_port()))

    assert asked.returncode == 1
    assert "is it running" in asked.stdout


@pytest.mark.parametrize("words", [["--help"], ["settings"]])
def test_looking_up_words_loads_neither_the_server_nor_the_database(terminal, words):
    """Who asks what is set waits for an answer, not for a media server."""
    script = (
        f"import sys\nfrom revenge.cli import main\ntry: main({words!r})\nexcept SystemExit: pass\nprint(*sys.modules, file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", script], env=terminal.environ, capture_output=True, text=True, check=True)
    assert "REVENGE_" in run.stdout
    assert not {"aiohttp", "sqlalchemy", "alembic", "redis", "av"} & set(run.stderr.split())


def test_asking_for_health_does_not_load_the_house(terminal):
    """A container asks every half minute: it must cost next to nothing."""
    loaded = "import sys; from revenge.cli import main; main(['health']); print(sorted({'sqlalchemy', 'av', 'aiohttp', 'numpy'} & set(sys.modules)))"
    command = [sys.executable, "-c", loaded]
    environ = terminal.environ | {"REVENGE_SERVER_PORT": str(free_port()), "REVENGE_TMDB_API_KEY": "passed over"}

    said = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=True)

    assert said.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"status":"ok","checks":[{"name":"database","status":"healthy"}]}', "The node is ok."),
        (
            b'{"status":"failing","checks":[{"name":"database","status":"unhealthy","detail":"no answer"},{"name":"store","status":"unknown"}]}',
            "The node is failing (database: no answer; store: unknown).",
        ),
        (b"<html>", "The node answers with status 503."),
        (b"[]", "The node answers with status 503."),
    ],
)
def test_a_report_of_health_becomes_a_sentence(body, sentence):
    assert ask._sentence(503, body) == sentence


@pytest.mark.servers
def test_the_schema_goes_up_and_down_without_a_node(terminal):
    up = terminal.run("migrate", "up")
    again = terminal.run("migrate", "up")
    down = terminal.run("migrate", "down", "000001")
    status = terminal.run("migrate", "status")

    assert (up.returncode, again.returncode, down.returncode, status.returncode) == (0, 0, 0, 0)
    assert "from nothing to" in up.stdout
    assert "as it was" in again.stdout
    assert "to 000001." in down.stdout
    assert status.stdout.splitlines()[0].startswith("000001  applied")
    assert all("  missing  " in line for line in status.stdout.splitlines()[1:])


@pytest.mark.parametrize("target", ["12", "0000001", "heads", "-2", ""])
def test_a_migration_is_named_by_six_digits(target):
    assert not _TARGET.fullmatch(target)


@pytest.mark.servers
def test_a_running_node_is_asked_and_used(house):
    terminal, said, _ = house

    assert any("asks for this code" in line for line in said)
    asked = terminal.run("health")
    assert (asked.returncode, asked.stdout) == (0, "The node is ok.\n")
    assert terminal.run("migrate", "status").stdout.count("applied") > 5


@pytest.mark.servers
def test_a_second_node_on_the_same_data_is_refused(house):
    terminal, _, _ = house

    second = terminal.run("serve", REVENGE_SERVER_PORT="0")

    assert second.returncode == REFUSED
    assert "belongs to a node that is running" in second.stderr
    assert "Traceback" not in second.stderr


@pytest.fixture
def type_in(house, monkeypatch, capsys):
    """Type commands beside the running node, in this process: each gives its status, its words and its complaints."""
    for name, value in house[0].environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("revenge.cli.start.Log", lambda *_: SimpleNamespace(open=lambda: None))

    def type_in(*words, said=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(said))
        status = main(words)
        return status, *capsys.readouterr()

    return type_in


@pytest.mark.servers
def test_accounts_libraries_and_scans_reach_the_running_node(house, type_in, tmp_path):
    (tmp_path / "Metropolis (1927).mkv").write_bytes(b"no film at all")
    account = ("user", "add", "anna", "--email", "anna@example.org", "--admin")

    made = house[0].run(*account, said="correct horse\n")
    nothing = type_in("scan")
    library = type_in("library", "add", "Films", str(tmp_path))
    scan = type_in("scan", "films")

    assert (made.returncode, made.stdout, made.stderr) == (0, "anna can sign in and is an admin.\n", "")
    assert not (house[0].data / "setup_code").exists()
    assert nothing == (1, "", "There is no library yet: `revenge library add NAME FOLDER` makes one.\n")
    assert library == (0, "The library Films is there; `revenge scan` fills it.\n", "")
    assert scan == (0, "Films: completed, 1 files, 0 new, 0 changed, 0 gone, 1 with errors.\n", "")
    assert "there is Films" in type_in("scan", "Songs")[2]


@pytest.mark.servers
@pytest.mark.parametrize(
    ("words", "said", "sentence"),
    [
        (("user", "add", "ben", "--email", "ben@example.org"), "short\n", "password"),
        (("user", "add", "ben", "--email", "nowhere"), "correct horse\n", "email"),
        (("library", "add", "Elsewhere", "/no/such/folder"), "", "/no/such/folder"),
        (("library", "add", "Songs", "/tmp", "--kind", "song"), "", "movie"),
        (("migrate", "down", "third"), "", "six digits"),
        (("migrate", "up", "999999"), "", "999999"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(type_in, words, said, sentence):
    status, told, complaint = type_in(*words, said=said)

    assert (status, told) == (1, "")
    assert sentence in complaint


@pytest.mark.servers
def test_the_doctor_finds_a_running_node_well(house):
    terminal, _, _ = house

    looked = terminal.run("doctor")

    assert looked.returncode == 0, looked.stdout + looked.stderr
    parts = {line[8:25].strip() for line in looked.stdout.splitlines()}
    assert {"data directory", "clock", "node", "PostgreSQL", "schema", "store", "media", "media lock", "pictures"} <= parts


@pytest.mark.servers
def test_without_a_node_a_scan_does_its_own_work(terminal, tmp_path):
    (tmp_path / "Nosferatu (1922).mkv").write_bytes(b"no film at all")
    terminal.run("library", "add", "Films", str(tmp_path))

    scan = terminal.run("scan")

    assert (scan.returncode, "1 files, 0 new, 0 changed, 0 gone, 1 with errors" in scan.stdout) == (0, True)


def test_the_doctor_says_what_is_wrong_with_the_machine(tmp_path):
    (tmp_path / "data").write_text("in the way")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = msgspec.structs.replace(Settings().server, host="127.0.0.1", port=taken.getsockname()[1])
        found = list(machine(Settings(data_dir=tmp_path / "data", server=server)))

    ill = {finding.part: finding.sentence for finding in found if finding.state == "broken"}
    assert "a file is in the way" in ill["data directory"]
    assert "it is in use" in ill["port"]


def test_a_clock_that_stands_in_the_past_is_noticed(tmp_path):
    file = tmp_path / "tomorrow"
    file.touch()
    os.utime(file, (time.time() + 86400, time.time() + 86400))

    assert "set the clock" in next(finding.sentence for finding in machine(Settings(data_dir=tmp_path)) if finding.part == "clock")


@pytest.mark.servers
def test_the_doctor_goes_on_after_what_is_broken(terminal):
    looked = terminal.run("doctor", REVENGE_CACHE_URL="redis://127.0.0.1:1", REVENGE_SERVER_PORT="0")

    assert looked.returncode == 1
    assert "broken  store" in looked.stdout
    assert "PostgreSQL" in looked.stdout
    assert "pictures" in looked.stdout


def test_the_doctor_says_which_setting_is_wrong(terminal):
    looked = terminal.run("doctor", REVENGE_SERVER_PORT="http")

    assert looked.returncode == 1
    assert "broken  settings" in looked.stdout
    assert "REVENGE_SERVER_PORT" in looked.stdout


def test_findings_are_sentences():
    assert broken("disk", "It is full.").sentence.endswith(".")


def test_no_library_is_an_answer_too():
    with pytest.raises(Invalid, match="revenge library add"):
        _chosen([], [])
