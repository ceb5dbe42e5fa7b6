"""Scan errors bear a word that can be said in other languages; the steps that keep a scan open are found at once."""

import sqlalchemy as sa
from alembic import op

revision = "000013"
down_revision = "000012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("files", sa.Column("fault", sa.Text(), nullable=True), schema="shared")
    op.add_column("scan_errors", sa.Column("code", sa.Text(), server_default=sa.text("''"), nullable=False), schema="shared")
    op.create_index("scan_steps_open", "scan_steps", ["scan_id"], schema="shared", postgresql_where=sa.text("not done"))


def downgrade() -> None:
    op.drop_index("scan_steps_open", "scan_steps", schema="shared")
    op.drop_column("scan_errors", "code", schema="shared")
    op.drop_column("files", "fault", schema="shared")
