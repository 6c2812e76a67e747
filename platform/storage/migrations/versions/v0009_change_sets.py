"""Change sets: what administrators edit before it is published, edit by edit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Instant, Json

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "fl_change_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False), sa.Column("reason", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False), sa.Column("base", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False), sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("choices", Json()),
        sa.Column("created_at", Instant(), nullable=False), sa.Column("created_by", sa.Integer()),
        sa.Column("updated_at", Instant(), nullable=False), sa.Column("updated_by", sa.Integer()),
        sa.Column("reviewed_at", Instant()), sa.Column("reviewed_by", sa.Integer()), sa.Column("review", sa.Text()),
        sa.Column("publication", sa.Integer()),
        sa.PrimaryKeyConstraint("id"), sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_change_set_state", "fl_change_set", ["state"])
    op.create_table(
        "fl_change",
        sa.Column("change_set", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("path", sa.Text(), nullable=False), sa.Column("before", sa.Text()), sa.Column("after", sa.Text()),
        sa.Column("words", Json(), nullable=False),
        sa.Column("at", Instant(), nullable=False), sa.Column("by", sa.Integer()),
        sa.PrimaryKeyConstraint("change_set", "seq"),
        sa.ForeignKeyConstraint(["change_set"], ["fl_change_set.id"], name="fk_fl_change_change_set",
                                ondelete="CASCADE"),
    )
