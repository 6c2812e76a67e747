"""A calendar for each team; clocks of service levels and the ledger of what happened to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("fl_team", sa.Column("calendar", sa.Text()))
    _fl_sla()
    _fl_sla_entry()


def _fl_sla() -> None:
    op.create_table("fl_sla",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("consumed", sa.BigInteger(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("since", Instant()),
        sa.Column("paused_at", Instant()),
        sa.Column("due_at", Instant()),
        sa.Column("breached_at", Instant()),
        sa.Column("ended_at", Instant()),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("next_at", Instant()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("entity", "record_id", "name", name="uq_fl_sla_record"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_sla_next", "fl_sla", ["next_at"])


def _fl_sla_entry() -> None:
    op.create_table("fl_sla_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sla_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.Column("actor_id", sa.Integer()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=False),
        sa.Column("consumed", sa.BigInteger(), nullable=False),
        sa.Column("due_at", Instant()),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.ForeignKeyConstraint(["sla_id"], ["fl_sla.id"], name="fk_fl_sla_entry_sla_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_sla_entry_sla", "fl_sla_entry", ["sla_id", "id"])
