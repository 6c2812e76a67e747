"""The history of an instance: lines are added, in order, and never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from formloom.records.context import Context
from formloom.storage.platform_tables import fl_history

Nodes = Sequence[tuple[str, Any]]       # elements, and when
_ADD = sa.insert(fl_history)


class Trail:
    """Lines of a step that are yet to be written: all at once."""

    def __init__(self) -> None:
        self._lines: list[dict[str, Any]] = []

    def add(self, kind: str, nodes: Nodes, actor_id: int | None = None, data: Mapping[str, Any] | None = None) -> None:
        shown = None if data is None else json.dumps(data, ensure_ascii=False)
        self._lines += [{"kind": kind, "node": node, "at": at, "actor_id": actor_id, "data": shown}
                        for node, at in nodes]

    def write(self, context: Context, instance_id: int) -> None:
        rows, self._lines = [{"instance_id": instance_id, **line} for line in self._lines], []
        if rows:
            context.unit.connection.execute(_ADD, rows)


def note(context: Context, instance_id: int, kind: str, nodes: Nodes, actor_id: int | None = None,
         data: Mapping[str, Any] | None = None) -> None:
    trail = Trail()
    trail.add(kind, nodes, actor_id, data)
    trail.write(context, instance_id)
