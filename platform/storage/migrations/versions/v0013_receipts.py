"""Receipts: what was answered to a request that may come again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Instant, Json

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("fl_receipt",
        sa.Column("actor_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("answer", Json(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "key"),
    )
    op.create_index("ix_fl_receipt_at", "fl_receipt", ["at"])


def downgrade() -> None:
    op.drop_table("fl_receipt")
