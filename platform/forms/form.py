"""A record laid out for people: tabs, sections and one control per field, to read or to type.

What stands in a control is what was typed last if there is something typed, else what is stored. A field the actor may
not read has no control; a masked one can be read only as its mask, so it is never typed over.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import simplejson

from formloom.errors import FieldError, Forbidden
from formloom.feel import Expression
from formloom.forms import names
from formloom.forms.display import Display, Shown
from formloom.metadata import form_layout
from formloom.metadata.catalog import SYSTEM_FIELDS, Entity, Field, Label
from formloom.metadata.form_layout import FormLayout
from formloom.records import derivation
from formloom.records.context import Context
from formloom.records.record import Record
from formloom.records.scope import Scope

HIDDEN_IN_ROWS = frozenset({*SYSTEM_FIELDS, "parent", "position"})
NOT_IN_ROWS = frozenset({"table", "rich_text", "json", "file", "image", "address"})
WIDE = frozenset({"long_text", "rich_text", "table", "json", "address"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """`name` is that of the input. `rows` and `blank` are of a child table: its lines, and an empty one to copy."""

    field: Field
    name: str
    typed: Any
    shown: Shown
    writable: bool
    required: bool
    visible: bool = True
    titles: Mapping[int, str] = dataclasses.field(default_factory=dict)
    currency: str = ""
    error: FieldError | None = None
    rows: tuple[Line, ...] = ()
    blank: Line | None = None
    totals: Mapping[str, Shown] = dataclasses.field(default_factory=dict)

    @property
    def widget(self) -> str:
        return self.field.type.widget

    @property
    def id(self) -> str:
        return "f-" + self.name.replace("/", "-")

    @property
    def wide(self) -> bool:
        return self.field.type.name in WIDE


@dataclass(frozen=True, slots=True)
class Line:
    key: str
    id: int | None
    cells: tuple[Control, ...]
    error: FieldError | None = None


@dataclass(frozen=True, slots=True)
class Section:
    label: Label
    columns: int
    controls: tuple[Control, ...]
    visible: bool
    condition: Expression | None

    @property
    def empty(self) -> bool:
        return not self.controls


@dataclass(frozen=True, slots=True)
class Tab:
    label: Label
    sections: tuple[Section, ...]

    @property
    def errors(self) -> int:
        return sum(1 for s in self.sections for c in s.controls if c.error or any(
            cell.error for row in c.rows for cell in row.cells))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a form is made from. `typed` wins over `values`; `required` adds to what the entity requires.

    `granted`: an action or a task gives the writable fields to the actor, whatever the entity says of editing.
    `layout`: another one than the actor's own.
    """

    context: Context
    entity: Entity
    values: Mapping[str, Any]
    titles: Mapping[str, Mapping[int, str]]
    readable: frozenset[str]
    writable: frozenset[str]
    show: Display
    typed: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    errors: Sequence[FieldError] = ()
    required: frozenset[str] = frozenset()
    granted: bool = False
    layout: FormLayout | None = None

    @property
    def row(self) -> Mapping[str, Any]:
        return {**self.values, **{k: v for k, v in self.typed.items() if k not in self._tables}}

    @property
    def _tables(self) -> frozenset[str]:
        return frozenset(f.name for f in self.entity.fields.values() if f.type.name == "table")

    def error(self, path: str) -> FieldError | None:
        return next((e for e in self.errors if e.path == path), None)

    def holds(self, condition: Expression | None, default: bool) -> bool:
        """A condition over what is in the sheet; `default` where there is none."""
        if condition is None:
            return default
        return bool(condition.test(Scope(self.context, self.entity, self.values), self.context.now))


def blank(
    context: Context, entity: Entity, show: Display, typed: Mapping[str, Any] | None = None,
    errors: Sequence[FieldError] = (),
) -> Sheet:
    """The form of a new record, with its defaults. Raises Forbidden."""
    decision = context.policy.decide(context.actor, "create", entity, None, context.now)
    if not decision:
        raise Forbidden(decision.reason)
    access = context.policy.access(context.actor, entity, None, context.now)
    values = derivation.defaults(context, entity, {})
    return Sheet(
        context=context, entity=entity, values=values, titles=names.of_rows(context, entity, [values], show.locale),
        show=show, readable=access.readable, writable=access.writable, typed=typed or {}, errors=errors)


