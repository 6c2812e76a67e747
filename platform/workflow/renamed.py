"""What is stored under names that are others from now on, in the transaction of the publication.

Instances stay on their version: its text follows as the text in force does, so that they go on as the same process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.errors import BadConfiguration
from formloom.metadata import renaming
from formloom.metadata.catalog import Catalog
from formloom.metadata.references import Name
from formloom.metadata.sources import Source
from formloom.metadata.spelling import Edit
from formloom.storage import following, former
from formloom.storage import platform_tables as t
from formloom.storage.database import Unit
from formloom.storage.former import Renames
from formloom.workflow import reader, references


def follow(unit: Unit, old: Catalog, new: Catalog, service_tasks: Mapping[str, Any], now: datetime) -> None:
    renames = former.between(old, new)
    if renames:
        former.note(unit, old, new, now)
        following.follow(unit, old, renames)
        _definitions(unit, _Change(old, renames, service_tasks), now)


@dataclass(frozen=True, slots=True)
class _Change:
    old: Catalog
    renames: Renames
    service_tasks: Mapping[str, Any]

    def text(self, key: str, text: str) -> str:
        """A diagram that cannot say the new names stays as it is: its instances stop with an incident that says so."""
        source = Source("", f"{key}.bpmn", text)
        found = list(references.of_process(source, self.old, self.service_tasks))
        edits: list[Edit] = []
        try:
            for target, name in self.targets():
                steps = renaming.steps_of(self.old, found, target, name)
                edits += renaming.edits_of(steps).get(("", source.path), [])
        except BadConfiguration:
            return text
        return renaming.after(source, {("", source.path): edits}).text

    def targets(self) -> list[tuple[Name, str]]:
        entities = [(Name("entity", was), now) for was, now in self.renames.entities.items()]
        fields = [(Name("field", was, entity), now) for entity, names in self.renames.fields.items()
                  for was, now in names.items() if was in self.old.entity(entity).fields]
        return [*entities, *fields]


def _definitions(unit: Unit, change: _Change, now: datetime) -> None:
    table = t.fl_definition
    for row in unit.connection.execute(sa.select(table.c.hash, table.c.key, table.c.text, table.c.called)).all():
        called = {key: change.text(key, text) for key, text in (row.called or {}).items()}
        text = change.text(row.key, row.text)
        content = reader.content_hash(text, called)
        if (text, called) == (row.text, row.called or {}):
            continue
        unit.insert_once(table, {"hash": content, "key": row.key, "text": text, "created_at": now, "called": called},
                         "hash")
        for holder, column in ((t.fl_instance, "hash"), (t.fl_migration, "from_hash"), (t.fl_migration, "to_hash")):
            unit.connection.execute(
                holder.update().where(holder.c[column] == row.hash).values({column: content}))
