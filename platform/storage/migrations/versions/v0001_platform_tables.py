"""The platform's tables as of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from formloom.storage.columns import Instant, Json

revision = "0001"
down_revision = None


def upgrade() -> None:
    _fl_audit()
    _fl_catalog()
    _fl_comment()
    _fl_definition()
    _fl_file()
    _fl_job()
    _fl_login_attempt()
    _fl_mail()
    _fl_notification()
    _fl_profile()
    _fl_schedule()
    _fl_sequence()
    _fl_state()
    _fl_team()
    _fl_view()
    _fl_instance()
    _fl_team_member()
    _fl_history()
    _fl_incident()
    _fl_task()
    _fl_timer()
    _fl_candidate()


def _fl_audit() -> None:
    op.create_table("fl_audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("before", Json(), nullable=True),
        sa.Column("after", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_audit_at", "fl_audit", ["at"])
    op.create_index("ix_fl_audit_record", "fl_audit", ["entity", "record_id", "id"])


def _fl_catalog() -> None:
    op.create_table("fl_catalog",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sources", Json(), nullable=False),
        sa.Column("applied_at", Instant(), nullable=False),
        sa.Column("applied_by", sa.Integer(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )


def _fl_comment() -> None:
    op.create_table("fl_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentions", Json(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_comment_record", "fl_comment", ["entity", "record_id", "id"])


def _fl_definition() -> None:
    op.create_table("fl_definition",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_autoincrement=False,
    )
    op.create_index("ix_fl_definition_key", "fl_definition", ["key"])


def _fl_file() -> None:
    op.create_table("fl_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("uploaded_by", sa.Integer(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_file_record", "fl_file", ["entity", "record_id"])
    op.create_index("ix_fl_file_sha256", "fl_file", ["sha256"])


def _fl_job() -> None:
    op.create_table("fl_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_at", Instant(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key", name="uq_fl_job_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_job_due", "fl_job", ["status", "run_at"])


def _fl_login_attempt() -> None:
    op.create_table("fl_login_attempt",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("locked_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
        sqlite_autoincrement=False,
    )


def _fl_mail() -> None:
    op.create_table("fl_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=True),
        sa.Column("body_html", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key", name="uq_fl_mail_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_mail_state", "fl_mail", ["state", "id"])


def _fl_notification() -> None:
    op.create_table("fl_notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("values", Json(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("read_at", Instant(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_notification_user", "fl_notification", ["user_id", "read_at", "id"])


def _fl_profile() -> None:
    op.create_table("fl_profile",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("manager_id", sa.Integer(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("theme", sa.Text(), nullable=True),
        sa.Column("mail_notifications", sa.Boolean(), nullable=True),
        sa.Column("density", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("user_id"),
        sqlite_autoincrement=False,
    )
    op.create_index("ix_fl_profile_manager_id", "fl_profile", ["manager_id"])


def _fl_schedule() -> None:
    op.create_table("fl_schedule",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("every", sa.Text(), nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
        sqlite_autoincrement=False,
    )


def _fl_sequence() -> None:
    op.create_table("fl_sequence",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "field", "period"),
        sqlite_autoincrement=False,
    )


def _fl_state() -> None:
    op.create_table("fl_state",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_autoincrement=False,
    )


def _fl_team() -> None:
    op.create_table("fl_team",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", Json(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("head_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["fl_team.id"],
                                name="fk_fl_team_parent_id"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="uq_fl_team_name"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_team_parent_id", "fl_team", ["parent_id"])


def _fl_view() -> None:
    op.create_table("fl_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=True),
        sa.Column("columns", Json(), nullable=True),
        sa.Column("sort", Json(), nullable=True),
        sa.Column("layout", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_view_entity", "fl_view", ["entity", "owner_id"])


def _fl_instance() -> None:
    op.create_table("fl_instance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_due", Instant(), nullable=True),
        sa.Column("started_by", sa.Integer(), nullable=True),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["hash"], ["fl_definition.hash"],
                                name="fk_fl_instance_hash"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_instance_due", "fl_instance", ["status", "next_due"])
    op.create_index("ix_fl_instance_key", "fl_instance", ["key", "status"])
    op.create_index("ix_fl_instance_record", "fl_instance", ["entity", "record_id"])


def _fl_team_member() -> None:
    op.create_table("fl_team_member",
        sa.Column("team_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["fl_team.id"],
                                name="fk_fl_team_member_team_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("team_id", "user_id"),
        sqlite_autoincrement=False,
    )
    op.create_index("ix_fl_team_member_user_id", "fl_team_member", ["user_id"])


def _fl_history() -> None:
    op.create_table("fl_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("node", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["fl_instance.id"],
                                name="fk_fl_history_instance_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_history_instance", "fl_history", ["instance_id", "id"])


def _fl_incident() -> None:
    op.create_table("fl_incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("node", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["fl_instance.id"],
                                name="fk_fl_incident_instance_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_incident_instance", "fl_incident", ["instance_id"])
    op.create_index("ix_fl_incident_status", "fl_incident", ["status", "id"])


def _fl_task() -> None:
    op.create_table("fl_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("name", Json(), nullable=True),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("claimed_at", Instant(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["fl_instance.id"],
                                name="fk_fl_task_instance_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_task_assignee", "fl_task", ["assignee_id", "status"])
    op.create_index("ix_fl_task_done", "fl_task", ["done_by", "done_at"])
    op.create_index("ix_fl_task_due", "fl_task", ["status", "due_at"])
    op.create_index("ix_fl_task_instance", "fl_task", ["instance_id"])
    op.create_index("ix_fl_task_record", "fl_task", ["entity", "record_id"])
    op.create_index("ix_fl_task_role", "fl_task", ["role", "status"])


def _fl_timer() -> None:
    op.create_table("fl_timer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["fl_instance.id"],
                                name="fk_fl_timer_instance_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fl_timer_due", "fl_timer", ["due_at"])
    op.create_index("ix_fl_timer_instance", "fl_timer", ["instance_id"])


def _fl_candidate() -> None:
    op.create_table("fl_candidate",
        sa.Column("task_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["fl_task.id"],
                                name="fk_fl_candidate_task_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("task_id", "user_id"),
        sqlite_autoincrement=False,
    )
    op.create_index("ix_fl_candidate_user_id", "fl_candidate", ["user_id"])
