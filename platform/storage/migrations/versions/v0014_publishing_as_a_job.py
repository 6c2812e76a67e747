"""Change sets that a worker publishes: which job does it, how far it is, and why it could not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Json

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fl_change_set", sa.Column("job_id", sa.Integer(), nullable=True))
    op.add_column("fl_change_set", sa.Column("progress", Json(), nullable=True))
    op.add_column("fl_change_set", sa.Column("trouble", Json(), nullable=True))


def downgrade() -> None:
    for name in ("trouble", "progress", "job_id"):
        op.drop_column("fl_change_set", name)
