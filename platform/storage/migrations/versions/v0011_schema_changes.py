"""What schema changes remember: choices of a publication, what was put aside, publications under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Instant, Json

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("fl_catalog", sa.Column("choices", Json()))
    op.add_column("fl_catalog", sa.Column("tolerated", Json()))
    op.create_table("fl_archive",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("field_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("columns", Json(), nullable=False),
        sa.Column("description", Json(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=True),
        sa.Column("step", Json(), nullable=True),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_fl_archive_field", "fl_archive", ["entity_id", "field_id"])
    op.create_table("fl_shadow",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("names", Json(), nullable=False),
        sa.Column("after_id", sa.Integer(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table("fl_shadow_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_shadow_row_key", "fl_shadow_row", ["key", "id"])
