"""Rules that are new or tighter, and the records that were there before them.

A rule has a key (`crm.deal.name:required`), by which a person says what becomes of the records that fail it: the
publication is refused, they are fixed with one value (duplicates are emptied), or the rule holds for what is new or
changed only. Lengths and limits are asked of the database; what only FEEL can tell is asked record by record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

import sqlalchemy as sa

from formloom import feel
from formloom.errors import FormloomError, Text
from formloom.feel import Expression, FeelSyntaxError
from formloom.metadata import values
from formloom.metadata.catalog import Catalog, Constraint, Entity, Field, Sort
from formloom.records import audit
from formloom.records.context import Context
from formloom.records.scope import Scope
from formloom.storage.archive import same_columns
from formloom.storage.choices import FIX, NEW, REFUSE, Choices
from formloom.storage.conversion import keeps_values
from formloom.storage.forecast import Failing
from formloom.storage.query import NotRenderable
from formloom.storage.tables import columns_of, is_link

SAMPLES: Final = 100
_BATCH = 500
_TEXTS = frozenset(("text", "long_text", "rich_text", "email", "phone", "url"))
_NUMBERS = frozenset(("integer", "decimal", "money", "percent", "rating"))
_EXACT = frozenset(("decimal", "money", "percent"))


class RecordsFail(FormloomError):
    """Records that are there fail a rule that is new, and nobody said what should become of them."""

    code, status = "records-fail", 422

    def __init__(self, failing: Collection[Failing]) -> None:
        worst = max(failing, key=lambda one: one.records)
        super().__init__(Text("{count} records fail a rule: {rule}", count=worst.records, rule=worst.text),
                         Text("Fix them, or let the rule hold for new and changed records only."))
        self.failing = tuple(failing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`was` and `field`: before and after; none of a constraint. `expression` is what FEEL has to say."""

    key: str
    kind: str
    before: Entity
    entity: Entity
    text: Text
    was: Field | None = None
    field: Field | None = None
    constraint: Constraint | None = None
    expression: Expression | None = None
    policies: tuple[str, ...] = (REFUSE, NEW, FIX)


def rules(old: Catalog, new: Catalog, choices: Choices) -> Iterator[Rule]:
    """What is asked of a record that was not asked before."""
    known = {entity.id: entity for entity in old.entities.values()}
    for entity in new.entities.values():
        before = known.get(entity.id)
        if before is None:
            continue
        former = {field.id: field for field in before.fields.values()}
        for field in entity.fields.values():
            if not field.system and not field.type.computed and field.type.name != "sequence":
                yield from _of_field(before, entity, former.get(field.id), field, choices)
        texts = {rule.name: rule.check.text for rule in before.constraints}
        for rule in entity.constraints:
            if texts.get(rule.name) != rule.check.text:
                yield Rule(key=f"{entity.id}:constraint:{rule.name}", kind="constraint", before=before, entity=entity,
                           text=Text("{message}", message=rule.message), constraint=rule, expression=rule.check,
                           field=entity.fields.get(rule.field), was=former.get(_id_of(entity, rule.field)),
                           policies=(REFUSE, NEW, FIX) if _id_of(entity, rule.field) in former else (REFUSE, NEW))


def _id_of(entity: Entity, name: str) -> str:
    return entity.fields[name].id if name in entity.fields else ""


def _of_field(before: Entity, entity: Entity, was: Field | None, now: Field, choices: Choices) -> Iterator[Rule]:
    def rule(kind: str, text: Text, **more: Any) -> Rule:
        return Rule(key=f"{now.id}:{kind}", kind=kind, before=before, entity=entity, text=text, was=was, field=now,
                    **more)

    converted = was is not None and not (same_columns(was, now) and keeps_values(was, now))
    if now.required and not (was is not None and was.required) and not _filled(was, now, choices):
        # What a conversion empties is settled by the choice of the conversion.
        yield rule("required", Text("{field} must be filled in.", field=now.label),
                   policies=(REFUSE, NEW) if converted else (REFUSE, NEW, FIX))
    asked = now.required_when.text if now.required_when else ""
    if now.required_when is not None and asked != (was.required_when.text if was and was.required_when else ""):
        yield rule("required_when", Text("{field} must be filled in when {condition}.", field=now.label,
                                         condition=asked), expression=now.required_when)
    if now.unique and was is not None and not was.unique and not converted and columns_of(was):
        yield rule("unique", Text("No two records share {field}.", field=now.label), policies=(REFUSE, FIX))
    if was is not None and not converted and choices.fields.get(now.id) is None:
        yield from (rule(kind, text) for kind, text in _limits(was, now))


def _filled(was: Field | None, now: Field, choices: Choices) -> bool:
    """Whether a new field has a value in every record."""
    if was is not None:
        return False
    constant = now.default is not None and now.default.constant is not None
    return constant or choices.of(now.id).sourced is not None


