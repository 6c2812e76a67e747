"""A test run in the words of the business: the JSON that the designer reads and the page shows alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from formloom.errors import Text
from formloom.metadata.catalog import Entity, Field
from formloom.policy import people
from formloom.records.context import Context
from formloom.web.i18n import label, t
from formloom.web.pages.frame import display
from formloom.workflow.definition import Node, ProcessDefinition
from formloom.workflow.instances import Visit, Waiting
from formloom.workflow.rehearsal import Effect, Trace
from formloom.workflow.rule_tasks import plain
from formloom.workflow.tasks import Task

STATES: Mapping[str, tuple[str, Text]] = {
    "running": ("wait", Text("Waiting")), "incident": ("wait", Text("Waiting")), "done": ("done", Text("Finished")),
    "cancelled": ("idle", Text("Cancelled")), "failed": ("stop", Text("Stopped by an error"))}
ICONS = {"record": "edit", "mail": "mail", "webhook": "world", "job": "settings", "notification": "bell",
         "process": "sitemap", "call": "plug"}


def document(context: Context, definition: ProcessDefinition, trace: Trace) -> dict[str, Any]:
    """Everything a trace tells, with labels in the language of the request."""
    tone, words = STATES[trace.status]
    ids = {task.assignee for task in trace.tasks if task.assignee} | {u for task in trace.tasks for u in task.users}
    ids |= {visit.actor_id for visit in trace.history if visit.actor_id}
    ids |= {effect.what["user"] for effect in trace.effects if effect.kind == "notification"}
    who = people.names(context.unit, ids)
    return {
        "status": trace.status, "state": t(words), "tone": tone, "now": trace.now.isoformat(),
        "clock": display().moment(trace.now), "passed": list(trace.passed), "flows": list(trace.flows),
        "current": list(dict.fromkeys(one.node for one in trace.waiting)),
        "failure": _failure(definition, trace),
        "tasks": [_task(context, definition, task, who) for task in trace.tasks],
        "timers": [_timer(definition, one) for one in trace.waiting if one.kind == "timer"],
        "events": [_event(definition, one) for one in trace.waiting if one.kind in ("message", "signal")],
        "history": [_visit(definition, visit, who) for visit in trace.history if visit.kind in ("passed", "decided")],
        "decisions": [_ruling(definition, visit) for visit in trace.history if visit.kind == "ruled"],
        "effects": [_effect(context, definition, effect, who) for effect in trace.effects],
        "variables": {name: plain(value) for name, value in trace.variables.items()},
        "record": _record(context, definition, trace.record),
        "unheld": [_role(context, role) for role in trace.unheld],
        "unfilled": [{"path": error.path, "message": t(error.message)}
                     for error in (trace.unfilled.errors if trace.unfilled else ())],
    }


def _name(definition: ProcessDefinition, node: str) -> str:
    known = definition.nodes.get(node)
    return (label(known.label) if known and known.label else "") or node


def _role(context: Context, name: str) -> str:
    role = context.catalog.roles.get(name)
    return label(role.label) if role else name


def _failure(definition: ProcessDefinition, trace: Trace) -> dict[str, str] | None:
    failure = trace.failure
    if failure is None:
        return None
    message = t(failure.message) if isinstance(failure.message, Text) else failure.message
    return {"node": failure.node, "label": _name(definition, failure.node) if failure.node else "",
            "message": message, "hint": t(failure.hint) if failure.hint else ""}


def _task(context: Context, definition: ProcessDefinition, task: Task, who: Mapping[int, str]) -> dict[str, Any]:
    entity = context.catalog.entities.get(task.entity)
    fields = [one for one in task.fields if one.editable and entity is not None and one.name in entity.fields]
    return {
        "node": task.node, "label": label(task.label), "assignee": task.assignee,
        "who": who.get(task.assignee, "") if task.assignee else "",
        "role": _role(context, task.role) if task.role and not task.assignee else "",
        "users": [who.get(user, "") for user in task.users],
        "due": task.due_at.isoformat() if task.due_at else None,
        "due_words": display().moment(task.due_at) if task.due_at else "",
        "outcomes": [{"value": one.value, "label": label(one.label), "tone": one.tone, "comment": one.comment}
                     for one in task.outcomes],
        "fields": [{"name": one.name, "required": one.access == "required"} for one in fields],
    }


def _timer(definition: ProcessDefinition, waiting: Waiting) -> dict[str, Any]:
    return {"node": waiting.node, "label": _name(definition, waiting.node),
            "due": waiting.due_at.isoformat() if waiting.due_at else None,
            "due_words": display().moment(waiting.due_at) if waiting.due_at else ""}


def _event(definition: ProcessDefinition, waiting: Waiting) -> dict[str, Any]:
    node = definition.nodes.get(waiting.node)
    return {"node": waiting.node, "label": _name(definition, waiting.node), "kind": waiting.kind,
            "name": node.code if node else ""}


def _visit(definition: ProcessDefinition, visit: Visit, who: Mapping[int, str]) -> dict[str, Any]:
    node = definition.nodes.get(visit.node)
    return {"node": visit.node, "label": _name(definition, visit.node), "kind": visit.kind, "at": visit.at.isoformat(),
            "when": display().moment(visit.at), "element": node.kind if node else "",
            "who": who.get(visit.actor_id or 0, "") if visit.kind == "decided" else "",
            "outcome": _outcome(node, str(visit.data.get("outcome", "")))}


def _outcome(node: Node | None, value: str) -> str:
    found = node.outcome(value) if node else None
    return label(found.label) if found else value


def _ruling(definition: ProcessDefinition, visit: Visit) -> dict[str, Any]:
    told = visit.data
    return {
        "node": visit.node, "label": _name(definition, visit.node), "decision": label(told["label"]),
        "inputs": [{"name": label(one["label"]) or one["name"], "value": _said(one["value"])}
                   for one in told["inputs"]],
        "rules": [{"number": one["number"], "note": label(one["note"])} for one in told["rules"]],
        "result": _answer(told)}


def _answer(told: Mapping[str, Any]) -> str:
    result, outputs = told["result"], told["outputs"]
    if not isinstance(result, Mapping):
        return _said(result)
    return ", ".join(f"{label(outputs[name]) if name in outputs else name}: {_said(value)}"
                     for name, value in result.items())


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return t(Text("Yes")) if value else t(Text("No"))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_said(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    return "–" if value is None else str(value)


def _effect(context: Context, definition: ProcessDefinition, effect: Effect, who: Mapping[int, str]) -> dict[str, Any]:
    words, more = _TOLD[effect.kind](context, effect.what, who)
    return {"kind": effect.kind, "icon": ICONS[effect.kind], "node": effect.node,
            "label": _name(definition, effect.node) if effect.node else "", "words": words, "more": more,
            "at": effect.at.isoformat(), "when": display().moment(effect.at), "what": plain(effect.what)}


def _of_record(context: Context, what: Mapping[str, Any], _: Mapping[int, str]) -> tuple[str, str]:
    entity = context.catalog.entity(what["entity"])
    fields = [f"{label(entity.fields[name].label)} "
              + (f"{_shown_as(entity.fields[name], before)} → " if what["change"] == "updated" else "")
              + _shown_as(entity.fields[name], after) for name, (before, after) in what["fields"].items()]
    name, told = label(entity.label), " · ".join(fields) or "–"
    if what["change"] == "created":
        return t(Text("{entity} would be created: {fields}", entity=name, fields=told)), ""
    if what["change"] == "deleted":
        return t(Text("{entity} would be deleted", entity=name)), ""
    return t(Text("{entity} would change: {fields}", entity=name, fields=told)), ""


def _of_mail(_: Context, what: Mapping[str, Any], __: Mapping[int, str]) -> tuple[str, str]:
    return t(Text("Mail to {to}: {subject}", to=what["to"], subject=what["subject"])), str(what["body"] or "")


def _of_webhook(_: Context, what: Mapping[str, Any], __: Mapping[int, str]) -> tuple[str, str]:
    payload = json.loads(what["payload"])
    return t(Text("Call to {address}", address=payload.get("url", ""))), json.dumps(
        payload.get("body"), ensure_ascii=False, indent=1)


def _of_job(_: Context, what: Mapping[str, Any], __: Mapping[int, str]) -> tuple[str, str]:
    return t(Text("Background work: {kind}", kind=what["job"])), str(what["payload"])


def _of_notice(_: Context, what: Mapping[str, Any], who: Mapping[int, str]) -> tuple[str, str]:
    return t(Text("Tell {who}: {text}", who=who.get(what["user"], ""), text=what["text"])), ""


def _of_process(context: Context, what: Mapping[str, Any], _: Mapping[int, str]) -> tuple[str, str]:
    known = context.definitions.get(what["key"])
    return t(Text("Start of {process}", process=label(known.label) if known else what["key"])), ""


def _of_call(_: Context, what: Mapping[str, Any], __: Mapping[int, str]) -> tuple[str, str]:
    return t(Text("{action} would be called", action=what["action"])), _said(what["parameters"])


_TOLD: Mapping[str, Callable[[Context, Mapping[str, Any], Mapping[int, str]], tuple[str, str]]] = {
    "record": _of_record, "mail": _of_mail, "webhook": _of_webhook, "job": _of_job, "notification": _of_notice,
    "process": _of_process, "call": _of_call}


def _shown_as(spec: Field, dumped: Any) -> str:
    """As the field reads on a page; what it points at by its number."""
    if dumped is None or spec.target is not None:
        return _short(_said(dumped))
    value = spec.type.parse(dumped, spec)
    return _short(display().show(spec, {spec.name: value}).text)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def _record(context: Context, definition: ProcessDefinition, row: Mapping[str, Any] | None) -> list[dict[str, str]]:
    if row is None or definition.entity not in context.catalog.entities:
        return []
    entity = context.catalog.entity(definition.entity)
    return [{"name": name, "label": label(entity.fields[name].label), "value": display().show(spec, row).text}
            for name, spec in _shown(entity, row)]


def _shown(entity: Entity, row: Mapping[str, Any]) -> Iterable[tuple[str, Field]]:
    return ((name, spec) for name, spec in entity.fields.items()
            if spec.type.name not in ("table", "reference", "references", "user", "team", "file", "image")
            and row.get(name) not in (None, ""))
