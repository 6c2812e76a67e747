"""What this actor sees of a record and may type: tabs, sections, controls. No HTML here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from formloom.errors import FieldError, Forbidden, label_in
from formloom.feel import Expression
from formloom.metadata.catalog import Entity, Field, FormLayout, Section, Tab
from formloom.policy.decision import Access
from formloom.records import derivation
from formloom.records.context import Context
from formloom.records.record import Record
from formloom.records.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One input. `name` is its name in the form (`lines-0-quantity` in a child row); `rules` are FEEL trees for the
    browser by what they rule: visible, required, readonly, formula."""

    name: str
    field: Field
    label: str
    help: str
    widget: str
    value: Any
    title: Any = None
    required: bool = False
    readonly: bool = False
    visible: bool = True
    options: tuple[tuple[str, str], ...] = ()
    rules: Mapping[str, Any]
    columns: tuple[Control, ...] = ()           # of a child table: one empty control per column
    rows: tuple[tuple[int | None, tuple[Control, ...]], ...] = ()
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class FormSection:
    label: str
    columns: int
    controls: tuple[Control, ...]
    visible: bool
    rule: Any


@dataclass(frozen=True, slots=True)
class FormTab:
    label: str
    sections: tuple[FormSection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    entity: Entity
    mode: str
    record_id: int | None
    version: int | None
    tabs: tuple[FormTab, ...]
    headline: tuple[Control, ...]
    errors: tuple[FieldError, ...] = ()          # of no single input

    def controls(self) -> Iterator[Control]:
        for tab in self.tabs:
            for section in tab.sections:
                yield from section.controls


@dataclass(frozen=True, slots=True)
class _Making:
    context: Context
    entity: Entity
    access: Access
    scope: Scope
    values: Mapping[str, Any]
    typed: Mapping[str, Any]
    errors: Sequence[FieldError]
    titles: Mapping[str, Mapping[int, str]]
    mode: str
    locale: str


def form_for(
    context: Context, entity: str, record: Record | None, mode: str, locale: str,
    typed: Mapping[str, Any] | None = None, errors: Sequence[FieldError] = (), fields: Sequence[str] | None = None,
) -> Form:
    """`mode`: new, edit or show. `typed` is what a refused submission held, shown again in place of stored values.
    `fields` limits the form to these, as a task or an action asks for."""
    target = context.catalog.entity(entity)
    if record is None and not (may := context.policy.decide(context.actor, "create", target, None, context.now)):
        raise Forbidden(may.reason)
    access = record.access if record else context.policy.access(context.actor, target, None, context.now)
    values = record.values if record else derivation.defaults(context, target, {})
    row = record.row if record else values
    making = _Making(context, target, access, Scope(context, target, row), values, typed or {}, errors,
                     record.titles if record else {}, mode, locale)
    layout = complete(target, target.form, fields)
    tabs = tuple(t for t in (_tab(making, tab) for tab in layout.tabs) if t.sections)
    shown = {c.name for t in tabs for s in t.sections for c in s.controls}
    return Form(
        entity=target, mode=mode, record_id=record.id if record else None, version=record.version if record else None,
        tabs=tabs, headline=tuple(_control(making, target.fields[n]) for n in layout.headline if n in access.readable),
        errors=tuple(e for e in errors if e.path.split("/")[0] not in shown))


def complete(entity: Entity, layout: FormLayout, fields: Sequence[str] | None = None) -> FormLayout:
    """The layout with the fields that it does not know, in a last section: a new field is never out of reach."""
    if fields is not None:
        return FormLayout((Tab({}, (Section({}, tuple(fields)),)),))
    placed = {name for tab in layout.tabs for section in tab.sections for name in section.fields}
    rest = tuple(n for n, f in entity.fields.items() if n not in placed and not f.system)
    if not rest or not layout.tabs:
        return layout if layout.tabs else FormLayout((Tab({}, (Section({}, rest),)),), layout.headline)
    last = layout.tabs[-1]
    extra = Section({"en": "More", "zh": "更多"}, rest)
    return FormLayout((*layout.tabs[:-1], Tab(last.label, (*last.sections, extra))), layout.headline)


def _tab(making: _Making, tab: Tab) -> FormTab:
    sections = (_section(making, section) for section in tab.sections)
    return FormTab(label_in(tab.label, making.locale), tuple(s for s in sections if s.controls))


def _section(making: _Making, section: Section) -> FormSection:
    names = [n for n in section.fields if n in making.access.readable]
    return FormSection(
        label_in(section.label, making.locale), section.columns,
        tuple(_control(making, making.entity.fields[n]) for n in names),
        _holds(making, section.visible_when, True), _tree(section.visible_when))


def _control(making: _Making, field: Field, prefix: str = "", path: str = "") -> Control:
    value = making.typed.get(field.name, making.values.get(field.name))
    table = field.type.name == "table"
    return Control(
        name=prefix + field.name, field=field, label=label_in(field.label, making.locale),
        help=label_in(field.help, making.locale), widget=field.type.widget, value=value,
        title=making.titles.get(field.name), options=_options(field, making.locale), rules=_rules(field),
        required=field.required or _holds(making, field.required_when, False),
        readonly=field.name not in making.access.writable or _holds(making, field.readonly_when, False),
        visible=_holds(making, field.visible_when, True),
        columns=_columns(making, field) if table else (), rows=_rows(making, field, value) if table else (),
        errors=tuple(e for e in making.errors if e.path == path + field.name))


def _below(making: _Making, field: Field) -> tuple[Entity, Access]:
    child = making.context.catalog.entity(field.target or "")
    access = making.context.policy.access(making.context.actor, child)
    if field.name not in making.access.writable:
        return child, Access(access.readable, frozenset(), access.masks)
    return child, access


def _row_making(making: _Making, field: Field, row: Mapping[str, Any]) -> _Making:
    child, access = _below(making, field)
    return _Making(making.context, child, access, Scope(making.context, child, row, {}, making.scope), row, {},
                   making.errors, {}, making.mode, making.locale)


def _column_names(making: _Making) -> list[str]:
    return [n for n, f in making.entity.fields.items() if not f.system and n in making.access.readable]


def _columns(making: _Making, field: Field) -> tuple[Control, ...]:
    child, _ = _below(making, field)
    row = _row_making(making, field, derivation.defaults(making.context, child, {}))
    return tuple(_control(row, child.fields[n], f"{field.name}-#-") for n in _column_names(row))


def _rows(making: _Making, field: Field, value: Any) -> tuple[tuple[int | None, tuple[Control, ...]], ...]:
    found = []
    for index, row in enumerate(value or ()):
        below = _row_making(making, field, row)
        controls = tuple(
            _control(below, below.entity.fields[n], f"{field.name}-{index}-", f"{field.name}/{index}/")
            for n in _column_names(below))
        found.append((row.get("id"), controls))
    return tuple(found)


def _options(field: Field, locale: str) -> tuple[tuple[str, str], ...]:
    return tuple((c.value, label_in(c.label, locale)) for c in field.choices)


def _rules(field: Field) -> Mapping[str, Any]:
    rules = {"visible": field.visible_when, "required": field.required_when, "readonly": field.readonly_when,
             "formula": field.formula}
    return {name: rule.json for name, rule in rules.items() if rule is not None}


def _tree(expression: Expression | None) -> Any:
    return None if expression is None else expression.json


def _holds(making: _Making, expression: Expression | None, otherwise: bool) -> bool:
    return otherwise if expression is None else expression.test(making.scope, making.context.now)
