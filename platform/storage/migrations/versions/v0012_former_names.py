"""Names that entities and fields had before they were renamed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Instant

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "fl_former",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False), sa.Column("field_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False), sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"), sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_former_entity", "fl_former", ["entity_id", "at"])


def downgrade() -> None:
    op.drop_table("fl_former")
