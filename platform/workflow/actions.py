"""Service tasks on records, registered like anybody's. Their keyword parameters are what a diagram may say."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

from formloom.errors import FormloomError, Text
from formloom.records import actions
from formloom.workflow.performing import Step, transactional


class ServiceTasks(Protocol):
    def add_service_task(self, name: str, task: Any) -> None: ...


class NoRecord(FormloomError):
    """A service task that needs a record, in a process without one."""

    code = "no-record"


@transactional
def update_record(step: Step, *, entity: str | None = None, id: Any = None, **fields: Any) -> Mapping[str, Any]:
    """Of the bound record, or of the one that `entity` and `id` name."""
    target, record_id = _target(step, entity, id)
    record = actions.update(step.context, target, record_id, plain(fields))
    return {"id": record.id}


@transactional
def create_record(step: Step, *, entity: str, **fields: Any) -> Mapping[str, Any]:
    record = actions.create(step.context, entity, plain(fields))
    return {"id": record.id}


@transactional
def run_action(step: Step, *, action: str, entity: str | None = None, id: Any = None, **fields: Any) -> Mapping[str,
                                                                                                                Any]:
    """A declared action of the record, as the person who started the process could have run it."""
    target, record_id = _target(step, entity, id)
    record = actions.run(step.context, target, record_id, action, plain(fields))
    return {"id": record.id}


@transactional
def delete_record(step: Step, *, entity: str | None = None, id: Any = None) -> Mapping[str, Any]:
    target, record_id = _target(step, entity, id)
    actions.delete(step.context, target, record_id)
    return {"id": record_id}


def _target(step: Step, entity: str | None, record_id: Any) -> tuple[str, int]:
    if record_id is not None:
        return entity or (step.record[0] if step.record else ""), int(record_id)
    if step.record is None:
        raise NoRecord(Text("{node} has no record to work on.", node=step.node),
                       Text("Bind the process to an entity, or give the parameters entity and id."))
    return step.record


def plain(value: Any) -> Any:
    """FEEL values as records take them: references as ids, whole numbers as they are, contexts as mappings."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value) if abs(value) < 10**18 else value
    return value


def setup(extensions: ServiceTasks) -> None:
    for name, task in (("update_record", update_record), ("create_record", create_record),
                       ("create_records", create_record), ("run_action", run_action), ("delete_record", delete_record)):
        extensions.add_service_task(name, task)
