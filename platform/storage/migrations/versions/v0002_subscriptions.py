"""What instances wait for besides people and time; which processes a definition calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Json

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("fl_definition", sa.Column("called", Json(), nullable=True))
    op.create_table("fl_subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["fl_instance.id"],
                                name="fk_fl_subscription_instance_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_subscription_instance", "fl_subscription", ["instance_id"])
    op.create_index("ix_fl_subscription_name", "fl_subscription", ["kind", "name", "key"])
