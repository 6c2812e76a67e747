"""The compiled model: frozen, hash-versioned, shared by every layer above.

A request takes the catalog once and keeps it; publishing makes a new one. Nothing here knows a database, a clock or a
request. Expressions are compiled FEEL; a rule that is absent is None.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias

from formloom.calendars.working_time import Calendar
from formloom.errors import (
    Place,
    UnknownAction,
    UnknownCalendar,
    UnknownDecision,
    UnknownEntity,
    UnknownField,
    UnknownProcess,
)
from formloom.feel import Expression
from formloom.metadata.dashboards import Dashboard
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.form_layout import FormLayout, Layout
from formloom.metadata.sources import NOWHERE, DecisionSource, ProcessSource, Source

Label: TypeAlias = Mapping[str, str]


class _Nothing(Mapping[str, Any]):
    """An empty mapping that hashes: a dataclass takes no unhashable default."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __hash__(self) -> int:
        return 0


EMPTY: Mapping[str, Any] = _Nothing()

SYSTEM_FIELDS = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Label
    tone: str = "idle"      # idle | wait | run | done | stop
    fill: float = 0.0       # 0..1, how far along the life cycle: fills the state ring


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """A value that a decision gives: of a formula field always, of any other field when a record is new.

    `output` is one of several; '' takes the whole answer. `inputs` are all it is asked with.
    """

    key: str
    output: str
    inputs: Mapping[str, Expression]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for expression in self.inputs.values() for name in expression.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    id: str                 # stable; survives renaming
    name: str
    type: FieldType
    label: Label
    help: Label = EMPTY
    required: bool = False
    unique: bool = False
    indexed: bool = False
    readonly: bool = False
    default: Expression | None = None
    formula: Expression | None = None
    decision: DecisionRule | None = None
    required_when: Expression | None = None
    visible_when: Expression | None = None
    readonly_when: Expression | None = None
    choices: tuple[Choice, ...] = ()
    target: str | None = None            # entity of a reference, many references, child table
    options: Mapping[str, Any] = EMPTY   # of the type: max_length, minimum, maximum, precision, scale, currency, ...
    system: bool = False                 # id, version, created_at, ..., parent, position
    place: Place = NOWHERE

    @property
    def uses(self) -> frozenset[str]:
        """What it is computed from; nothing for a field that people fill in."""
        if not self.type.computed:
            return frozenset()
        rule = self.formula or self.decision
        return rule.names if rule else frozenset()

    def choice(self, value: Any) -> Choice | None:
        return next((c for c in self.choices if c.value == value), None)


@dataclass(frozen=True, slots=True)
class Constraint:
    """A rule that a record must not break: refused when `check` is false (null passes, as in SQL)."""

    name: str
    check: Expression
    message: Label
    field: str = ""         # where the message is shown; '' for the whole record
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Sort:
    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class BoardLayout:
    """Columns by the choices of a field, with cards that are moved from one to the other."""

    group_by: str
    card: tuple[str, ...] = ()
    sum: str = ""                           # field whose values are added up for each column
    hide_empty: bool = False
    collapsed: tuple[str, ...] = ()         # choices


@dataclass(frozen=True, slots=True)
class CalendarLayout:
    """Records on the days of a date or datetime field."""

    start: str
    end: str = ""                           # of the type of `start`; as a date, its last day
    title: str = ""                         # '' for what names a record
    color_by: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A shared saved view that ships with the pack; people's own views are rows."""

    name: str
    label: Label
    filter: str = ""                        # FEEL text
    columns: tuple[str, ...] = ()
    sort: tuple[Sort, ...] = ()
    kind: str = "list"                      # list | kanban | calendar
    board: BoardLayout | None = None        # of kind kanban
    calendar: CalendarLayout | None = None  # of kind calendar


@dataclass(frozen=True, slots=True)
class Related:
    """A list of records that point at this one, shown on the record's page."""

    entity: str
    field: str
    label: Label = EMPTY


