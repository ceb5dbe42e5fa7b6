"""Where the database is and how many connections it gets.

Beside the package and not in it: whoever only reads settings must not wait for SQLAlchemy.
"""

from typing import Annotated, Literal

from msgspec import Struct

from revenge.core.settings.about import about, url_of
from revenge.core.settings.words import Duration


class PoolSettings(Struct, frozen=True):
    """Connections kept open to the database."""

    max_conns: Annotated[int, about("Most connections at once; for a busy server twice the cores plus one.", ge=1, le=1000)] = 4
    min_conns: Annotated[int, about("Connections kept open while nothing happens.", ge=0, le=1000)] = 0
    max_conn_lifetime: Annotated[Duration, about("Age at which a connection is replaced.")] = Duration(3600)
    max_conn_idle_time: Annotated[Duration, about("Idle time after which a connection is closed.")] = Duration(1800)
    health_check_period: Annotated[Duration, about("Time between two looks at the idle connections.")] = Duration(60)

    def __post_init__(self) -> None:
        """Refuse a floor above the ceiling."""
        if self.min_conns > self.max_conns:
            raise ValueError("database.pool.min_conns must not be more than database.pool.max_conns.")


class DatabaseSettings(Struct, frozen=True):
    """PostgreSQL 18 or newer."""

    driver: Annotated[Literal["postgres"], about("Kind of database; only PostgreSQL is supported.")] = "postgres"
    url: (
        Annotated[
            str,
            about(
                "Address of PostgreSQL; unset means the embedded one.",
                expected="a PostgreSQL URL such as postgres://revenge:password@db:5432/revenge",
                check=url_of("postgres", "postgresql", "postgresql+asyncpg"),
            ),
        ]
        | None
    ) = None
    pool: PoolSettings = PoolSettings()
