"""What approvals need: signers added to a task, copies, deputies, links in mails."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Instant, Json

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for column in (sa.Column("parent_id", sa.Integer()), sa.Column("kind", sa.Text()),
                   sa.Column("acting_for", sa.Integer()), sa.Column("urged_at", Instant()), sa.Column("undo", Json()),
                   sa.Column("urged", sa.Integer(), nullable=False, server_default="0")):
        op.add_column("fl_task", column)
    _fl_copy()
    _fl_deputy()
    _fl_task_link()


def _fl_copy() -> None:
    op.create_table("fl_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("read_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["fl_task.id"], name="fk_fl_copy_task_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("task_id", "user_id", name="uq_fl_copy"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_copy_user", "fl_copy", ["user_id", "read_at"])


def _fl_deputy() -> None:
    op.create_table("fl_deputy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=False),
        sa.Column("from_at", Instant(), nullable=False),
        sa.Column("until_at", Instant(), nullable=False),
        sa.Column("processes", Json(), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_deputy_deputy", "fl_deputy", ["deputy_id", "until_at"])
    op.create_index("ix_fl_deputy_user", "fl_deputy", ["user_id", "until_at"])


def _fl_task_link() -> None:
    op.create_table("fl_task_link",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["fl_task.id"], name="fk_fl_task_link_task_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_fl_task_link_task", "fl_task_link", ["task_id"])
