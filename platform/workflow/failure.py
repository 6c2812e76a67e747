"""Why a process could not go on, on its way to becoming an incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from formloom.errors import FormloomError, Text
from formloom.workflow.definition import ProcessDefinition

RecordRef = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Start:
    """What a process was to start with."""

    definition: ProcessDefinition
    record: RecordRef | None
    started_by: int
    at: str
    variables: Mapping[str, Any]


class StepFailed(FormloomError):
    """A step could not be done; nothing of it was kept. The cause goes into an incident. `job_id`: whose answer the
    step was to tell. `start`: of a process whose very first step it was.
    """

    code, status = "step-failed", 409

    def __init__(self, key: str, instance_id: int, node: str, cause: Exception, job_id: int | None = None) -> None:
        super().__init__(
            Text("The process {process} cannot go on at {node}: {cause}", process=key, node=node or "its start",
                 cause=str(cause)),
            Text("Nothing was changed. The cause is noted as an incident for an administrator."),
        )
        self.key, self.instance_id, self.node, self.cause, self.job_id = key, instance_id, node, cause, job_id
        self.start: Start | None = None
