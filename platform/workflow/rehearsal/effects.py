"""What a test run would have done: record changes, mails, webhooks, notifications, processes; noted, never done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from formloom.records import audit
from formloom.records.context import Context
from formloom.records.events import Event
from formloom.storage import platform_tables as t
from formloom.workflow import performing
from formloom.workflow.performing import Step
from formloom.workflow.rule_tasks import plain

_MAIL = "mail"          # the job of a mail, which is told as the mail itself
_WATCHED = (t.fl_mail, t.fl_job, t.fl_notification, t.fl_instance)


@dataclass(frozen=True, slots=True)
class Effect:
    """kind: record | mail | webhook | job | notification | process | call, what is done outside or by a plugin and
    was not called. `node`: the element that did it, '' for what a form or another process did.
    """

    kind: str
    node: str
    at: datetime
    what: Mapping[str, Any]


class Recorder:
    """Stands between a process and the world. `results`: what service tasks that are not called give, by element."""

    def __init__(self, context: Context, results: Mapping[str, Mapping[str, Any]]) -> None:
        self.effects: list[Effect] = []
        self.node = ""
        self._results = results
        self._marks = {table: _last(context, table) for table in _WATCHED}

    def listen(self, context: Context, event: Event) -> None:
        if event.kind not in ("created", "updated", "deleted"):
            return
        entity = context.catalog.entity(event.entity)
        before, after = event.before or {}, event.after or {}
        changed = sorted(event.changed or {*before, *after} & {*entity.fields})
        self._note("record", context.now, {
            "entity": event.entity, "id": event.id, "change": event.kind, "action": event.action,
            "fields": {name: [audit.dump(entity, name, before.get(name)), audit.dump(entity, name, after.get(name))]
                       for name in changed if name in entity.fields and entity.fields[name].type.name != "table"
                       and before.get(name) != after.get(name)}})

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The service task as the test run calls it: for real where all it does is write, else not at all. What would
        be asked outside has its answer from `results` at once.
        """
        def stand_in(step: Step, **parameters: Any) -> Any:
            self.collect(step.context)
            self.node = step.node
            if performing.is_transactional(call):
                result = call(step, **parameters)
                self.collect(step.context)
            if not performing.is_transactional(call) or isinstance(result, performing.External):
                self._note("call", step.context.now, {"action": name, "parameters": plain(parameters)})
                result = self._results.get(step.node, {})
            self.node = ""
            return result

        return stand_in

    def collect(self, context: Context) -> None:
        """Rows that would have left once the transaction had committed."""
        for table in _WATCHED:
            rows = context.unit.connection.execute(
                sa.select(table).where(table.c.id > self._marks[table]).order_by(table.c.id)).all()
            for row in rows:
                self._marks[table] = row.id
                self.effects += [Effect(kind, self.node, context.now, what) for kind, what in _told(table, row)]

    def skip(self, instance_id: int) -> None:
        """The instance of the test run itself is no effect."""
        self._marks[t.fl_instance] = max(self._marks[t.fl_instance], instance_id)

    def _note(self, kind: str, at: datetime, what: Mapping[str, Any]) -> None:
        self.effects.append(Effect(kind, self.node, at, what))


def _last(context: Context, table: sa.Table) -> int:
    return int(context.unit.connection.scalar(sa.select(sa.func.max(table.c.id))) or 0)


def _told(table: sa.Table, row: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if table is t.fl_mail:
        yield "mail", {"to": row.to, "subject": row.subject, "body": row.body_text}
    elif table is t.fl_notification:
        yield "notification", {"user": row.user_id, "text": row.text, "link": row.link}
    elif table is t.fl_instance:
        yield "process", {"key": row.key, "entity": row.entity, "record": row.record_id}
    elif row.kind != _MAIL:
        yield ("webhook" if row.kind == "webhook" else "job"), {"job": row.kind, "payload": row.payload}
