from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from formloom import feel
from formloom.errors import BadExpression, BadRequest, Forbidden, Text, UnknownField
from formloom.feel import Expression, FeelSyntaxError
from formloom.metadata.catalog import Entity, Field, Sort
from formloom.metadata.values import LARGEST_ID
from formloom.records import audit, derivation, reach, validation
from formloom.records.context import Context
from formloom.records.presentation import present_all
from formloom.records.record import Page, Query
from formloom.storage import query as conditions

CAP = 10_000
MAX_PAGE_SIZE = 1000


def list(context: Context, entity: str, query: Query | None = None) -> Page:
    """The records that this actor may read and that meet the query. The row rules are part of the SQL."""
    asked, target = query or Query(), context.catalog.entity(entity)
    where = condition(context, target, asked)
    if not 1 <= asked.page_size <= MAX_PAGE_SIZE or not 1 <= asked.page <= LARGEST_ID:
        raise BadRequest(Text("A page has 1 to {limit} records, and pages count from 1.", limit=MAX_PAGE_SIZE))
    wanted = _wanted(context, target, asked.filter)
    filled = conditions.filled(wanted.ast, target) if wanted else frozenset[str]()
    sort = _sort(context, target, asked)
    _known(context, target, asked.fields or ())
    after = _cursor(target, sort, asked.after)
    offset = 0 if after is not None else (asked.page - 1) * asked.page_size
    rows = context.store.list(context.unit, entity, where=where, sort=sort, limit=asked.page_size + 1, offset=offset,
                              after=after, filled=filled)
    shown = rows[: asked.page_size]
    more = len(rows) > asked.page_size
    return Page(
        tuple(present_all(context, target, shown, asked.fields)), asked.page, asked.page_size, more,
        _next(target, shown[-1], sort) if more else None, _count(context, entity, where, asked.count))


def readable(context: Context, entity: Entity) -> frozenset[str]:
    """Fields to filter and sort by: those that are read in full on every record, or the answer would tell of them."""
    access = context.policy.list_access(context.actor, entity)
    return access.readable - access.masks.keys()


def condition(context: Context, entity: Entity, asked: Query) -> sa.ColumnElement[bool] | None:
    """The rows that this actor may read and that are asked for. Raises Forbidden where there can be none."""
    if context.policy.row_rules(context.actor, entity).nothing:
        raise Forbidden(context.policy.decide(context.actor, "read", entity, None, context.now).reason)
    wanted = _wanted(context, entity, asked.filter)
    parts = [p for p in (reach.row_filter(context, entity), _rendered(context, entity, wanted),
                         _search(context, entity, asked.search)) if p is not None]
    return sa.and_(*parts) if parts else None


def matching(context: Context, entity: Entity, text: str) -> sa.ColumnElement[bool] | None:
    """The condition that a text says. Raises BadExpression and UnknownField."""
    return _rendered(context, entity, _wanted(context, entity, text))


def _wanted(context: Context, entity: Entity, text: str | None) -> Expression | None:
    """The filter, if it reads nothing that the actor may not read."""
    if not text or not text.strip():
        return None
    try:
        expression = feel.compile(text, frozenset((*entity.fields, "user")))
    except FeelSyntaxError as error:
        raise BadExpression(error.reason, text, error.position, error.hint) from error
    _may_read(context, entity, expression)
    return expression


def _rendered(context: Context, entity: Entity, wanted: Expression | None) -> sa.ColumnElement[bool] | None:
    if wanted is None:
        return None
    try:
        return reach.render(context, entity, wanted)
    except conditions.NotRenderable as error:
        raise BadExpression(Text("This cannot be a condition of a list: {reason}", reason=error.reason), wanted.text,
                            error.position) from error


def _may_read(context: Context, entity: Entity, expression: Expression) -> None:
    """Every field on every path; one that may not be read is as unknown as one that does not exist."""
    allowed = readable(context, entity)
    for path in expression.paths | {(name,) for name in expression.names}:
        if path[0] == "user":
            continue
        _path_readable(context, entity, allowed, path)


def _path_readable(context: Context, entity: Entity, allowed: frozenset[str], path: Sequence[str]) -> None:
    head, rest = path[0], path[1:]
    if head == "record" and rest:
        return _path_readable(context, entity, allowed, rest)
    field = entity.fields.get(head) or entity.fields.get(head.rpartition("_")[0])
    if field is None or field.name not in allowed:
        raise UnknownField(head, allowed)
    if rest and field.target:
        target = context.catalog.entity(field.target)
        if not context.policy.row_rules(context.actor, target).everything and not target.parent:
            raise UnknownField(".".join(path), ())
        _path_readable(context, target, readable(context, target), rest)
    return None


def _search(context: Context, entity: Entity, words: str | None) -> sa.ColumnElement[bool] | None:
    """Every word in any of the fields that the entity is searched by."""
    if not words or not words.strip():
        return None
    if validation.unstorable(words):
        return sa.false()
    allowed, table = readable(context, entity), context.store.tables[entity.name]
    columns = [table.c[name] for name in entity.search or (entity.title,) if name in allowed and name in table.c]
    return sa.and_(*(sa.or_(sa.false(), *(c.cast(sa.Text).icontains(word, autoescape=True) for c in columns))
                     for word in words.split()))


def _known(context: Context, entity: Entity, names: Sequence[str]) -> None:
    shown = context.policy.access(context.actor, entity).readable | readable(context, entity)
    for name in names:
        if name not in shown:
            raise UnknownField(name, shown)


def _sort(context: Context, entity: Entity, asked: Query) -> tuple[Sort, ...]:
    allowed = readable(context, entity)
    wanted = tuple(Sort(name.removeprefix("-"), name.startswith("-")) for name in asked.sort)
    for one in wanted:
        if one.field not in allowed:
            raise UnknownField(one.field, allowed)
        if one.field not in context.store.tables[entity.name].c:
            raise BadRequest(Text("A list cannot be sorted by {field}.", field=entity.fields[one.field].label))
    chosen = wanted or tuple(s for s in entity.sort if s.field in allowed)
    by_id = next((s for s in chosen if s.field == "id"), Sort("id", bool(chosen) and chosen[-1].descending))
    return (*(s for s in chosen if s.field != "id"), by_id)


def _count(context: Context, entity: str, where: Any, wanted: bool | str) -> int | None:
    if wanted in (False, "no"):
        return None
    return context.store.count(context.unit, entity, where, CAP + 1 if wanted == "capped" else None)


def _next(entity: Entity, row: Mapping[str, Any], sort: Sequence[Sort]) -> str | None:
    """None where the order follows titles of other records, which a row does not hold: such lists have page numbers."""
    if any(entity.fields[s.field].type.name == "reference" for s in sort):
        return None
    text = json.dumps([audit.dump(entity, s.field, row[s.field]) for s in sort], default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _cursor(entity: Entity, sort: Sequence[Sort], text: str | None) -> tuple[Any, ...] | None:
    if text is None:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        fields = [derivation.holder(entity.fields[s.field]) for s in sort]
        return tuple(None if v is None else _sorted_value(f, v) for v, f in zip(values, fields, strict=True))
    except (ValueError, binascii.Error, TypeError) as error:
        raise BadRequest(Text("This cursor was not given by this list."), Text("Start again without it.")) from error


def _sorted_value(field: Field, value: Any) -> Any:
    """Numbers of a sequence are given, never typed in, so its type does not parse them."""
    if field.type.name != "sequence":
        return field.type.parse(value, field)
    if not isinstance(value, str):
        raise ValueError(value)
    return value
