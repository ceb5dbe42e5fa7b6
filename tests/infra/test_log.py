"""What stands in the log, and what never does."""

import io
import json
import logging
import warnings
from uuid import UUID

import pytest
from loguru import logger

from revenge.bootstrap.settings import Settings
from revenge.core.settings import load
from revenge.core.tickets import Tickets
from revenge.infra.log import Log, LogSettings, known_secrets
from revenge.infra.mask import Masker

TICKET = Tickets("x" * 32).issue_daily("image", UUID(int=1))


class Terminal(io.StringIO):
    """A stream that says a person is looking."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def a_log():
    """Open a log on a stream of its own; everything is as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def open_log(stream: io.StringIO, secrets=(), **settings) -> Log:
        log = Log(LogSettings(**settings), secrets, stream)
        log.open()
        return log

    yield open_log
    logger.remove()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def lines(a_log):
    """Open a JSON log and return a function that reads its lines so far."""
    stream = io.StringIO()
    a_log(stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_terminal_gets_coloured_text(a_log):
    stream = Terminal()
    a_log(stream)

    logger.warning("The disk {} is nearly full", "sda")

    assert "\x1b[" in stream.getvalue()
    assert "The disk sda is nearly full" in stream.getvalue()


def test_anything_else_gets_json_lines_with_the_parts_of_the_message(lines):
    logger.info("{method} {path}", method="GET", path="/api/v1/movies")

    (line,) = lines()
    assert line["message"] == "GET /api/v1/movies"
    assert (line["level"], line["method"], line["path"]) == ("info", "GET", "/api/v1/movies")
    assert line["time"].endswith(("Z", "+00:00")) or line["time"][-6] in "+-"


def test_text_can_be_asked_for_without_a_terminal(a_log):
    stream = io.StringIO()
    a_log(stream, format="text")

    with logger.contextualize(request_id="abc123"):
        logger.info("hello {{braces}} <b>and tags</b>")

    assert "\x1b[" not in stream.getvalue()
    assert "hello {{braces}} <b>and tags</b>" in stream.getvalue()
    assert "abc123" in stream.getvalue()


def test_what_is_said_during_a_request_carries_its_id(lines):
    with logger.contextualize(request_id="abc123"):
        logging.getLogger("some.library").warning("slow %s", "query")
    logger.info("afterwards")

    first, second = lines()
    assert first["request_id"] == "abc123"
    assert first["message"] == "slow query"
    assert "request_id" not in second


def test_the_standard_librarys_messages_and_warnings_come_too(lines):
    logging.getLogger("some.library").info("100% {done}")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old ways", UserWarning, stacklevel=1)

    first, second = lines()
    assert (first["message"], first["level"]) == ("100% {done}", "info")
    assert "old ways" in second["message"]


def test_libraries_that_tell_every_step_are_heard_from_warnings_on(a_log):
    stream = io.StringIO()
    a_log(stream, level="debug")

    logging.getLogger("sqlalchemy.engine").info("select 1")
    logging.getLogger("sqlalchemy.engine").error("it broke")

    assert "select 1" not in stream.getvalue()
    assert "it broke" in stream.getvalue()


def test_the_level_can_be_changed_while_running(a_log):
    stream = io.StringIO()
    log = a_log(stream)

    logger.debug("one")
    logging.getLogger("x").debug("two")
    log.set_level("debug")
    logger.debug("three")
    logging.getLogger("x").debug("four")
    log.set_level("error")
    logger.warning("five")

    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["three", "four"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_exception_stands_in_the_log_with_its_trace_and_without_its_secrets(a_log, form):
    stream = io.StringIO()
    a_log(stream, secrets=["correct-horse-battery"], format=form)
    passphrase = "correct-horse-battery"

    with logger.catch(message="No connection"):
        int(f"postgres://me:pa55word@db/x with {passphrase}")

    text = stream.getvalue()
    assert "ValueError" in text
    assert "test_log.py" in text
    assert "pa55word" not in text
    assert "correct-horse-battery" not in text


@pytest.mark.parametrize(
    ("said", "hidden", "kept"),
    [
        ("Authorization: Bearer abcdefghijk.lmnop", "abcdefghijk", "Authorization"),
        ("{'authorization': 'Digest username=me nonce=123'}", "nonce=123", "authorization"),
        ("sent Bearer abcdefghijklmnop to it", "abcdefghijklmnop", "to it"),
        ("X-API-Key: 0123456789", "0123456789", "X-API-Key"),
        ("Cookie: revenge_session=s3cr3tvalue; theme=dark", "s3cr3tvalue", "theme=dark"),
        (f"GET /media/{TICKET}/file/1.mp4", TICKET[:40], "/file/1.mp4"),
        (f"GET /images/{TICKET}/0192-af/342.webp", TICKET[:40], "342.webp"),
        ("redis://:hunter22@store:6379/0", "hunter22", "store:6379"),
        ("postgresql://me:p%40ss:word@db:5432/revenge", "p%40ss", "me:***@db:5432/revenge"),
        ('{"password": "hunter22", "username": "me"}', "hunter22", '"username": "me"'),
        ("https://api.example.org/3/movie?api_key=0a1b2c&language=de", "0a1b2c", "language=de"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl is old", "eyJ", "is old"),
    ],
)
def test_credentials_are_hidden_and_the_rest_stays(said, hidden, kept):
    masked = Masker()(said)

    assert hidden not in masked
    assert kept in masked


@pytest.mark.parametrize(
    "said",
    [
        "GET /api/v1/movies/0192f3a4-7c1e-7b3a-9d2e-5f6a7b8c9d0e 200 3.1 ms",
        "/media/a_folder_with_a_long_name_and_no_spaces/film.mkv",
        "/media/films/The_Lord_of_the_Rings (2001)/film.mkv has no picture",
        "Listening on http://0.0.0.0:8080",
        "Basic checks passed",
        "Two tokens were removed",
    ],
)
def test_innocent_sentences_stay_as_they_are(said):
    assert Masker()(said) == said


def test_the_values_of_all_secrets_that_are_set_are_hidden(a_log):
    loaded = load(Settings, {"REVENGE_JWT_SECRET": "j" * 40, "REVENGE_TMDB_API_KEY": "tmdb-key-1", "REVENGE_SEARCH_API_KEY": "xyz"})
    stream = io.StringIO()
    a_log(stream, secrets=known_secrets(loaded))

    logger.bind(answer=["tmdb-key-1"]).info("asked with {} and {}, xyz", "j" * 40, "tmdb-key-1")

    assert "jjjj" not in stream.getvalue()
    assert "tmdb-key-1" not in stream.getvalue()
    assert "xyz" in stream.getvalue()


def test_a_secret_that_json_writes_in_other_letters_is_hidden_too(a_log):
    stream = io.StringIO()
    a_log(stream, secrets=['pa"ss\\word'])

    logger.bind(sent='pa"ss\\word').info("asked")
    logger.info('password="hunter22"')

    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["sent"] == "***"
    assert "hunter22" not in second["message"]