def _limits(was: Field, now: Field) -> Iterator[tuple[str, Text]]:
    before, after = was.options, now.options
    longest = after.get("max_length", values.MAX_TEXT)
    if now.type.name in _TEXTS and longest < before.get("max_length", values.MAX_TEXT):
        yield "length", Text("{field} has at most {limit} characters.", field=now.label, limit=longest)
    if now.type.name in _NUMBERS:
        low, high = after.get("minimum"), after.get("maximum")
        if low is not None and (before.get("minimum") is None or before["minimum"] < low):
            yield "minimum", Text("{field} is at least {limit}.", field=now.label, limit=low)
        if high is not None and (before.get("maximum") is None or before["maximum"] > high):
            yield "maximum", Text("{field} is at most {limit}.", field=now.label, limit=high)
    if now.type.name in _EXACT and _before_point(now) < _before_point(was):
        yield "digits", Text("{field} has at most {limit} digits before the point.", field=now.label,
                             limit=_before_point(now))
    gone = {c.value for c in was.choices} - {c.value for c in now.choices}
    if now.type.name in ("choice", "choices") and gone and now.choices:
        yield "choices", Text("{field} is no longer one of {choices}.", field=now.label,
                              choices=", ".join(sorted(gone)))
    fewer = set(before.get("currencies", ())) - set(after.get("currencies", ()))
    if after.get("currencies") and fewer:
        yield "currencies", Text("{field} is no longer in {choices}.", field=now.label,
                                 choices=", ".join(sorted(fewer)))


def _before_point(field: Field) -> int:
    precision, scale = values.digits(field)
    return precision - scale


def strictness(context: Context, new: Catalog, choices: Choices) -> tuple[Failing, ...]:
    """The rules that records fail which are there now. `context` is of the catalog in force."""
    found = (_failing(context, rule, choices) for rule in rules(context.catalog, new, choices))
    return tuple(one for one in found if one.records)


def _failing(context: Context, rule: Rule, choices: Choices) -> Failing:
    count, ids = _counted(context, rule)
    titles = context.store.titles(context.unit, rule.before.name, ids)
    chosen = choices.rule(rule.key).policy
    return Failing(key=rule.key, entity=rule.entity.name, field=rule.field.name if rule.field else "", text=rule.text,
                   records=count, samples=tuple((id, titles.get(id, f"#{id}")) for id in ids), policies=rule.policies,
                   chosen=chosen if chosen in rule.policies else REFUSE)


def _counted(context: Context, rule: Rule) -> tuple[int, list[int]]:
    condition = _condition(context, rule)
    if condition is None:
        ids = list(_one_by_one(context, rule))
        return len(ids), ids[:SAMPLES]
    count = context.store.count(context.unit, rule.before.name, condition)
    table = context.store.tables[rule.before.name]
    query = sa.select(table.c.id).where(condition).order_by(table.c.id).limit(SAMPLES)
    return count, list(context.unit.connection.scalars(query)) if count else []


def _all(context: Context, rule: Rule) -> Iterable[int]:
    condition = _condition(context, rule)
    if condition is None:
        return list(_one_by_one(context, rule))
    table = context.store.tables[rule.before.name]
    return list(context.unit.connection.scalars(sa.select(table.c.id).where(condition).order_by(table.c.id)))


def _condition(context: Context, rule: Rule) -> sa.ColumnElement[bool] | None:
    """The records that fail, for the database; None where it cannot tell."""
    if rule.expression is not None:
        return _of_expression(context, rule)
    table, was, now = context.store.tables[rule.before.name], rule.was, rule.field
    if now is None:
        return None
    if rule.kind == "required":
        return _is_missing(context, rule) if now.visible_when is None else None
    if was is None or not columns_of(was):
        return None
    column = table.c[was.name + columns_of(was)[0].suffix]
    test = _TESTS.get(rule.kind)
    if rule.kind == "unique":
        first = sa.select(sa.func.min(table.c.id)).where(column.is_not(None)).group_by(column)
        return column.is_not(None) & table.c.id.not_in(first)
    if rule.kind == "currencies":
        return table.c[f"{was.name}_currency"].not_in(now.options["currencies"])
    return test(column, now) if test and not (rule.kind == "choices" and now.type.name == "choices") else None


def _steps(limit: Any, now: Field, rounding: str) -> Decimal | int:
    scale = values.digits(now)[1] if now.type.name in _EXACT else 0
    exact = Decimal(str(limit)).quantize(Decimal(1).scaleb(-scale), rounding)
    return exact if now.type.name in _EXACT else int(exact)


_TESTS: Mapping[str, Callable[[Any, Field], sa.ColumnElement[bool]]] = {
    "length": lambda column, now: sa.func.length(column) > now.options["max_length"],
    "minimum": lambda column, now: column < _steps(now.options["minimum"], now, ROUND_CEILING),
    "maximum": lambda column, now: column > _steps(now.options["maximum"], now, ROUND_FLOOR),
    "digits": lambda column, now: sa.or_(column >= Decimal(10) ** _before_point(now),
                                         column <= -(Decimal(10) ** _before_point(now))),
    "choices": lambda column, now: column.not_in([c.value for c in now.choices]),
}