@dataclass(frozen=True, slots=True)
class Action:
    """A declared action: offered when `when` holds, sets `set`, asks for `fields`, may start processes bound to it."""

    name: str
    label: Label
    when: Expression | None = None
    reason: Label = EMPTY                   # why not, and the way out, when `when` does not hold
    set: Mapping[str, Expression] = EMPTY
    fields: tuple[str, ...] = ()
    icon: str = ""
    primary: bool = False
    confirm: Label = EMPTY
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevel:
    """A promise about every record of an entity: something happens within so much working time."""

    name: str
    label: Label
    stops: Expression
    starts: Expression | None = None        # None: with the record
    pauses: Expression | None = None
    by: str = ""                            # choice field that decides which target holds; '' for one target
    targets: Mapping[str, timedelta] = EMPTY  # by choice; under '' the one target
    calendar: str = ""                      # '' for that of the owner's team, else the organisation's
    warn: tuple[int, ...] = ()              # percentages, ascending
    due: str = ""                           # field that mirrors when it is due
    state: str = ""                         # field that mirrors its state
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    id: str
    name: str
    pack: str
    label: Label
    plural: Label
    help: Label = EMPTY
    icon: str = "table"
    title: str                              # field that names a record
    number: str | None = None               # field with the human number, shown above the title
    search: tuple[str, ...] = ()
    state: str | None = None                # choice field that is the life cycle
    owner: str | None = None                # user field
    parent: str | None = None               # a child entity belongs to exactly one record of this entity
    fields: Mapping[str, Field]             # in authored order; system fields last
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    form: FormLayout
    layouts: tuple[Layout, ...] = ()
    columns: tuple[str, ...] = ()
    sort: tuple[Sort, ...] = ()
    views: tuple[View, ...] = ()
    related: tuple[Related, ...] = ()
    actions: Mapping[str, Action] = EMPTY
    levels: Mapping[str, ServiceLevel] = EMPTY
    computed: tuple[str, ...] = ()          # formulas and roll-ups, each after those it uses
    place: Place = NOWHERE

    def field(self, name: str) -> Field:
        try:
            return self.fields[name]
        except KeyError:
            raise UnknownField(name, self.fields) from None

    def action(self, name: str) -> Action:
        try:
            return self.actions[name]
        except KeyError:
            raise UnknownAction(name, self.actions) from None


@dataclass(frozen=True, slots=True)
class FieldRule:
    read: bool = True
    write: bool = True
    mask: str | None = None                 # last4 | first1 | email | all


@dataclass(frozen=True, slots=True)
class StateRule:
    """What is tighter while the record is in a state; absent means as otherwise."""

    update: Expression | None = None
    delete: Expression | None = None
    fields: Mapping[str, FieldRule] = EMPTY
    reason: Label = EMPTY


@dataclass(frozen=True, slots=True)
class EntityRule:
    """What one role may do with one entity. A rule is FEEL over the record's fields and `user`; None is no."""

    create: Expression | None = None
    read: Expression | None = None
    update: Expression | None = None
    delete: Expression | None = None
    actions: Mapping[str, Expression] = EMPTY
    fields: Mapping[str, FieldRule] = EMPTY
    states: Mapping[str, StateRule] = EMPTY
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Role:
    id: str
    name: str
    label: Label
    pack: str
    rules: Mapping[str, EntityRule]
    admin: bool = False                     # everything, on every entity
    decisions: tuple[str, ...] = ()         # ids of decisions that may be asked over the API
    messages: tuple[str, ...] = ()          # names of messages and signals that may be sent to processes
    signals: tuple[str, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class WorkspaceItem:
    entity: str
    view: str = ""


@dataclass(frozen=True, slots=True)
class Workspace:
    name: str
    label: Label
    icon: str
    items: tuple[WorkspaceItem, ...]
    position: int | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When is worked, as configured. The default one is the organisation's."""

    name: str
    label: Label
    pack: str
    calendar: Calendar
    default: bool = False
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Pack:
    name: str
    version: str
    label: Label
    requires: tuple[str, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Catalog:
    version: str                            # sha-256 of the sources: equal content, equal version
    entities: Mapping[str, Entity]
    roles: Mapping[str, Role]
    processes: Mapping[str, ProcessSource]
    workspaces: tuple[Workspace, ...]
    packs: tuple[Pack, ...]
    sources: tuple[Source, ...] = field(repr=False, default=())
    decisions: Mapping[str, DecisionSource] = EMPTY     # by the id of each decision; a file may hold several
    decision_files: tuple[DecisionSource, ...] = ()
    calendars: Mapping[str, WorkCalendar] = EMPTY
    dashboards: Mapping[str, Dashboard] = EMPTY

    def entity(self, name: str) -> Entity:
        try:
            return self.entities[name]
        except KeyError:
            raise UnknownEntity(name, self.entities) from None

    def process(self, key: str) -> ProcessSource:
        try:
            return self.processes[key]
        except KeyError:
            raise UnknownProcess(key, self.processes) from None

    def decision(self, key: str) -> DecisionSource:
        try:
            return self.decisions[key]
        except KeyError:
            raise UnknownDecision(key, self.decisions) from None

    def calendar(self, name: str) -> WorkCalendar:
        try:
            return self.calendars[name]
        except KeyError:
            raise UnknownCalendar(name, self.calendars) from None

    @property
    def own_calendar(self) -> WorkCalendar | None:
        """The organisation's: the default one, or the only one there is."""
        chosen = [c for c in self.calendars.values() if c.default] or list(self.calendars.values())
        return chosen[0] if len(chosen) == 1 else None

    def children(self, entity: Entity) -> Mapping[str, Entity]:
        """Child entity by the name of the child-table field that shows it."""
        return {f.name: self.entities[f.target] for f in entity.fields.values() if f.type.name == "table" and f.target}
