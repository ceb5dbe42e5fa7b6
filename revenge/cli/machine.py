"""What the doctor looks at before any part is started: the disk, the clock, the port."""

import http.client
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from revenge.api.settings import ServerSettings
from revenge.bootstrap.settings import Settings
from revenge.cli.ask import ask
from revenge.cli.finding import Finding, broken, fine, weak
from revenge.core.errors import StartRefused
from revenge.infra import listen
from revenge.infra.embedded import place
from revenge.infra.embedded.disk import refused
from revenge.infra.embedded.lock import holder

_LITTLE, _TOO_LITTLE = 2 << 30, 256 << 20
"""Bytes that should and that must be free where the data lie."""
_BORN = 1_767_225_600
"""2026-01-01, in seconds since 1970: this program cannot run earlier."""
_HOUR = 3600.0


def machine(settings: Settings) -> Iterator[Finding]:
    """Yield what there is to say about the machine."""
    yield _directory(settings.data_dir.absolute())
    yield _clock(settings.data_dir)
    yield _door(settings.server, running=holder(settings.data_dir) is not None)


def _directory(data_dir: Path) -> Finding:
    """Whether the data directory takes files, and has room for more."""
    try:
        place.make_data(data_dir)
        with refused(data_dir), tempfile.TemporaryFile(dir=data_dir) as file:
            file.write(b"\0")
            file.flush()
    except StartRefused as error:
        return broken("data directory", error.detail)
    free = shutil.disk_usage(data_dir).free
    room = f"{data_dir} can be written; {free / 1e9:.1f} GB are free"
    if free < _TOO_LITTLE:
        return broken("data directory", f"{room}. The database may stop at any moment: make room.")
    return weak("data directory", f"{room}, which is little: make room.") if free < _LITTLE else fine("data directory", f"{room}.")


def _clock(data_dir: Path) -> Finding:
    """Whether the clock can be right: sign-ins and tickets end by it."""
    now, newest = time.time(), max((entry.stat().st_mtime for entry in data_dir.glob("*")), default=0.0)
    said = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if now < _BORN or newest > now + _HOUR:
        return broken("clock", f"It says {said}, which has been before: set the clock, or nobody can sign in reliably.")
    return fine("clock", f"It says {said}.")


def _door(server: ServerSettings, *, running: bool) -> Finding:
    """Whether the node answers at its port, or could."""
    if running:
        status, said = ask(server, "/health/ready")
        return fine("node", said) if status == http.client.OK else broken("node", said)
    try:
        listen.certificate(server.tls.cert, server.tls.key)
        listen.close(listen.bind(server.host, server.port))
    except StartRefused as error:
        return broken("port", error.detail)
    return fine("port", f"Port {server.port} of {server.host or '*'} is free; no node runs now.")
