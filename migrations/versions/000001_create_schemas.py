"""Create the schemas and the extensions that searching needs."""

from alembic import op

revision = "000001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create schema if not exists shared")
    op.execute("create schema if not exists qar")
    op.execute("create extension if not exists pg_trgm")
    op.execute("create extension if not exists unaccent")


def downgrade() -> None:
    op.execute("drop extension unaccent")
    op.execute("drop extension pg_trgm")
    op.execute("drop schema qar")
    op.execute("drop schema shared")
