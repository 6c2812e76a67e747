"""Jobs know who waits for them and what they gave; incidents know their job and what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Instant

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for name, kind in (("error_code", sa.Text), ("result", sa.Text), ("instance_id", sa.Integer), ("node", sa.Text),
                       ("token", sa.Text)):
        op.add_column("fl_job", sa.Column(name, kind()))
    op.create_index("ix_fl_job_instance", "fl_job", ["instance_id"])
    op.add_column("fl_instance", sa.Column("skips", sa.Text()))
    op.add_column("fl_incident", sa.Column("attempts", sa.Integer(), nullable=False, server_default="1"))
    for name, own in (("job_id", sa.Integer()), ("resolution", sa.Text()), ("resolved_at", Instant()),
                      ("resolved_by", sa.Integer()), ("told_at", Instant())):
        op.add_column("fl_incident", sa.Column(name, own))
