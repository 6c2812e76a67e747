"""Rows of the platform that name entities and fields follow when those are called otherwise, in the publication."""

from __future__ import annotations

import json
from typing import Any, Final

import sqlalchemy as sa

from formloom import feel
from formloom.feel import FeelSyntaxError
from formloom.feel.renaming import RenameClash, Renaming, rename, renamed
from formloom.metadata.catalog import Catalog, Entity
from formloom.metadata.scopes import Scopes
from formloom.storage import platform_tables as t
from formloom.storage.database import Unit
from formloom.storage.former import Renames

# What happened stays as it was said; which record it happened to is an address, and follows.
_ADDRESSED: Final = (t.fl_audit, t.fl_comment, t.fl_file, t.fl_sequence, t.fl_view, t.fl_notification, t.fl_instance,
                     t.fl_task, t.fl_sla)
_WAITING: Final = ("queued", "leased", "failed")


def follow(unit: Unit, old: Catalog, renames: Renames) -> None:
    for entity, names in renames.fields.items():
        _fields(unit, entity, names)
        _views(unit, old, old.entity(entity), names)
    if renames.entities:
        for table in _ADDRESSED:
            _entities(unit, table, renames)
        _jobs(unit, renames)


def _entities(unit: Unit, table: sa.Table, renames: Renames) -> None:
    """All at once, because two may have changed their names with each other."""
    unit.connection.execute(table.update().where(table.c.entity.in_(renames.entities)).values(
        entity=sa.case(dict(renames.entities), value=table.c.entity)))


def _fields(unit: Unit, entity: str, names: Any) -> None:
    for table in (t.fl_sequence, t.fl_file):
        unit.connection.execute(table.update().where(table.c.entity == entity, table.c.field.in_(names)).values(
            field=sa.case(dict(names), value=table.c.field)))


def _views(unit: Unit, old: Catalog, entity: Entity, names: Any) -> None:
    """What people keep as their own lists. A filter that cannot be written with the new name shows its mistake."""
    for row in unit.connection.execute(sa.select(t.fl_view).where(t.fl_view.c.entity == entity.name)).all():
        columns = [names.get(name, name) for name in row.columns or ()]
        sort = [_sorted(name, names) for name in row.sort or ()]
        unit.connection.execute(t.fl_view.update().where(t.fl_view.c.id == row.id).values(
            columns=columns if row.columns is not None else None, sort=sort if row.sort is not None else None,
            filter=_filter(old, entity, row.filter, names)))


def _sorted(name: str, names: Any) -> str:
    minus = "-" if name.startswith("-") else ""
    bare = name.removeprefix("-")
    return minus + str(names.get(bare, bare))


def _filter(old: Catalog, entity: Entity, text: str | None, names: Any) -> str | None:
    (was, now), *others = names.items()
    return text and translated(old, entity, text, Renaming(entity.name, was, now, dict(others)))


def translated(catalog: Catalog, entity: Entity, text: str, change: Renaming, back: bool = False) -> str:
    """A condition over records with its names as they are after the change; as it was where that cannot be written.

    `back`: the catalog has the new names already, and the text may have the old ones.
    """
    around = Scopes(catalog.entities).environment(entity)
    if back:
        around = renamed(around, change.back)
    try:
        return rename(feel.compile(text, around.names()), around, change)
    except (FeelSyntaxError, RenameClash):
        return text


def _jobs(unit: Unit, renames: Renames) -> None:
    """Work that waits names its entity in what it was given."""
    waiting = sa.select(t.fl_job.c.id, t.fl_job.c.payload).where(t.fl_job.c.status.in_(_WAITING))
    for row in unit.connection.execute(waiting).all():
        payload = json.loads(row.payload)
        if isinstance(payload, dict) and payload.get("entity") in renames.entities:
            payload["entity"] = renames.entities[payload["entity"]]
            unit.connection.execute(t.fl_job.update().where(t.fl_job.c.id == row.id).values(
                payload=json.dumps(payload, ensure_ascii=False)))