def _is_missing(context: Context, rule: Rule) -> sa.ColumnElement[bool] | None:
    table, was = context.store.tables[rule.before.name], rule.was
    if was is None:
        return sa.true()
    if is_link(was):
        link = context.store.tables.link(rule.before.name, was.name)
        return ~sa.exists().where(link.c.source == table.c.id)
    if was.type.name == "table":
        child = context.store.tables[str(was.target)]
        return ~sa.exists().where(child.c.parent == table.c.id)
    columns = [table.c[was.name + c.suffix] for c in columns_of(was)]
    return sa.and_(*(sa.or_(c.is_(None), c == "") if isinstance(c.type, sa.Text) else c.is_(None) for c in columns))


def _of_expression(context: Context, rule: Rule) -> sa.ColumnElement[bool] | None:
    """Where every field that it reads is called and stored as before."""
    expression = rule.expression
    if expression is None or not all(_as_before(rule, name) for name in expression.names):
        return None
    names = frozenset(rule.before.fields) | {"user", "record"}
    if rule.kind == "required_when" and rule.field is not None and rule.field.visible_when is not None:
        return None
    try:
        asked = feel.compile(f"({expression.text}) = {'false' if rule.kind == 'constraint' else 'true'}", names)
        met = context.store.condition(context.unit, rule.before, asked, {}, context.now)
    except (FeelSyntaxError, NotRenderable):
        return None
    missing = _is_missing(context, rule) if rule.kind == "required_when" else sa.true()
    return None if missing is None else sa.and_(met, missing)


def _as_before(rule: Rule, name: str) -> bool:
    before, after = rule.before.fields.get(name), rule.entity.fields.get(name)
    return (before is not None and after is not None and before.id == after.id and before.target is None
            and same_columns(before, after) and keeps_values(before, after))


def _one_by_one(context: Context, rule: Rule) -> Iterator[int]:
    after, table = 0, context.store.tables[rule.before.name]
    while (found := context.store.list(context.unit, rule.before.name, where=table.c.id > after, sort=(Sort("id"),),
                                       limit=_BATCH)):
        yield from (row["id"] for row in found if fails(context, rule, row))
        after = found[-1]["id"]


def fails(context: Context, rule: Rule, row: Mapping[str, Any]) -> bool:
    """Of one record as it is stored now."""
    renamed = {f.id: f.name for f in rule.before.fields.values()}
    known = {f.name: row.get(renamed[f.id]) for f in rule.entity.fields.values() if f.id in renamed}
    scope = Scope(context, rule.entity, {**row, **known})
    if rule.kind == "constraint":
        return rule.expression is not None and rule.expression.evaluate(scope, context.now) is False
    field = rule.field
    value = known.get(field.name) if field else None
    if field is None or rule.kind in ("required", "required_when"):
        if field is None or value not in (None, "", []):
            return False
        shown = field.visible_when is None or field.visible_when.evaluate(scope, context.now) is not False
        return shown and (rule.expression is None or rule.expression.test(scope, context.now))
    return isinstance(value, list) and bool(set(value) - {c.value for c in field.choices})


def settle(context: Context, new: Catalog, choices: Choices, held: frozenset[str]) -> frozenset[str]:
    """Before tables change: refuses, fixes, and gives the keys of all rules that old values need not meet.

    `held`: those of the catalog in force. A rule that became loose again is forgotten.
    """
    found = list(rules(context.catalog, new, choices))
    failing = [one for one in (_failing(context, rule, choices) for rule in found) if one.records]
    refused = [one for one in failing if one.chosen == REFUSE]
    if refused:
        raise RecordsFail(refused)
    by_key = {rule.key: rule for rule in found}
    for one in failing:
        if one.chosen == FIX and by_key[one.key].was is not None:
            _fix(context, by_key[one.key], choices.rule(one.key).value)
    return frozenset(key for key in held if in_force(new, key)) | {one.key for one in failing if one.chosen == NEW}


def _fix(context: Context, rule: Rule, given: Any) -> None:
    """One value for every record that fails, with an entry in its history."""
    field, was = rule.field, rule.was
    if field is None or was is None:
        return
    value = None if given is None or rule.kind == "unique" else field.type.parse(given, field)
    for id in _all(context, rule):
        before = context.store.get(context.unit, rule.before.name, id, lock=True)
        if before is None:
            continue
        stamps = {"updated_at": context.now, "updated_by": context.actor.user_id or None}
        context.store.update(context.unit, rule.before.name, id, {was.name: value, **stamps})
        after = {**before, was.name: value}
        audit.write(context, "updated", rule.before, id, before["version"] + 1, before, after, (was.name,))


def in_force(catalog: Catalog, key: str) -> bool:
    """Whether there still is what the key names."""
    subject, _, kind = key.partition(":")
    if kind.startswith("constraint:"):
        return any(e.id == subject and any(c.name == kind.removeprefix("constraint:") for c in e.constraints)
                   for e in catalog.entities.values())
    found = next((f for e in catalog.entities.values() for f in e.fields.values() if f.id == subject), None)
    if found is None:
        return False
    options = {"length": "max_length", "minimum": "minimum", "maximum": "maximum", "digits": "precision",
               "currencies": "currencies"}
    if kind in options:
        return options[kind] in found.options
    return {"required": found.required, "required_when": found.required_when is not None}.get(kind, bool(found.choices))