def of_record(
    context: Context, record: Record, show: Display, typed: Mapping[str, Any] | None = None,
    errors: Sequence[FieldError] = (),
) -> Sheet:
    """The form of a stored record, as far as the actor may see and change it."""
    access = record.access
    return Sheet(
        context=context, entity=context.catalog.entity(record.entity), values=record.values, titles=record.titles,
        show=show, readable=access.readable, writable=access.writable - access.masks.keys(), typed=typed or {},
        errors=errors)


def of_action(context: Context, record: Record, action: str, show: Display) -> Sheet:
    """What a declared action asks for: fields are shown and required as they will be once it is done."""
    entity = context.catalog.entity(record.entity)
    declared, scope = entity.action(action), Scope(context, entity, record.row)
    asked = frozenset(declared.fields)
    after = {name: value.evaluate(scope, context.now) for name, value in declared.set.items() if name not in asked}
    return Sheet(
        context=context, entity=entity, values={**record.values, **after}, titles=record.titles, show=show,
        readable=asked, writable=asked, granted=True)


def readonly(sheet: Sheet) -> Sheet:
    """The same, to read."""
    return dataclasses.replace(sheet, writable=frozenset())


def tabs(sheet: Sheet) -> tuple[Tab, ...]:
    """The layout that the actor has, without tabs and sections that hold nothing for them."""
    entity, actor = sheet.entity, sheet.context.actor
    layout = sheet.layout or form_layout.of_roles(entity.form, entity.layouts, actor.roles)
    made = [Tab(tab.label, tuple(_sections(sheet, tab.sections))) for tab in layout.tabs]
    return tuple(tab for tab in made if tab.sections)


def _sections(sheet: Sheet, sections: Sequence[Any]) -> Iterator[Section]:
    for section in sections:
        shown = tuple(control(sheet, sheet.entity.fields[n]) for n in section.fields if n in sheet.readable)
        if shown:
            yield Section(section.label, section.columns, shown, sheet.holds(section.visible_when, True),
                          section.visible_when)


def control(sheet: Sheet, spec: Field) -> Control:
    if spec.type.name == "table":
        return _table(sheet, spec)
    value = sheet.typed.get(spec.name, sheet.values.get(spec.name))
    return Control(
        field=spec, name=spec.name, typed=typed(spec, value, sheet.show.timezone),
        shown=sheet.show.show(spec, sheet.values, sheet.titles), titles=_titles(sheet, spec, value),
        writable=_writable(sheet, spec), visible=sheet.holds(spec.visible_when, True),
        currency=_currency(sheet, spec),
        required=spec.required or spec.name in sheet.required or sheet.holds(spec.required_when, False),
        error=sheet.error(spec.name))


def _writable(sheet: Sheet, spec: Field) -> bool:
    if sheet.granted or spec.name not in sheet.writable:
        return spec.name in sheet.writable
    if spec.type.computed or spec.readonly:
        return False
    return not sheet.holds(spec.readonly_when, False)


def _titles(sheet: Sheet, spec: Field, value: Any) -> Mapping[int, str]:
    """What was typed may name records that the stored record does not."""
    ids = {int(v) for v in (value if isinstance(value, list) else [value]) if str(v).isdigit()}
    known = sheet.titles.get(spec.name, {})
    unknown = ids - known.keys() if names.points(spec) else set()
    return {**known, **names.of(sheet.context, spec, unknown, sheet.show.locale)} if unknown else known


def _currency(sheet: Sheet, spec: Field) -> str:
    chosen = sheet.row.get(f"{spec.name}_currency")
    options = spec.options.get("currencies") or ()
    return str(chosen or spec.options.get("currency") or (options[0] if options else ""))


def _table(sheet: Sheet, spec: Field) -> Control:
    child = sheet.context.catalog.entity(spec.target or "")
    stored: Sequence[Mapping[str, Any]] = sheet.values.get(spec.name) or ()
    given: Sequence[Mapping[str, Any]] = sheet.typed.get(spec.name, stored) or ()
    titles = names.of_rows(sheet.context, child, [*stored, *_as_ids(child, given)], sheet.show.locale)
    shown = columns(child, stored)
    lines = tuple(_line(sheet, spec, shown, str(n), row, titles) for n, row in enumerate(given))
    writable = spec.name in sheet.writable
    return Control(
        field=spec, name=spec.name, typed=None, shown=Shown("text", str(len(stored))), writable=writable,
        required=spec.required, error=sheet.error(spec.name), rows=lines, totals=_totals(sheet, spec, child),
        visible=sheet.holds(spec.visible_when, True),
        blank=_line(sheet, spec, shown, "__row__", _defaults(sheet, child), {}) if writable else None)


