"""Create libraries, their folders, files and scans."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "000005"
down_revision = "000004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "libraries",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="shared",
    )
    op.create_index("libraries_by_name", "libraries", [sa.literal_column("lower(name)")], unique=True, schema="shared")
    op.create_table(
        "library_roots",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("library_id", sa.UUID(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("available", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(["library_id"], ["shared.libraries.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        schema="shared",
    )
    op.create_index("library_roots_by_library", "library_roots", ["library_id", "path"], unique=True, schema="shared")
    op.create_table(
        "scans",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("library_id", sa.UUID(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("found", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("added", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("removed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["library_id"], ["shared.libraries.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        schema="shared",
    )
    op.create_index(
        "scans_by_library",
        "scans",
        ["library_id", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
        schema="shared",
    )
    op.create_index(
        "scans_one_running",
        "scans",
        ["library_id"],
        unique=True,
        schema="shared",
        postgresql_where=sa.text("state in ('queued', 'running')"),
    )
    op.create_table(
        "files",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("library_id", sa.UUID(), nullable=False),
        sa.Column("root_id", sa.UUID(), nullable=False),
        sa.Column("folder", sa.ARRAY(sa.Text(collation="C")), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("inode", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'new'"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("edition", sa.Text(), nullable=True),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("companions", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=True),
        sa.Column("keyframes", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["library_id"], ["shared.libraries.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["root_id"], ["shared.library_roots.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        schema="shared",
    )
    op.create_index("files_by_inode", "files", ["inode", "size"], unique=False, schema="shared")
    op.create_index("files_by_library", "files", ["library_id"], unique=False, schema="shared")
    op.create_index("files_by_place", "files", ["root_id", "folder", "name"], unique=True, schema="shared")
    op.create_table(
        "scan_errors",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("scan_id", sa.UUID(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["shared.scans.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        schema="shared",
    )
    op.create_index("scan_errors_by_scan", "scan_errors", ["scan_id", "id"], unique=False, schema="shared")
    op.create_table(
        "scan_steps",
        sa.Column("scan_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["shared.scans.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("scan_id", "key"),
        schema="shared",
    )
    op.create_table(
        "item_files",
        sa.Column("item_kind", sa.Text(), nullable=False),
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("file_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["shared.files.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_kind", "item_id", "file_id"),
        schema="shared",
    )
    op.create_index("item_files_by_file", "item_files", ["file_id"], unique=False, schema="shared")


def downgrade() -> None:
    op.drop_index("item_files_by_file", table_name="item_files", schema="shared")
    op.drop_table("item_files", schema="shared")
    op.drop_table("scan_steps", schema="shared")
    op.drop_index("scan_errors_by_scan", table_name="scan_errors", schema="shared")
    op.drop_table("scan_errors", schema="shared")
    op.drop_index("files_by_place", table_name="files", schema="shared")
    op.drop_index("files_by_library", table_name="files", schema="shared")
    op.drop_index("files_by_inode", table_name="files", schema="shared")
    op.drop_table("files", schema="shared")
    op.drop_index("scans_one_running", table_name="scans", schema="shared", postgresql_where=sa.text("state in ('queued', 'running')"))
    op.drop_index("scans_by_library", table_name="scans", schema="shared")
    op.drop_table("scans", schema="shared")
    op.drop_index("library_roots_by_library", table_name="library_roots", schema="shared")
    op.drop_table("library_roots", schema="shared")
    op.drop_index("libraries_by_name", table_name="libraries", schema="shared")
    op.drop_table("libraries", schema="shared")
