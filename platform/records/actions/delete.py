from __future__ import annotations

import sqlalchemy.exc

from formloom.errors import Conflict, StaleVersion, Text
from formloom.metadata.catalog import Entity
from formloom.records import audit, changes
from formloom.records.context import Context
from formloom.records.events import Event
from formloom.records.resolution import row_for


def delete(context: Context, entity: str, id: int, version: int | None = None) -> None:
    """Removes a record with its child rows; the audit keeps all of it."""
    target = context.catalog.entity(entity)
    before = row_for(context, target, id, "delete", lock=True)
    if version is not None and version != before["version"]:
        raise StaleVersion(before["version"])
    draft = changes.open_draft(context, target, before)
    rows = {n: changes.plain_rows(context, target, n, draft.rows_before[n]) for n in draft.rows}
    try:
        with context.unit.connection.begin_nested():
            context.store.delete(context.unit, entity, id, before["version"])
    except sqlalchemy.exc.IntegrityError as error:
        raise Conflict(_in_use(context, target, id), Text("Delete or change those records first.")) from error
    audit.write(context, "deleted", target, id, before["version"], before, None, {**target.fields, **before}, "",
                rows)
    changes.tell(context, Event(kind="deleted", entity=entity, id=id, actor=context.actor, at=context.now,
                                before=before, changed=frozenset(target.fields)))
    changes.refresh_parent(context, target, before)


def _in_use(context: Context, entity: Entity, id: int) -> Text:
    """Names the first field that refers to this record; if none does, one of its child rows is what others need. Lists
    of references are no obstacle: they forget what is gone."""
    pointing = ((other, field) for other in context.catalog.entities.values() for field in other.fields.values()
                if field.target == entity.name and field.type.name == "reference" and field.name != "parent")
    for other, field in pointing:
        pointer = context.store.tables[other.name].c[field.name]
        if context.store.count(context.unit, other.name, pointer == id, 1):
            return Text("It cannot be deleted: {field} of {entity} refers to it.", field=field.label,
                        entity=other.label)
    return Text("Other records refer to this one, so it cannot be deleted.")
