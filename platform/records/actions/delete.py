from __future__ import annotations

import sqlalchemy.exc

from formloom.errors import Conflict, StaleVersion, Text
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
        raise Conflict(
            Text("Other records refer to this one, so it cannot be deleted."),
            Text("Delete or change those records first."),
        ) from error
    audit.write(context, "deleted", target, id, before["version"], before, None, target.fields, "", rows)
    changes.tell(context, Event(kind="deleted", entity=entity, id=id, actor=context.actor, at=context.now,
                                before=before, changed=frozenset(target.fields)))
    changes.refresh_parent(context, target, before)
