"""The top of a record: number, title, state, key figures, life cycle, and what may be done with it now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from formloom.errors import Text
from formloom.forms import clocks, form
from formloom.forms.display import Shown
from formloom.metadata.catalog import Choice, Entity, Field
from formloom.policy.decision import Decision
from formloom.records import actions
from formloom.records.context import Context
from formloom.records.record import Record
from formloom.records.scope import Scope
from formloom.web.i18n import label, t
from formloom.web.pages.frame import display

LONGEST_CYCLE = 8


@dataclass(frozen=True, slots=True)
class Figure:
    field: Field
    shown: Shown


@dataclass(frozen=True, slots=True)
class Stage:
    label: str
    place: str          # past | now | ahead


@dataclass(frozen=True, slots=True)
class Head:
    number: str
    title: str
    state: Shown | None
    figures: tuple[Figure, ...]
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Button:
    """An action a person sees: allowed, or with the reason why not. `fields` are asked for in a dialog first."""

    name: str
    label: str
    icon: str
    allowed: bool
    reason: str = ""
    primary: bool = False
    confirm: str = ""
    fields: tuple[form.Control, ...] = ()

    @property
    def asks(self) -> bool:
        return bool(self.fields or self.confirm)


def head(context: Context, entity: Entity, record: Record) -> Head:
    show = display()
    number = str(record.values.get(entity.number) or "") if entity.number else ""
    stated = entity.state is not None and entity.state in record.values
    state = show.show(entity.fields[entity.state or ""], record.values) if stated else None
    ticking = clocks.cells(context, entity, [record], entity.form.headline, show)
    figures = tuple(Figure(entity.fields[n], ticking.get((record.id, n))
                           or show.show(entity.fields[n], record.values, record.titles))
                    for n in entity.form.headline if n in record.values)
    return Head(number, record.label, state, figures, tuple(_stages(entity, record)))


def _stages(entity: Entity, record: Record) -> Iterator[Stage]:
    """States in the order of the life cycle; ways out of it (stopped) only while the record is there."""
    if not entity.state or entity.state not in record.values:
        return
    current = entity.fields[entity.state].choice(record.values[entity.state])
    choices = [c for c in entity.fields[entity.state].choices if c.tone != "stop" or c == current]
    if current is None or not 2 <= len(choices) <= LONGEST_CYCLE or not any(c.fill for c in choices):
        return
    for choice in choices:
        yield Stage(label(choice.label), _place(choice, current, choices))


def _place(choice: Choice, current: Choice, choices: list[Choice]) -> str:
    if choice == current:
        return "now"
    before = (choice.fill, choices.index(choice)) < (current.fill, choices.index(current))
    return "past" if before else "ahead"


def decide(context: Context, entity: Entity, record: Record, action: str) -> Decision:
    scope = Scope(context, entity, record.row)
    return context.policy.decide(context.actor, action, entity, scope, context.now)


def buttons(context: Context, entity: Entity, record: Record) -> list[Button]:
    """Declared actions that are possible or one step away; those nobody may ever run for this actor are left out."""
    found = [_button(context, entity, record, name, decision)
             for name, decision in actions.offers(context, record).items()]
    return sorted(found, key=lambda b: (not b.allowed, not b.primary))


def _button(context: Context, entity: Entity, record: Record, name: str, decision: Decision) -> Button:
    action = entity.action(name)
    asked: tuple[form.Control, ...] = ()
    if decision and action.fields:
        sheet = form.of_action(context, record, name, display())
        asked = tuple(form.control(sheet, entity.fields[n]) for n in action.fields)
    return Button(name, label(action.label), action.icon or "bolt", bool(decision),
                  "" if decision else t(decision.reason), action.primary, label(action.confirm), asked)


def standard(context: Context, entity: Entity, record: Record) -> dict[str, Button]:
    """Edit and delete, with the reason when they are not allowed."""
    found = {}
    for name, words, icon in (("update", Text("Edit"), "edit"), ("delete", Text("Delete"), "trash")):
        decision = decide(context, entity, record, name)
        found[name] = Button(name, t(words), icon, bool(decision), "" if decision else t(decision.reason))
    return found


