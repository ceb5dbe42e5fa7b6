"""Create loudness."""

import sqlalchemy as sa
from alembic import op

revision = "000018"
down_revision = "000017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loudness",
        sa.Column("file_id", sa.UUID(), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("lufs", sa.Double()),
        sa.Column("peak", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["shared.files.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("file_id", "stream"),
        schema="shared",
    )


def downgrade() -> None:
    op.drop_table("loudness", schema="shared")
