"""Where libraries, their files and scans are kept."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from revenge.infra.database import Texts, identity, metadata


def _library() -> Column[object]:
    return Column("library_id", UUID(as_uuid=True), ForeignKey("shared.libraries.id", ondelete="CASCADE"), nullable=False)


libraries = Table(
    "libraries",
    metadata,
    *identity(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Index("libraries_by_name", text("lower(name)"), unique=True),
    schema="shared",
)

roots = Table(
    "library_roots",
    metadata,
    *identity(),
    _library(),
    Column("path", Text, nullable=False),
    Column("available", Boolean, nullable=False, server_default=text("true")),
    Index("library_roots_by_library", "library_id", "path", unique=True),
    schema="shared",
)

files = Table(
    "files",
    metadata,
    *identity(),
    _library(),
    Column("root_id", UUID(as_uuid=True), ForeignKey("shared.library_roots.id", ondelete="CASCADE"), nullable=False),
    # Element-wise comparison in code-point order is the order in which a scan walks: one range is one slice of a walk.
    Column("folder", Texts("C"), nullable=False),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'new'")),
    Column("error", Text),
    Column("fault", Text),
    Column("edition", Text),
    Column("missing_since", DateTime(timezone=True)),
    Column("companions", JSONB, nullable=False, server_default=text("'[]'")),
    Column("facts", JSONB),
    Column("keyframes", LargeBinary),
    Index("files_by_place", "root_id", "folder", "name", unique=True),
    Index("files_by_library", "library_id"),
    Index("files_by_inode", "inode", "size"),
    schema="shared",
)

readings = Table(
    "readings",
    metadata,
    Column("file_id", UUID(as_uuid=True), ForeignKey("shared.files.id", ondelete="CASCADE"), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("so_far", LargeBinary, nullable=False),
    schema="shared",
)

item_files = Table(
    "item_files",
    metadata,
    Column("item_kind", Text, primary_key=True),
    Column("item_id", UUID(as_uuid=True), primary_key=True),
    Column("file_id", UUID(as_uuid=True), ForeignKey("shared.files.id", ondelete="CASCADE"), primary_key=True),
    Index("item_files_by_file", "file_id"),
    schema="shared",
)

scans = Table(
    "scans",
    metadata,
    *identity(),
    _library(),
    Column("state", Text, nullable=False, server_default=text("'queued'")),
    *(
        Column(count, Integer, nullable=False, server_default=text("0"))
        for count in ("found", "added", "changed", "removed", "failed", "done")
    ),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Index("scans_by_library", "library_id", text("created_at desc"), text("id desc")),
    # One scan per library at a time: a second request joins the one that is here.
    Index("scans_one_running", "library_id", unique=True, postgresql_where=text("state in ('queued', 'running')")),
    schema="shared",
)

scan_steps = Table(
    "scan_steps",
    metadata,
    Column("scan_id", UUID(as_uuid=True), ForeignKey("shared.scans.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("done", Boolean, nullable=False, server_default=text("false")),
    Index("scan_steps_open", "scan_id", postgresql_where=text("not done")),
    schema="shared",
)

scan_errors = Table(
    "scan_errors",
    metadata,
    *identity(),
    Column("scan_id", UUID(as_uuid=True), ForeignKey("shared.scans.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("code", Text, nullable=False, server_default=text("''")),
    Index("scan_errors_by_scan", "scan_id", "id"),
    schema="shared",
)
