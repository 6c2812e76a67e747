"""Messages and signals from outside: who may send which, and whether anybody listens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from formloom.errors import Conflict, Forbidden, NotFound, Problem, Text, near
from formloom.metadata.catalog import Catalog
from formloom.records import actions
from formloom.records.context import Context
from formloom.workflow import definitions, triggers
from formloom.workflow.definition import CATCHING, ProcessDefinition
from formloom.workflow.failure import RecordRef
from formloom.workflow.triggers import Reached

KINDS = ("message", "signal")


def awaited(processes: Iterable[ProcessDefinition], kind: str) -> dict[str, list[ProcessDefinition]]:
    """The processes that each message or signal starts or continues, by its name."""
    found: dict[str, list[ProcessDefinition]] = {}
    for process in processes:
        for name in {*_starting(process, kind), *_continuing(process, kind)}:
            found.setdefault(name, []).append(process)
    return dict(sorted(found.items()))


def _starting(process: ProcessDefinition, kind: str) -> Iterator[str]:
    return (trigger.message for trigger in process.triggers if trigger.on == kind)


def _continuing(process: ProcessDefinition, kind: str) -> Iterator[str]:
    return (node.code for node in process.nodes.values() if node.event == kind and node.kind in CATCHING)


def check(catalog: Catalog, processes: Mapping[str, ProcessDefinition]) -> Iterator[Problem]:
    """Messages and signals of roles that no process takes. A warning: the process may have been retired."""
    known = {kind: awaited(processes.values(), kind) for kind in KINDS}
    for role in catalog.roles.values():
        for kind, names in (("message", role.messages), ("signal", role.signals)):
            for name in names:
                if name not in known[kind]:
                    yield Problem(f"unknown-{kind}", _nobody(kind, name), role.place, _guess(name, known[kind]),
                                  severity="warning", element=role.name)


def send(context: Context, kind: str, name: str, record: RecordRef | None = None,
         payload: Mapping[str, Any] | None = None, key: str | None = None) -> Reached:
    """A record that the actor may not read is as good as none. A message that nobody waits for is refused, so that it
    is not lost; a signal is for whoever happens to listen.
    """
    if not context.policy.may_send(context.actor, kind, name):
        raise Forbidden(_FORBIDDEN[kind], _ASK)
    if record is not None:
        actions.read(context, *record)
    reached = (triggers.deliver(context, name, record, payload, key) if kind == "message"
               else triggers.signal(context, name, record, payload))
    if not reached:
        _explain(context, kind, name)
    return reached


def _explain(context: Context, kind: str, name: str) -> None:
    known = awaited(definitions.all_of(context), kind)
    if name not in known:
        raise NotFound(_nobody(kind, name), _guess(name, known))
    if kind == "message":
        raise Conflict(Text("Nothing waits for the message {name} now.", name=name),
                       Text("Check the key and the record, or send it again later."))


def _nobody(kind: str, name: str) -> Text:
    return (Text("No process takes the message {name}.", name=name) if kind == "message"
            else Text("No process takes the signal {name}.", name=name))


def _guess(name: str, known: Iterable[str]) -> Text | None:
    guess = near(name, known)
    return Text("Did you mean {near}?", near=guess) if guess else None


_FORBIDDEN = {"message": Text("Your roles do not let you send this message."),
              "signal": Text("Your roles do not let you send this signal.")}
_ASK = Text("Ask an administrator to name it in a role.")
