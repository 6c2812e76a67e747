"""`+ - * /` and what follows a dot, over dates, moments, durations and strings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from formloom.errors import Text
from formloom.feel import ast
from formloom.storage.columns import Instant, Span
from formloom.storage.rendering.decimals import Numbers
from formloom.storage.rendering.terms import LONGEST_SPAN, NULL, NotRenderable, Term, needs_kind

DATE, MOMENT, NUMBER, STRING = "date", "date and time", "number", "string"
DAYS, MONTHS = "days and time duration", "years and months duration"
TYPES: Mapping[str, Any] = {
    DATE: sa.Date, MOMENT: Instant, DAYS: Span, MONTHS: sa.BigInteger, STRING: sa.Text, "boolean": sa.Boolean,
}
_OPERATIONS: Mapping[tuple[str, str, str], tuple[str, str]] = {
    ("+", DATE, DAYS): ("fl_add_days", DATE), ("-", DATE, DAYS): ("fl_subtract_days", DATE),
    ("+", DATE, MONTHS): ("fl_add_months", DATE), ("-", DATE, MONTHS): ("fl_subtract_months", DATE),
    ("-", DATE, DATE): ("fl_days_between", DAYS),
    ("+", MOMENT, DAYS): ("fl_moved", MOMENT), ("-", MOMENT, DAYS): ("fl_moved_back", MOMENT),
    ("+", MOMENT, MONTHS): ("fl_moved_months", MOMENT), ("-", MOMENT, MONTHS): ("fl_moved_months_back", MOMENT),
    ("-", MOMENT, MOMENT): ("fl_between", DAYS),
    ("+", DAYS, DAYS): ("fl_span_add", DAYS), ("-", DAYS, DAYS): ("fl_span_subtract", DAYS),
    ("*", DAYS, NUMBER): ("fl_span_scaled", DAYS), ("/", DAYS, NUMBER): ("fl_span_divided", DAYS),
    ("/", DAYS, DAYS): ("fl_span_ratio", NUMBER),
}
_COMMUTE = frozenset((("+", DAYS, DATE), ("+", MONTHS, DATE), ("+", DAYS, MOMENT), ("+", MONTHS, MOMENT),
                      ("*", NUMBER, DAYS)))
_RATIO = 53, 10**72     # digits after the point of a quotient of two durations, and its largest whole number of them
_CALENDAR = ("year", "month", "day", "weekday")
_CLOCK = ("hour", "minute")
_LENGTH = ("days", "hours", "minutes", "seconds")
WHOLE = 10**18


def calculated(numbers: Numbers, operator: str, left: Term, right: Term, node: ast.Node) -> Term:
    if "null" in (left.kind, right.kind):
        return NULL
    for term in (left, right):
        needs_kind(term, node)
    kinds = operator, left.kind, right.kind
    if kinds[1:] == (NUMBER, NUMBER) and operator != "**":
        return numbers.calculated(operator, left, right, node)
    if kinds == ("+", STRING, STRING):
        return Term(STRING, value(numbers, left).concat(value(numbers, right)))
    if kinds in _COMMUTE:
        left, right = right, left
    if kinds == ("-", MOMENT, DATE):
        right = moment(sa.func.fl_midnight(value(numbers, right)))
    if kinds == ("-", DATE, MOMENT):
        left = moment(sa.func.fl_midnight(value(numbers, left)))
    return _temporal(numbers, operator, left, right, node)


def _temporal(numbers: Numbers, operator: str, left: Term, right: Term, node: ast.Node) -> Term:
    found = _OPERATIONS.get((operator, left.kind, right.kind))
    if found is None:
        if (left.is_constant or right.is_constant) and operator != "**":
            return NULL
        raise NotRenderable(node, Text("these two cannot be computed with {operator} here", operator=operator))
    function, kind = found
    if any(term.is_constant and abs(term.constant) >= LONGEST_SPAN for term in (left, right) if term.kind == DAYS):
        raise NotRenderable(node, Text("the duration is longer than a database can hold"))
    if left.local and right.kind == MONTHS:
        raise NotRenderable(node, Text("months can only be added to a moment in UTC here"))
    left, right = (numbers.operand(term, node) if term.kind == NUMBER else term for term in (left, right))
    sql = getattr(sa.func, function)(value(numbers, left), value(numbers, right))
    if kind == NUMBER:
        return numbers.made(sql, *_RATIO)
    return replace(typed(kind, sql), local=left.local)


def typed(kind: str, sql: Any) -> Term:
    """What a function gives, with the type that constants beside it are bound as."""
    return Term(kind, sa.type_coerce(sql, TYPES[kind]()))


def moment(sql: Any) -> Term:
    return typed(MOMENT, sql)


def whole(sql: Any) -> Term:
    return Term(NUMBER, sa.type_coerce(sql, sa.BigInteger()), most=WHOLE, whole=True)


def value(numbers: Numbers, term: Term) -> Any:
    """The SQL of a term that may be a constant, as an argument of a function."""
    if term.kind == NUMBER:
        return numbers.passed(term)
    if not term.is_constant:
        return term.sql
    plain = term.constant.months if term.kind == MONTHS else term.constant
    return sa.literal(plain, TYPES[term.kind]())


def member(numbers: Numbers, source: Term, name: str, node: ast.Node) -> Term | None:
    """What follows the dot of a date, a moment or a duration; None for other kinds and names."""
    if source.kind == MOMENT and source.local:
        raise NotRenderable(node, Text("parts of a moment can only be read in UTC here"))
    if source.kind == MOMENT and name in _CLOCK:
        return whole(sa.func.fl_clock(name, source.sql))
    if source.kind == MOMENT and name == "second":
        return numbers.made(sa.func.fl_second(source.sql), 6, 60 * 10**6)
    if source.kind in (DATE, MOMENT) and name in _CALENDAR:
        return whole(sa.func.fl_part(name, day(source)))
    if source.kind == DAYS and name in _LENGTH:
        return whole(sa.func.fl_span_part(name, source.sql))
    return None


def day(source: Term) -> Any:
    return source.sql if source.kind == DATE else sa.type_coerce(sa.func.fl_day(source.sql), sa.Date())


def negative(numbers: Numbers, term: Term, node: ast.Node) -> Term:
    if term.kind == DAYS:
        return typed(DAYS, sa.func.fl_span_subtract(0, term.sql))
    if term.kind == MONTHS:
        return typed(MONTHS, -term.sql)
    return calculated(numbers, "-", Term(NUMBER, constant=0), term, node)
