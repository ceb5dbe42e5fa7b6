"""The log: coloured text for a person at a terminal, JSON lines for everything else, credentials in neither."""

import logging
import sys
from collections.abc import Callable, Iterable
from traceback import format_exception
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO

import msgspec
from loguru import logger
from msgspec import Struct

from revenge.core.settings import Loaded, Secret, about, fields
from revenge.infra.mask import Masker

if TYPE_CHECKING:
    from loguru import Message, Record

Level = Literal["trace", "debug", "info", "warning", "error"]

_CHATTY = ("alembic", "arq", "asyncio", "sqlalchemy", "httpx", "httpcore")
"""Libraries that tell every step at INFO or DEBUG: heard from WARNING on."""

_PLAIN = frozenset({int, float, bool, type(None)})
"""What JSON has itself, and what hides nothing."""


class LogSettings(Struct, frozen=True):
    """What the node writes down while it runs."""

    level: Annotated[Level, about("The least important message that is written.", live=True)] = "info"
    format: Annotated[
        Literal["auto", "text", "json"],
        about("How messages are written; auto is text on a terminal and JSON lines elsewhere."),
    ] = "auto"


class Log:
    """Where all messages of the process go, the standard library's among them."""

    def __init__(self, settings: LogSettings, secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
        """`secrets` are texts to be hidden wherever they turn up; the stream is standard error unless given."""
        self._stream = stream if stream is not None else sys.stderr
        self._mask = Masker(secrets)
        self._text = settings.format == "text" or (settings.format == "auto" and self._stream.isatty())
        self._sink: int | None = None
        self.level: Level = settings.level

    def open(self) -> None:
        """Take over from whatever was logging before."""
        logger.remove()
        logging.basicConfig(handlers=[_Intercept()], level=logging.NOTSET, force=True)
        logging.captureWarnings(capture=True)
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
        self.set_level(self.level)

    def set_level(self, level: Level) -> None:
        """Write messages of this level and above from now on."""
        self.level = level
        old, write = self._sink, self._as_text if self._text else self._as_json
        layout, colour = (_layout, self._stream.isatty()) if self._text else (_nothing, False)
        self._sink = logger.add(write, level=level.upper(), format=layout, colorize=colour, backtrace=False, diagnose=False)
        if old is not None:
            logger.remove(old)
        logging.getLogger().setLevel(level.upper() if level != "trace" else logging.NOTSET)

    def _as_text(self, message: "Message") -> None:
        self._stream.write(self._mask(message))
        self._stream.flush()

    def _as_json(self, message: "Message") -> None:
        line = _encoded(_line(message.record, str))
        if self._mask.suspects(line):  # seldom; JSON's own quotes would hide where a secret ends
            line = _encoded(_line(message.record, self._mask))
        self._stream.write(line + "\n")
        self._stream.flush()


def known_secrets(loaded: Loaded[Any]) -> list[str]:
    """The texts of all secrets that are set."""
    values = (loaded.get(field.path) for field in fields(type(loaded.values)))
    return [value.reveal() for value in values if isinstance(value, Secret)]


def _layout(record: "Record") -> str:
    """How a line of text looks; the request's id only where there is one."""
    request = " <dim>{extra[request_id]}</dim>" if "request_id" in record["extra"] else ""
    return f"<dim>{{time:HH:mm:ss.SSS}}</dim> <level>{{level: <7}}</level> {{message}} <dim>{{name}}</dim>{request}\n{{exception}}"


def _nothing(_: "Record") -> str:
    """JSON is made from the record, so loguru need not make a text of it."""
    return ""


def _encoded(line: dict[str, Any]) -> str:
    return msgspec.json.encode(line).decode()


def _line(record: "Record", mask: Callable[[str], str]) -> dict[str, Any]:
    """A record for programs: what is always there first, then what the message was made of."""
    line: dict[str, Any] = {
        "time": record["time"].isoformat(timespec="milliseconds"),
        "level": record["level"].name.lower(),
        "logger": record["name"],
        "message": mask(record["message"]),
    }
    if error := record["exception"]:
        line["exception"] = mask("".join(format_exception(error.type, error.value, error.traceback)))
    for key, value in record["extra"].items():
        if key not in line:
            line[key] = value if type(value) in _PLAIN else mask(str(value))
    return line


class _Intercept(logging.Handler):
    """Hands what the standard library logs to the one log."""

    def emit(self, record: logging.LogRecord) -> None:
        level: str | int = record.levelname if record.levelname in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"} else record.levelno
        frame: FrameType | None = logging.currentframe()
        depth = 0
        while frame and (depth == 0 or frame.f_code.co_filename == logging.__file__):
            frame, depth = frame.f_back, depth + 1
        logger.opt(depth=depth, exception=record.exc_info).log(level, "{}", record.getMessage())
