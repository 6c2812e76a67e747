"""Every extension point of the platform, on one page.

Built-ins and plugins register alike. A name that is taken or unknown is an error with the names that exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from formloom.errors import FormloomError, Text, near
from formloom.metadata.fieldtypes import FieldType
from formloom.records.events import Listener
from formloom.workflow import external

# A service task: gets the unit of work of its step and its parameters as FEEL values, returns the task's result.
# What must leave the machine (mail, HTTP) is enqueued as a job, never sent from here.
ServiceTask: TypeAlias = Callable[..., Mapping[str, Any]]
# A service task done outside of the transaction, by a worker: gets an errand (its `key` is the same however often it is
# tried) and its parameters, returns the result. Whatever it raises is retried, except `BusinessError`.
ExternalTask: TypeAlias = Callable[..., Mapping[str, Any]]
# A job: gets the runtime's database, the job's payload and its id (the idempotency key).
JobHandler: TypeAlias = Callable[..., Any]


class BadExtension(FormloomError):
    code = "bad-extension"


@dataclass(slots=True)
class Registry:
    """Names of one kind of extension; `add` refuses a taken name, `get` an unknown one."""

    kind: str
    items: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, item: Any) -> None:
        if name in self.items:
            raise BadExtension(Text("There is already a {kind} named {name}.", kind=self.kind, name=name))
        self.items[name] = item

    def get(self, name: str) -> Any:
        if name not in self.items:
            guess = near(name, self.items)
            hint = Text("Did you mean {near}?", near=guess) if guess else None
            raise BadExtension(Text("There is no {kind} named {name}.", kind=self.kind, name=name), hint)
        return self.items[name]


@dataclass(slots=True)
class Extensions:
    """`setup(extensions)` of a plugin fills these."""

    field_types: Registry = field(default_factory=lambda: Registry("field type"))
    service_tasks: Registry = field(default_factory=lambda: Registry("service task"))
    external_tasks: Registry = field(default_factory=lambda: Registry("external task"))
    job_handlers: Registry = field(default_factory=lambda: Registry("job handler"))
    listeners: list[Listener] = field(default_factory=list)

    def add_field_type(self, field_type: FieldType) -> None:
        self.field_types.add(field_type.name, field_type)

    def add_service_task(self, name: str, task: ServiceTask) -> None:
        self.service_tasks.add(name, task)

    def add_external_task(self, name: str, task: ExternalTask) -> None:
        """A service task that leaves the machine: the process waits for what the worker brings back."""
        self.external_tasks.add(name, task)
        self.service_tasks.add(name, external.leaving(name, task))

    def add_job_handler(self, kind: str, handler: JobHandler) -> None:
        self.job_handlers.add(kind, handler)

    def add_listener(self, listener: Listener) -> None:
        """Called inside the transaction of every record change; what it raises rolls the change back."""
        self.listeners.append(listener)
