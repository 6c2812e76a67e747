"""Installed packs as they came, so that they can be exported to the byte."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Instant

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "fl_pack",
        sa.Column("name", sa.Text(), nullable=False), sa.Column("version", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False), sa.Column("archive", sa.LargeBinary(), nullable=False),
        sa.Column("installed_at", Instant(), nullable=False), sa.Column("installed_by", sa.Integer()),
        sa.PrimaryKeyConstraint("name"), sqlite_autoincrement=False,
    )
