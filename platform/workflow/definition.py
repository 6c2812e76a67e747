"""A process as the engine runs it: what the reader made of one BPMN file, frozen and pinned by its hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from formloom.errors import Place, Problem
from formloom.feel import Expression
from formloom.metadata.catalog import EMPTY, Label

NOWHERE = Place("")
USER_KINDS = frozenset({"userTask", "manualTask", "task"})
CATCHING = frozenset({"receiveTask", "intermediateCatchEvent", "boundaryEvent", "startEvent"})
SCOPES = frozenset({"subProcess", "transaction", "callActivity"})       # activities that hold a process of their own


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way to end a user task. `comment` is optional or required."""

    value: str
    label: Label
    tone: str = "done"          # done | stop | idle
    comment: str = "optional"


@dataclass(frozen=True, slots=True)
class TaskField:
    """A field of the bound record on a user task's form: show | edit | required. `revise`: the initiator may change it
    when the task comes back to them.
    """

    name: str
    access: str = "show"
    revise: bool = False

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
    """Who does a user task: `assignee` if that gives somebody, else anyone of `users`, with `role` or one of `roles`,
    in the initiator's line of managers or at the head of a team; if that is nobody, who has the role `fallback`.
    """

    assignee: Expression | None = None
    role: str = ""
    users: Expression | None = None
    due: Moment | None = None
    roles: Expression | None = None
    line: Expression | None = None              # how many managers, the nearest first
    line_until: str = ""                        # the role at which the line ends
    head: str = ""                              # a team, or `initiator` for the initiator's own
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """How several people decide one user task. It runs as a multi-instance; `Node.loop` says until when."""

    mode: str = "any"                           # all | any | quorum
    order: str = "parallel"                     # parallel | sequential
    needed: str = ""                            # of a quorum: a number of votes, or a share such as 60%
    weight: Expression | None = None            # of the vote of `approver`
    self: str = "skip"                          # the initiator and who decided before: skip | fallback | allow
    returns: str = "any"                        # where to it may be returned: none | initiator | any
    resume: str = "steps"                       # what follows a return: steps | back | choose
    forbid: frozenset[str] = frozenset()        # verbs that it does not allow
    passed: Expression | None = None            # whether the votes agree


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """When the initiator may take a process back, and what is written to its record then."""

    allowed: str = "undecided"                  # undecided | always
    fields: Mapping[str, Expression] = EMPTY


@dataclass(frozen=True, slots=True)
class Action:
    """What a service task does: a registered name and its parameters. `leaves`: it may take time, outside."""

    name: str
    parameters: Mapping[str, Expression] = EMPTY
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Loop:
    """How often an activity runs. Parallel and sequential: once for each of `items`, which may also be a number.
    Standard: as long as `again` holds, asked `before` or after each round, at most `most` times.
    """

    kind: str                                   # parallel | sequential | standard
    items: Expression | None = None
    item: str = "item"                          # what one of them is called
    until: Expression | None = None             # asked after each; if it holds, the others are left undone
    again: Expression | None = None
    before: bool = False
    most: int | None = None


@dataclass(frozen=True, slots=True)
class DecisionCall:
    """What a business rule task asks: a decision by id or name. Inputs without a parameter come from the process."""

    ref: str
    result: str = ""            # the name under which later expressions read the answer, besides the element's id
    parameters: Mapping[str, Expression] = EMPTY
    mapping: str = ""           # Camunda's shape of the result; '' takes it as it is


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
    """A flow node. `scope` is the activity that contains it, '' for the process itself. What comes from a called
    process has the id of the call before its own: `check/review`.
    """

    id: str
    kind: str                                   # the BPMN element's name: userTask, exclusiveGateway, ...
    label: Label = EMPTY
    scope: str = ""
    event: str = ""                             # EVENTS; '' for none
    code: str = ""                              # of an error or escalation ('' catches all); a message's, signal's name
    timer: Moment | None = None
    condition: Expression | None = None         # of a conditional event
    key: Expression | None = None               # what a message must carry to be meant for this instance
    parameters: Mapping[str, Expression] = EMPTY    # what a message or signal carries, or a called process is given
    handler: bool = False                       # an event sub-process
    loop: Loop | None = None
    attached_to: str = ""
    interrupting: bool = True
    default: str = ""                           # id of the default flow
    lane: str = ""
    assignment: Assignment = Assignment()
    approval: Approval | None = None
    fields: tuple[TaskField, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    action: Action | None = None
    decision: DecisionCall | None = None
    script: Mapping[str, Expression] = EMPTY    # of a script task: name to value, in order
    place: Place = NOWHERE

    @property
    def for_people(self) -> bool:
        return self.kind in USER_KINDS

    @property
    def name(self) -> str:
        """What expressions call its result."""
        return self.id.rpartition("/")[2]

    @property
    def drawn(self) -> str:
        """The element of the diagram that shows it: the call, for what is inside a called process."""
        return self.id.partition("/")[0]

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
    start: str = ""                             # the start event it leads to; '' for the plain one
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessDefinition:
    """Equal hash, equal behaviour: running instances name the hash they were started with."""

    key: str
    label: Label
    hash: str
    entity: str = ""                            # the bound entity; '' for a process without a record
    triggers: tuple[Trigger, ...] = ()
    withdrawal: Withdrawal | None = None        # None: nobody takes it back
    nodes: Mapping[str, Node]
    flows: tuple[Flow, ...]
    inputs: tuple[str, ...] = ()                # what a call activity may give it
    called: Mapping[str, str] = EMPTY           # texts of the processes it calls, by key
    rewrites: tuple[Problem, ...] = ()          # what runs as something equivalent, for whoever drew it
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
