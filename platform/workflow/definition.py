"""A process as the engine runs it: what the reader made of one BPMN file, frozen and pinned by its hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from formloom.errors import Place
from formloom.feel import Expression
from formloom.metadata.catalog import EMPTY, Label

NOWHERE = Place("")
USER_KINDS = frozenset({"userTask", "manualTask"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way to end a user task. `comment` is optional or required."""

    value: str
    label: Label
    tone: str = "done"          # done | stop | idle
    comment: str = "optional"


@dataclass(frozen=True, slots=True)
class TaskField:
    """A field of the bound record on a user task's form: show | edit | required."""

    name: str
    access: str = "show"

    @property
    def editable(self) -> bool:
        return self.access != "show"


@dataclass(frozen=True, slots=True)
class Moment:
    """When: a duration from now, a point in time, or a cycle, as ISO 8601 text or as FEEL, never both."""

    kind: str                   # duration | date | cycle | any (a duration or a point in time, whichever comes out)
    iso: str = ""
    expression: Expression | None = None
    missed: str = "once"        # of a cycle: what becomes of times while nothing ran: once | all | skip


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who does a user task: `assignee` if that gives somebody, else anyone of `users` or with `role`."""

    assignee: Expression | None = None
    role: str = ""
    users: Expression | None = None
    due: Moment | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What a service task does: a registered name and its parameters."""

    name: str
    parameters: Mapping[str, Expression] = EMPTY


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    source: str
    target: str
    label: Label = EMPTY
    condition: Expression | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A flow node. `scope` is the sub-process that contains it, '' for the process itself."""

    id: str
    kind: str                                   # the BPMN element's name: userTask, exclusiveGateway, ...
    label: Label = EMPTY
    scope: str = ""
    event: str = ""                             # timer | terminate | error; '' for none
    timer: Moment | None = None
    error: str = ""                             # code of an error event; '' catches every error
    attached_to: str = ""
    interrupting: bool = True
    default: str = ""                           # id of a gateway's default flow
    assignment: Assignment = Assignment()
    fields: tuple[TaskField, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    action: Action | None = None
    script: Mapping[str, Expression] = EMPTY    # of a script task: name to value, in order
    place: Place = NOWHERE

    @property
    def for_people(self) -> bool:
        return self.kind in USER_KINDS

    def outcome(self, value: str) -> Outcome | None:
        return next((o for o in self.outcomes if o.value == value), None)

    @property
    def editable(self) -> frozenset[str]:
        return frozenset(f.name for f in self.fields if f.editable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What starts an instance. `every` is an ISO 8601 duration or a cron line."""

    on: str                                     # action | created | updated | schedule | message | manual | sla
    action: str = ""
    when: Expression | None = None
    every: str = ""
    missed: str = "once"                        # of a schedule, as of a cycle
    message: str = ""
    level: str = ""                             # of `sla`: the service level, and what happens to its clock
    at: str = ""
    for_each: Expression | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessDefinition:
    """Equal hash, equal behaviour: running instances name the hash they were started with."""

    key: str
    label: Label
    hash: str
    entity: str = ""                            # the bound entity; '' for a process without a record
    triggers: tuple[Trigger, ...] = ()
    nodes: Mapping[str, Node]
    flows: tuple[Flow, ...]
    text: str = field(repr=False, default="")
    place: Place = NOWHERE

    def scope(self, name: str = "") -> Iterator[Node]:
        return (n for n in self.nodes.values() if n.scope == name)

    def outgoing(self, node_id: str) -> tuple[Flow, ...]:
        return tuple(f for f in self.flows if f.source == node_id)

    def incoming(self, node_id: str) -> tuple[Flow, ...]:
        return tuple(f for f in self.flows if f.target == node_id)

    def boundaries(self, node_id: str) -> tuple[Node, ...]:
        return tuple(n for n in self.nodes.values() if n.attached_to == node_id)

    @property
    def user_tasks(self) -> tuple[Node, ...]:
        return tuple(n for n in self.nodes.values() if n.for_people)
