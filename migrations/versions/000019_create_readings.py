"""Files that are read from end to end remember how far that has come."""

import sqlalchemy as sa
from alembic import op

revision = "000019"
down_revision = "000018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column("file_id", sa.UUID(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("so_far", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["shared.files.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("file_id"),
        schema="shared",
    )


def downgrade() -> None:
    op.drop_table("readings", schema="shared")
