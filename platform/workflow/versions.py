"""How many instances run on which version of a process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from formloom.metadata import layers
from formloom.records.context import Context
from formloom.storage import platform_tables as t
from formloom.workflow.definition import ProcessDefinition

_OPEN = ("running", "incident")


@dataclass(frozen=True, slots=True)
class Load:
    running: int = 0            # with those that an incident stopped
    incidents: int = 0


def loads(context: Context) -> dict[str, Load]:
    """By key, for every process that has an instance which is not over."""
    rows = context.unit.connection.execute(
        sa.select(t.fl_instance.c.key, t.fl_instance.c.status, sa.func.count()).where(
            t.fl_instance.c.status.in_(_OPEN)).group_by(t.fl_instance.c.key, t.fl_instance.c.status))
    counted: Counter[tuple[str, str]] = Counter({(row[0], row[1]): row[2] for row in rows})
    return {key: Load(counted[key, "running"] + counted[key, "incident"], counted[key, "incident"])
            for key in {key for key, _ in counted}}


def running(context: Context, key: str) -> dict[str, int]:
    """Open instances by the digest of the drawing that they were started with."""
    i, d = t.fl_instance, t.fl_definition
    rows = context.unit.connection.execute(
        sa.select(d.c.text, sa.func.count()).select_from(i.join(d, i.c.hash == d.c.hash)).where(
            i.c.key == key, i.c.status.in_(_OPEN)).group_by(d.c.hash, d.c.text))
    found: Counter[str] = Counter()
    for text, count in rows:
        found[layers.digest(text)] += count
    return dict(found)


def users(key: str, definitions: Mapping[str, ProcessDefinition]) -> tuple[ProcessDefinition, ...]:
    """Processes that call this one, or send a message or signal that starts it: without it they could not go on."""
    own = definitions.get(key)
    awaited = {(x.on, x.message) for x in own.triggers if x.message} if own else set()
    return tuple(d for d in definitions.values() if d.key != key and (
        key in d.called or any((n.event or _sends(n.kind), n.code) in awaited for n in d.nodes.values() if n.code
                               and n.kind in ("sendTask", "endEvent", "intermediateThrowEvent"))))


def _sends(kind: str) -> str:
    return "message" if kind == "sendTask" else ""
