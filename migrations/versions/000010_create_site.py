"""Create the facts an installation is known by."""

import sqlalchemy as sa
from alembic import op

revision = "000010"
down_revision = "000009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        schema="shared",
    )


def downgrade() -> None:
    op.drop_table("site", schema="shared")