def _as_ids(child: Entity, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Ids that came back from a form are text."""
    pointers = {f.name for f in child.fields.values() if names.points(f)}
    return [{k: int(v) if k in pointers and isinstance(v, str) and v.isdigit() else v for k, v in row.items()}
            for row in rows]


def _defaults(sheet: Sheet, child: Entity) -> dict[str, Any]:
    scope = Scope(sheet.context, child, {}, rows={})
    return {f.name: f.default.evaluate(scope, sheet.context.now) for f in child.fields.values() if f.default}


def _line(sheet: Sheet, spec: Field, shown: Sequence[Field], key: str, row: Mapping[str, Any],
          titles: Mapping[str, Mapping[int, str]]) -> Line:
    cells = tuple(_cell(sheet, spec, column, key, row, titles.get(column.name, {})) for column in shown)
    number = row.get("id")
    return Line(key, int(number) if number else None, cells, sheet.error(f"{spec.name}/{key}"))


def _cell(sheet: Sheet, spec: Field, column: Field, key: str, row: Mapping[str, Any],
          titles: Mapping[int, str]) -> Control:
    name = f"{spec.name}/{key}/{column.name}"
    currency = row.get(f"{column.name}_currency") or column.options.get("currency") or ""
    return Control(
        field=column, name=name, typed=typed(column, row.get(column.name), sheet.show.timezone),
        shown=_shown(sheet.show, column, row, titles), titles=titles, currency=str(currency), required=column.required,
        writable=spec.name in sheet.writable and not (column.type.computed or column.readonly), error=sheet.error(name))


def _shown(show: Display, column: Field, row: Mapping[str, Any], titles: Mapping[int, str]) -> Shown:
    """What was typed and refused is shown as typed: it need not be a value of the field."""
    value = row.get(column.name)
    if isinstance(value, str) and column.type.feel_type != "string":
        return Shown("text", value)
    return show.show(column, row, {column.name: titles})


def columns(child: Entity, stored: Sequence[Mapping[str, Any]] = ()) -> list[Field]:
    """What a row of a child table shows; of `stored` rows, what the actor may read of any of them."""
    fields = [f for f in child.fields.values() if f.name not in HIDDEN_IN_ROWS and f.type.name not in NOT_IN_ROWS]
    return [f for f in fields if not stored or any(f.name in row for row in stored)]


def _totals(sheet: Sheet, spec: Field, child: Entity) -> dict[str, Shown]:
    """Under the columns that the record itself sums up."""
    found = {}
    for total in sheet.entity.fields.values():
        options = total.options
        if total.type.name == "rollup" and options.get("of") == spec.name and options.get("function") == "sum" \
                and not options.get("where") and total.name in sheet.readable:
            found[str(options.get("field"))] = sheet.show.show(
                child.fields[str(options.get("field"))], {str(options.get("field")): sheet.values.get(total.name)})
    return found


def typed(spec: Field, value: Any, zone: ZoneInfo) -> Any:
    """A value as it stands in its input; lists stay lists of text, an address stays a mapping."""
    if value is None:
        return [] if spec.type.name in ("choices", "references") else ""
    if isinstance(value, list):
        return ", ".join(map(str, value)) if spec.type.name == "tags" else [str(v) for v in value]
    if spec.type.name == "json":
        return value if isinstance(value, str) else _indented(value)
    if spec.type.name == "datetime":
        return _local(value, zone)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return _plain(value, spec)
    return _spoken(value) if isinstance(value, timedelta) else value if isinstance(value, Mapping) else str(value)


def _indented(value: Any) -> str:
    return str(simplejson.dumps(value, ensure_ascii=False, indent=2, use_decimal=True))


def _plain(value: Decimal, spec: Field) -> str:
    if spec.type.name == "money":
        return f"{value:,.2f}" if value == round(value, 2) else f"{value:,f}"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _local(value: Any, zone: ZoneInfo) -> str:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _spoken(value: timedelta) -> str:
    minutes = int(value.total_seconds() // 60)
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 min"
