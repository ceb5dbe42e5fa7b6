"""Where jobs wait, and where they are accounted for until they are purged.

A row is *waiting* (`sent_at` empty), *sent* (an id lies in the store), *running* (`started_at` set, `lease_until` says how long that is
believed), or closed (`finished_at`; `failed` with its `error`). `sends` and `tries` are the fences: whoever holds an older number is late.
`again` says that it was asked for anew while it ran, `unsettled` that a run began of which nobody has said how it ended, `cancelled` that
nobody wants it any more: it is closed by whoever begins it next.
"""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Index, Integer, Table, Text, false, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

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
    Column("unsettled", Boolean, nullable=False, server_default=false()),
    Column("cancelled", Boolean, nullable=False, server_default=false()),
    Column("done", BigInteger),
    Column("total", BigInteger),
    Column("trace", Text),
    Index("outbox_asked_once", "job", "key", unique=True, postgresql_where=text("finished_at is null")),
    Index("outbox_to_send", "run_at", "id", postgresql_where=text("finished_at is null and sent_at is null")),
    Index("outbox_in_flight", "id", postgresql_where=text("finished_at is null and sent_at is not null")),
    Index("outbox_finished", "failed", "finished_at", postgresql_where=text("finished_at is not null")),
    Index("outbox_open", "id", postgresql_where=text("finished_at is null")),
    Index("outbox_failed", "id", postgresql_where=text("failed")),
    Index("outbox_cancelled", "id", postgresql_where=text("cancelled")),
    schema="shared",
)

job_log = Table(
    "job_log",
    metadata,
    *identity(),
    Column("job_id", UUID(as_uuid=True), ForeignKey("shared.outbox.id", ondelete="CASCADE"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("level", Text, nullable=False),
    Column("message", Text, nullable=False),
    Index("job_log_by_job", "job_id", "id"),
    schema="shared",
)
