"""The platform's own tables: fixed, prefixed `fl_`, migrated with Alembic (`storage/migrations`).

Users are rows of Flask-AppBuilder's `ab_user`, which the security layer creates; ids of users are plain integers here,
so that these tables exist before it and history outlives an account.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, LargeBinary, Text, UniqueConstraint

from formloom.storage.columns import Instant, Json

metadata = sa.MetaData()


def _table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *parts, sqlite_autoincrement=_has_own_id(parts))


def _has_own_id(parts: tuple[sa.schema.SchemaItem, ...]) -> bool:
    return any(isinstance(p, Column) and p.name == "id" for p in parts)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _required(name: str, kind: type[sa.types.TypeEngine[Any]]) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _owned(table: str, column: str, parent: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint([column], [f"{parent}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE")


fl_state = _table(
    "fl_state",
    Column("key", Text, primary_key=True), _required("value", Text),
)
fl_catalog = _table(
    "fl_catalog",
    _id(), _required("version", Text), _required("sources", Json), _required("applied_at", Instant),
    Column("applied_by", Integer), _required("plan", Text), Column("reason", Text),
    Column("choices", Json),        # what a person decided about stored values, see `choices`
    Column("tolerated", Json),      # keys of rules that hold only for what is new or changed
)
fl_archive = _table(
    "fl_archive",
    Column("id", Integer, primary_key=True, autoincrement=False),      # given by the plan
    _required("entity_id", Text), _required("field_id", Text),      # no field: the entity itself
    _required("kind", Text), _required("table_name", Text), _required("columns", Json),
    _required("description", Json), Column("into_id", Integer), Column("step", Json), _required("version", Text),
    _required("at", Instant), Column("by", Integer), _required("rows", sa.BigInteger),
    Index("ix_fl_archive_field", "entity_id", "field_id"),
)
fl_pack = _table(
    "fl_pack",
    Column("name", Text, primary_key=True), _required("version", Text), _required("digest", Text),
    _required("archive", LargeBinary), _required("installed_at", Instant), Column("installed_by", Integer),
)
fl_former = _table(
    "fl_former",
    _id(), _required("entity_id", Text), _required("field_id", Text), _required("name", Text), _required("at", Instant),
    Index("ix_fl_former_entity", "entity_id", "at"),
)
fl_shadow = _table(
    "fl_shadow",        # columns and indexes made for a publication that has not switched over yet
    Column("key", Text, primary_key=True), _required("kind", Text), _required("table_name", Text),
    _required("names", Json), _required("after_id", Integer), _required("done", sa.Boolean),
)
fl_shadow_row = _table(
    "fl_shadow_row",    # records that were written since they were converted; a trigger notes them
    Column("id", sa.BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    _required("key", Text), _required("row_id", Integer),
    Index("ix_fl_shadow_row_key", "key", "id"),
)
fl_draft = _table(
    "fl_draft",
    Column("path", Text, primary_key=True), _required("text", Text), _required("base", Text),
    _required("number", Integer), _required("saved_at", Instant), Column("saved_by", Integer),
)
fl_change_set = _table(
    "fl_change_set",
    _id(), _required("title", Text), Column("reason", Text), _required("state", Text), _required("base", Text),
    _required("cursor", Integer), _required("number", Integer), Column("choices", Json),
    _required("created_at", Instant), Column("created_by", Integer),
    _required("updated_at", Instant), Column("updated_by", Integer),
    Column("reviewed_at", Instant), Column("reviewed_by", Integer), Column("review", Text),
    Column("publication", Integer), Column("job_id", Integer), Column("progress", Json), Column("trouble", Json),
    Index("ix_fl_change_set_state", "state"),
)
fl_undertaking = _table(
    "fl_undertaking",
    _id(), _required("kind", Text), _required("subject", Text), _required("asked", Json), _required("status", Text),
    Column("progress", Json), Column("result", Json), Column("job_id", Integer), _required("asked_at", Instant),
    Column("asked_by", Integer), Column("finished_at", Instant),
    Index("ix_fl_undertaking_subject", "kind", "subject", "id"),
)
fl_change = _table(
    "fl_change",
    Column("change_set", Integer, primary_key=True), Column("seq", Integer, primary_key=True, autoincrement=False),
    _required("path", Text), Column("before", Text), Column("after", Text), _required("words", Json),
    _required("at", Instant), Column("by", Integer),
    _owned("fl_change", "change_set", "fl_change_set"),
)
fl_profile = _table(
    "fl_profile",
    Column("user_id", Integer, primary_key=True, autoincrement=False), Column("manager_id", Integer),
    Column("locale", Text), Column("timezone", Text), Column("theme", Text), Column("density", Text),
    Column("mail_notifications", sa.Boolean),
    Column("phone", Text), Column("display_name", Text),
    Index("ix_fl_profile_manager_id", "manager_id"),
)
fl_team = _table(
    "fl_team",
    _id(), _required("name", Text), _required("label", Json), Column("parent_id", Integer), Column("head_id", Integer),
    Column("calendar", Text),
    UniqueConstraint("name", name="uq_fl_team_name"),
    ForeignKeyConstraint(["parent_id"], ["fl_team.id"], name="fk_fl_team_parent_id"),
    Index("ix_fl_team_parent_id", "parent_id"),
)
fl_team_member = _table(
    "fl_team_member",
    Column("team_id", Integer, primary_key=True, autoincrement=False),
    Column("user_id", Integer, primary_key=True, autoincrement=False),
    _owned("fl_team_member", "team_id", "fl_team"),
    Index("ix_fl_team_member_user_id", "user_id"),
)
fl_login_attempt = _table(
    "fl_login_attempt",
    Column("name", Text, primary_key=True), _required("failures", Integer), _required("last_at", Instant),
    Column("locked_until", Instant),
)
fl_receipt = _table(
    "fl_receipt",
    Column("actor_id", Integer, primary_key=True, autoincrement=False), Column("key", Text, primary_key=True),
    _required("digest", Text), Column("answer", Json), _required("at", Instant), Index("ix_fl_receipt_at", "at"),
)
fl_audit = _table(
    "fl_audit",
    _id(), _required("at", Instant), _required("actor_id", Integer), _required("actor_name", Text),
    _required("entity", Text), Column("record_id", Integer), _required("kind", Text), Column("action", Text),
    Column("before", Json), Column("after", Json),
    Index("ix_fl_audit_record", "entity", "record_id", "id"), Index("ix_fl_audit_at", "at"),
)
fl_comment = _table(
    "fl_comment",
    _id(), _required("entity", Text), _required("record_id", Integer), _required("author_id", Integer),
    _required("at", Instant), _required("text", Text), Column("mentions", Json),
    Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
    Index("ix_fl_comment_record", "entity", "record_id", "id"),
)
fl_file = _table(
    "fl_file",
    _id(), _required("sha256", Text), _required("name", Text), _required("media_type", Text),
    _required("size", sa.BigInteger), Column("entity", Text), Column("record_id", Integer), Column("field", Text),
    Column("uploaded_by", Integer), _required("at", Instant),
    Index("ix_fl_file_record", "entity", "record_id"), Index("ix_fl_file_sha256", "sha256"),
)
fl_sequence = _table(
    "fl_sequence",
    Column("entity", Text, primary_key=True), Column("field", Text, primary_key=True),
    Column("period", Text, primary_key=True), _required("value", Integer),
)
fl_view = _table(
    "fl_view",
    _id(), _required("entity", Text), Column("owner_id", Integer),
    Column("shared", sa.Boolean, nullable=False, server_default=sa.false()),
    _required("name", Text), Column("filter", Text), Column("columns", Json), Column("sort", Json),
    Column("layout", Text),
    Index("ix_fl_view_entity", "entity", "owner_id"),
)
fl_notification = _table(
    "fl_notification",
    _id(), _required("user_id", Integer), _required("at", Instant), _required("text", Text), Column("values", Json),
    Column("link", Text), Column("entity", Text), Column("record_id", Integer), Column("read_at", Instant),
    Column("kind", Text),
    Index("ix_fl_notification_user", "user_id", "read_at", "id"),
)
fl_mail = _table(
    "fl_mail",
    _id(), _required("at", Instant), _required("to", Text), _required("subject", Text), Column("body_text", Text),
    Column("body_html", Text), _required("state", Text), Column("sent_at", Instant), Column("error", Text),
    Column("message_id", Text), Column("key", Text),
    UniqueConstraint("key", name="uq_fl_mail_key"), Index("ix_fl_mail_state", "state", "id"),
)
fl_job = _table(
    "fl_job",
    _id(), _required("kind", Text), _required("payload", Text), Column("key", Text), _required("status", Text),
    _required("attempts", Integer), _required("run_at", Instant), Column("lease_until", Instant), Column("lease", Text),
    Column("error", Text), _required("created_at", Instant), Column("finished_at", Instant),
    Column("error_code", Text), Column("result", Text), Column("instance_id", Integer), Column("node", Text),
    Column("token", Text), Column("said", Json),
    UniqueConstraint("key", name="uq_fl_job_key"), Index("ix_fl_job_due", "status", "run_at"),
    Index("ix_fl_job_instance", "instance_id"),
)
fl_definition = _table(
    "fl_definition",
    Column("hash", Text, primary_key=True), _required("key", Text), _required("text", Text),
    _required("created_at", Instant), Column("called", Json),
    Index("ix_fl_definition_key", "key"),
)
fl_instance = _table(
    "fl_instance",
    _id(), _required("key", Text), _required("hash", Text), Column("entity", Text), Column("record_id", Integer),
    _required("status", Text), _required("version", Integer), _required("state", Text), Column("next_due", Instant),
    Column("started_by", Integer), _required("started_at", Instant), Column("ended_at", Instant),
    Column("skips", Text),
    ForeignKeyConstraint(["hash"], ["fl_definition.hash"], name="fk_fl_instance_hash"),
    Index("ix_fl_instance_record", "entity", "record_id"), Index("ix_fl_instance_key", "key", "status"),
    Index("ix_fl_instance_due", "status", "next_due"), Index("ix_fl_instance_hash", "hash", "status"),
    Index("ix_fl_instance_ended", "key", "ended_at"),
)
fl_task = _table(
    "fl_task",
    _id(), _required("instance_id", Integer), _required("token", Text), _required("node", Text), Column("name", Json),
    Column("entity", Text), Column("record_id", Integer), _required("status", Text), Column("assignee_id", Integer),
    Column("role", Text), Column("priority", Integer), Column("due_at", Instant), _required("created_at", Instant),
    Column("claimed_at", Instant), Column("done_at", Instant), Column("done_by", Integer), Column("outcome", Text),
    Column("comment", Text), Column("definition", Text), Column("parent_id", Integer), Column("kind", Text),
    Column("acting_for", Integer), Column("urged", Integer, nullable=False, server_default="0"),
    Column("urged_at", Instant), Column("undo", Json),
    _owned("fl_task", "instance_id", "fl_instance"),
    Index("ix_fl_task_instance", "instance_id"), Index("ix_fl_task_assignee", "assignee_id", "status"),
    Index("ix_fl_task_role", "role", "status"), Index("ix_fl_task_record", "entity", "record_id"),
    Index("ix_fl_task_done", "done_by", "done_at"), Index("ix_fl_task_due", "status", "due_at"),
    Index("ix_fl_task_created", "created_at"),
)
fl_candidate = _table(
    "fl_candidate",
    Column("task_id", Integer, primary_key=True, autoincrement=False),
    Column("user_id", Integer, primary_key=True, autoincrement=False),
    _owned("fl_candidate", "task_id", "fl_task"), Index("ix_fl_candidate_user_id", "user_id"),
)
fl_copy = _table(
    "fl_copy",
    _id(), _required("task_id", Integer), _required("user_id", Integer), _required("by_id", Integer),
    _required("at", Instant), Column("comment", Text), Column("read_at", Instant),
    _owned("fl_copy", "task_id", "fl_task"),
    UniqueConstraint("task_id", "user_id", name="uq_fl_copy"), Index("ix_fl_copy_user", "user_id", "read_at"),
)
fl_deputy = _table(
    "fl_deputy",
    _id(), _required("user_id", Integer), _required("deputy_id", Integer), _required("from_at", Instant),
    _required("until_at", Instant), Column("processes", Json), _required("made_by", Integer),
    _required("made_at", Instant),
    Index("ix_fl_deputy_deputy", "deputy_id", "until_at"), Index("ix_fl_deputy_user", "user_id", "until_at"),
)
fl_task_link = _table(
    "fl_task_link",
    Column("digest", Text, primary_key=True), _required("task_id", Integer), _required("user_id", Integer),
    _required("expires_at", Instant), Column("used_at", Instant),
    _owned("fl_task_link", "task_id", "fl_task"), Index("ix_fl_task_link_task", "task_id"),
)
fl_timer = _table(
    "fl_timer",
    _id(), _required("instance_id", Integer), _required("token", Text), _required("node", Text),
    _required("due_at", Instant),
    _owned("fl_timer", "instance_id", "fl_instance"),
    Index("ix_fl_timer_instance", "instance_id"), Index("ix_fl_timer_due", "due_at"),
)
fl_subscription = _table(
    "fl_subscription",
    _id(), _required("instance_id", Integer), _required("node", Text), _required("kind", Text),
    _required("name", Text), Column("key", Text),
    _owned("fl_subscription", "instance_id", "fl_instance"),
    Index("ix_fl_subscription_instance", "instance_id"), Index("ix_fl_subscription_name", "kind", "name", "key"),
)
fl_history = _table(
    "fl_history",
    _id(), _required("instance_id", Integer), _required("at", Instant), Column("node", Text),
    _required("kind", Text), Column("actor_id", Integer), Column("data", Text),
    _owned("fl_history", "instance_id", "fl_instance"), Index("ix_fl_history_instance", "instance_id", "id"),
    Index("ix_fl_history_at", "at"),
)
fl_migration = _table(
    "fl_migration",
    _id(), _required("instance_id", Integer), _required("at", Instant), _required("actor_id", Integer),
    _required("from_hash", Text), _required("to_hash", Text), Column("moves", Json), _required("state", Text),
    _required("version", Integer), Column("undone_at", Instant), Column("undone_by", Integer),
    _owned("fl_migration", "instance_id", "fl_instance"), Index("ix_fl_migration_instance", "instance_id", "id"),
)
fl_incident = _table(
    "fl_incident",
    _id(), Column("instance_id", Integer), Column("key", Text), Column("node", Text), _required("error", Text),
    _required("at", Instant), _required("status", Text), Column("job_id", Integer),
    Column("attempts", Integer, nullable=False, server_default="1"), Column("resolution", Text),
    Column("resolved_at", Instant), Column("resolved_by", Integer), Column("told_at", Instant), Column("said", Json),
    _owned("fl_incident", "instance_id", "fl_instance"),
    Index("ix_fl_incident_instance", "instance_id"), Index("ix_fl_incident_status", "status", "id"),
)
fl_sla = _table(
    "fl_sla",
    _id(), _required("entity", Text), _required("record_id", Integer), _required("name", Text),
    _required("state", Text), _required("target", sa.BigInteger), _required("consumed", sa.BigInteger),
    _required("calendar", Text), _required("started_at", Instant),
    Column("since", Instant), Column("paused_at", Instant), Column("due_at", Instant), Column("breached_at", Instant),
    Column("ended_at", Instant), _required("warned", Integer), Column("next_at", Instant),
    UniqueConstraint("entity", "record_id", "name", name="uq_fl_sla_record"), Index("ix_fl_sla_next", "next_at"),
)
fl_sla_entry = _table(
    "fl_sla_entry",
    _id(), _required("sla_id", Integer), _required("kind", Text), _required("at", Instant),
    _required("noted_at", Instant), Column("actor_id", Integer), _required("state", Text),
    _required("target", sa.BigInteger), _required("consumed", sa.BigInteger), Column("due_at", Instant),
    _required("calendar", Text), Column("reason", Text),
    _owned("fl_sla_entry", "sla_id", "fl_sla"), Index("ix_fl_sla_entry_sla", "sla_id", "id"),
)
fl_schedule = _table(
    "fl_schedule",
    Column("name", Text, primary_key=True), _required("every", Text), Column("next_at", Instant),
)
fl_simulation = _table(
    "fl_simulation",
    _id(), _required("key", Text), _required("text", Text), _required("wish", Json), _required("status", Text),
    _required("done", Integer), _required("total", Integer), Column("result", Json), Column("error", Text),
    _required("asked_by", Integer), _required("asked_at", Instant), Column("finished_at", Instant),
    Index("ix_fl_simulation_key", "key", "id"),
)
