"""Drafts of files that are edited in the browser; why somebody published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Instant

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("fl_catalog", sa.Column("reason", sa.Text(), nullable=True))
    op.create_table("fl_draft",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("saved_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("path"),
        sqlite_autoincrement=False,
    )
