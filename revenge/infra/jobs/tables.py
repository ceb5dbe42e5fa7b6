"""Where jobs wait, and where they are accounted for until they are purged.

A row is *waiting* (`sent_at` empty), *sent* (an id lies in the store), *running* (`started_at` set, `lease_until` says how long that is
believed), or closed (`finished_at`; `failed` with its `error`). `sends` and `tries` are the fences: whoever holds an older number is late.
`again` says that it was asked for anew while it ran.
"""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, false, text
from sqlalchemy.dialects.postgresql import JSONB

from revenge.infra.database import identity, metadata

_TIME = DateTime(timezone=True)

outbox = Table(
    "outbox",
    metadata,
    *identity(),
    Column("job", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("args", JSONB, nullable=False),
    Column("run_at", _TIME, nullable=False, server_default=text("now()")),
    Column("sent_at", _TIME),
    Column("sends", Integer, nullable=False, server_default=text("0")),
    Column("started_at", _TIME),
    Column("lease_until", _TIME),
    Column("node", Text),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("again", Boolean, nullable=False, server_default=false()),
    Column("finished_at", _TIME),
    Column("failed", Boolean, nullable=False, server_default=false()),
    Column("error", Text),
    Index("outbox_asked_once", "job", "key", unique=True, postgresql_where=text("finished_at is null")),
    Index("outbox_to_send", "run_at", "id", postgresql_where=text("finished_at is null and sent_at is null")),
    Index("outbox_in_flight", "id", postgresql_where=text("finished_at is null and sent_at is not null")),
    Index("outbox_finished", "failed", "finished_at", postgresql_where=text("finished_at is not null")),
    schema="shared",
)
