"""Everything that happened to a record, newest first: changes, comments, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from formloom.metadata.catalog import Entity
from formloom.policy import masks, people
from formloom.policy.decision import Access
from formloom.records import audit, comments, files, rows
from formloom.records.context import Context
from formloom.records.resolution import row_for
from formloom.records.scope import Scope


@dataclass(frozen=True, slots=True)
class Change:
    """One field: its label, what it was, what it became, both as JSON values."""

    field: str
    label: Mapping[str, str]
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`kind`: created, updated, deleted, action, comment, file, or what a layer above wrote to the audit."""

    kind: str
    at: datetime
    actor_id: int
    actor_name: str
    id: int
    action: str = ""
    text: str = ""
    changes: tuple[Change, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def of(context: Context, entity: str, record_id: int) -> list[Entry]:
    """Fields that the actor may not read now are left out of the past, too."""
    target = context.catalog.entity(entity)
    row = row_for(context, target, record_id, "read")
    access = context.policy.access(context.actor, target, Scope(context, target, row), context.now)
    changes = [entry for e in audit.entries(context, entity, record_id)
               if not _follows(target, entry := _change_entry(context, target, access, e))]
    said = [_comment(e) for e in comments.of(context, entity, record_id)]
    kept = [_file(f) for f in files.of(context, entity, record_id)
            if f.field is None or f.field in access.readable - access.masks.keys()]
    return sorted(_named(context, changes + said + kept), key=lambda e: (e.at, e.id), reverse=True)


def _follows(entity: Entity, entry: Entry) -> bool:
    """Whether only computed fields changed: the record followed another one, which tells its own story."""
    return entry.kind == "updated" and bool(entry.changes) and all(
        entity.fields[change.field].type.computed for change in entry.changes)


def _change_entry(context: Context, entity: Entity, access: Access, row: Mapping[str, Any]) -> Entry:
    before, after = row["before"] or {}, row["after"] or {}
    decided = row["kind"] == "task"         # written by `workflow`: outcome and comment, not fields
    names = [n for n in entity.fields
             if not decided and n in access.readable and n != "version" and (n in before or n in after)]
    changes = tuple(
        Change(n, entity.fields[n].label, *(_shown(context, entity, access, n, s.get(n)) for s in (before, after)))
        for n in names)
    return Entry(kind=row["kind"], at=row["at"], actor_id=row["actor_id"], actor_name=row["actor_name"], id=row["id"],
                 action=row["action"] or "", changes=changes, text=after.get("comment") or "" if decided else "",
                 values=after if decided else {})


def _shown(context: Context, entity: Entity, access: Access, name: str, value: Any) -> Any:
    if name in access.masks:
        return masks.masked(access.masks[name], value)
    field = entity.fields[name]
    return rows.as_kept(context, field, value) if field.type.name == "table" and isinstance(value, list) else value


def _comment(row: Mapping[str, Any]) -> Entry:
    return Entry(kind="comment", at=row["at"], actor_id=row["author_id"], actor_name="", id=row["id"],
                 text=row["text"], values={"mentions": row["mentions"] or []})


def _file(file: files.File) -> Entry:
    return Entry(kind="file", at=file.at, actor_id=file.uploaded_by or 0, actor_name="", id=file.id, text=file.name,
                 values={"media_type": file.media_type, "size": file.size})


def _named(context: Context, entries: list[Entry]) -> list[Entry]:
    names = people.names(context.unit, {e.actor_id for e in entries if not e.actor_name and e.actor_id})
    return [e if e.actor_name else _with_name(e, names.get(e.actor_id, "")) for e in entries]


def _with_name(entry: Entry, name: str) -> Entry:
    return Entry(kind=entry.kind, at=entry.at, actor_id=entry.actor_id, actor_name=name, id=entry.id,
                 text=entry.text, values=entry.values)
