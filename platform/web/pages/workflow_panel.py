"""What the side panel of the process designer offers: kinds of records with their fields, roles, actions, decisions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Entity, Field
from formloom.runtime import Model
from formloom.web.i18n import label, t, texts
from formloom.web.pages.workflow_words import ACTIONS, CLOCK, ELEMENTS, PARAMETERS
from formloom.workflow.approvals import VERBS
from formloom.workflow.offering import LABELS

Json = dict[str, Any]
_SIMPLE = ("number", "string", "boolean", "date", "date and time")


def offered(current: Model, service_tasks: Mapping[str, Callable[..., Any]], teams: Iterable[str]) -> Json:
    catalog = current.catalog
    return {
        "entities": [of_entity(entity) for entity in catalog.entities.values()],
        "roles": [{"name": role.name, "label": label(role.label)} for role in catalog.roles.values()],
        "actions": [_action(name, task) for name, task in service_tasks.items()],
        "decisions": list(_decisions(current)),
        "processes": [{"key": d.key, "label": label(d.label), "inputs": list(d.inputs)}
                      for d in current.definitions.values()],
        "elements": texts(ELEMENTS),
        "teams": list(teams), "verbs": [(verb, t(LABELS[verb])) for verb in VERBS],
        "clock": [(name, t(words)) for name, words in CLOCK.items()],
    }


def of_entity(entity: Entity) -> Json:
    return {"name": entity.name, "label": label(entity.label), "icon": entity.icon,
            "fields": [_field(field) for field in entity.fields.values()],
            "actions": [{"name": one.name, "label": label(one.label)} for one in entity.actions.values()],
            "levels": [{"name": one.name, "label": label(one.label), "warn": list(one.warn)}
                       for one in entity.levels.values()]}


def _field(field: Field) -> Json:
    found: Json = {"name": field.name, "label": label(field.label), "kind": _kind(field), "type": field.type.name}
    if field.choices:
        found["choices"] = [{"value": one.value, "label": label(one.label)} for one in field.choices]
    if field.target:
        found["target"] = field.target
    if field.system or field.type.computed:
        found["fixed"] = True
    return found


def _kind(field: Field) -> str:
    """What a condition compares it as; empty for what it can only be empty or not."""
    returned = TYPES.get(str(field.options.get("returns", "")))
    kind = returned.feel_type if returned else field.type.feel_type
    return kind if kind in _SIMPLE else ""


def _action(name: str, task: Callable[..., Any]) -> Json:
    """By its signature, which is its declaration."""
    words, about = ACTIONS.get(name, (None, None))
    given = inspect.signature(task).parameters.values()
    return {
        "name": name, "label": t(words) if words else name,
        "about": t(about) if about else (inspect.getdoc(task) or "").partition("\n")[0],
        "parameters": [{"name": p.name, "label": t(PARAMETERS[p.name]) if p.name in PARAMETERS else p.name,
                        "required": p.default is p.empty} for p in given if p.kind is p.KEYWORD_ONLY],
        "fields": any(p.kind is p.VAR_KEYWORD and p.name == "fields" for p in given),
    }


def _decisions(current: Model) -> Iterator[Json]:
    for decision in current.decisions.values():
        yield {"id": decision.id, "label": label(decision.label) or decision.id,
               "inputs": [{"name": one, "label": label(datum.label) or one} for one, datum in decision.inputs.items()]}
