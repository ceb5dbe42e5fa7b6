"""Create epochs."""

import sqlalchemy as sa
from alembic import op

revision = "000015"
down_revision = "000014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "epochs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        schema="shared",
    )


def downgrade() -> None:
    op.drop_table("epochs", schema="shared")
