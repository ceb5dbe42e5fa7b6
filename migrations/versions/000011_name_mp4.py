"""Call MP4 what everybody calls it in the facts of files, instead of by its demuxer's first name."""

import sqlalchemy as sa
from alembic import op

revision = "000011"
down_revision = "000010"
branch_labels = None
depends_on = None

_RENAME = """
update shared.files set facts = jsonb_set(facts, '{container}', to_jsonb(cast(:new as text))) where facts ->> 'container' = :old
"""


def upgrade() -> None:
    op.execute(sa.text(_RENAME).bindparams(old="mov", new="mp4"))


def downgrade() -> None:
    op.execute(sa.text(_RENAME).bindparams(old="mp4", new="mov"))
