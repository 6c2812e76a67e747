"""Process instances that move to another version, and what monitoring asks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Instant, Json

revision = "0005"
down_revision = "0004"

_INDEXES = (
    ("ix_fl_instance_hash", "fl_instance", ["hash", "status"]),
    ("ix_fl_instance_ended", "fl_instance", ["key", "ended_at"]),
    ("ix_fl_task_created", "fl_task", ["created_at"]), ("ix_fl_history_at", "fl_history", ["at"]),
)


def upgrade() -> None:
    op.create_table(
        "fl_migration",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("instance_id", sa.Integer, nullable=False), sa.Column("at", Instant, nullable=False),
        sa.Column("actor_id", sa.Integer, nullable=False), sa.Column("from_hash", sa.Text, nullable=False),
        sa.Column("to_hash", sa.Text, nullable=False), sa.Column("moves", Json),
        sa.Column("state", sa.Text, nullable=False), sa.Column("version", sa.Integer, nullable=False),
        sa.Column("undone_at", Instant), sa.Column("undone_by", sa.Integer),
        sa.ForeignKeyConstraint(["instance_id"], ["fl_instance.id"], name="fk_fl_migration_instance_id",
                                ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_migration_instance", "fl_migration", ["instance_id", "id"])
    op.add_column("fl_task", sa.Column("definition", sa.Text))
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _ in _INDEXES:
        op.drop_index(name, table)
    op.drop_column("fl_task", "definition")
    op.drop_table("fl_migration")
