"""Service tasks in a simulation: what they would write into the bound record happens in memory, the rest not at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from formloom.metadata.catalog import Entity
from formloom.workflow.actions import plain
from formloom.workflow.definition import Node

_ELSEWHERE = frozenset({"entity", "id", "for", "action"})


def change(node: Node, names: Mapping[str, Any], entity: Entity, now: datetime) -> Mapping[str, Any] | None:
    """The fields of the bound record that the task sets; None for a task that does something else."""
    action = node.action
    if action is None or action.name not in ("update_record", "run_action") or {"id", "for"} & action.parameters.keys():
        return None
    set_ = {name: expression.evaluate(names, now) for name, expression in action.parameters.items()
            if name not in _ELSEWHERE}
    if action.name == "run_action":
        named = action.parameters["action"].evaluate(names, now)
        declared = entity.actions.get(str(named))
        set_ |= {name: expression.evaluate(names, now) for name, expression in declared.set.items()} if declared else {}
    return {name: _stored(entity, name, value) for name, value in set_.items()}


def _stored(entity: Entity, name: str, value: Any) -> Any:
    """As the record would hold it, or as it is if it would refuse it: a simulation tells of cases, not of fields."""
    field, given = entity.fields.get(name), plain(value)
    if field is None or given is None:
        return given
    try:
        return field.type.parse(given, field)
    except ValueError:
        return given
