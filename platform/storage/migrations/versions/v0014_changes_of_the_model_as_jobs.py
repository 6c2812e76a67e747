"""What workers do to the model for those who wait: publishing change sets, with why they could not, and other work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Instant, Json

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fl_change_set", sa.Column("job_id", sa.Integer(), nullable=True))
    op.add_column("fl_change_set", sa.Column("progress", Json(), nullable=True))
    op.add_column("fl_change_set", sa.Column("trouble", Json(), nullable=True))
    for table in ("fl_job", "fl_incident"):     # what went wrong, in words that can be said in another language
        op.add_column(table, sa.Column("said", Json(), nullable=True))
    op.create_table("fl_undertaking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("asked", Json(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("progress", Json(), nullable=True),
        sa.Column("result", Json(), nullable=True),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_fl_undertaking_subject", "fl_undertaking", ["kind", "subject", "id"])


def downgrade() -> None:
    op.drop_table("fl_undertaking")
    for table in ("fl_job", "fl_incident"):
        op.drop_column(table, "said")
    for name in ("trouble", "progress", "job_id"):
        op.drop_column("fl_change_set", name)
