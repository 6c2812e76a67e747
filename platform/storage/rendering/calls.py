"""Built-in functions of FEEL as terms. Arguments come as nodes: some are lists that only a query can walk."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from typing import Any, TypeAlias

import sqlalchemy as sa

from formloom.errors import Text
from formloom.feel import ast
from formloom.feel.functions import find
from formloom.storage.rendering import children
from formloom.storage.rendering.arithmetic import (
    DATE,
    DAYS,
    MOMENT,
    MONTHS,
    NUMBER,
    STRING,
    calculated,
    day,
    typed,
    value,
    whole,
)
from formloom.storage.rendering.relations import UNKNOWN, nullable
from formloom.storage.rendering.terms import NULL, NotRenderable, Scope, Term, Walk, needs_kind

Call: TypeAlias = Callable[[Walk, Sequence[ast.Node], ast.Node, Scope], Term | None]
_MOST_PLACES = 40


def call(walk: Walk, node: ast.Call, scope: Scope) -> Term:
    builtin = find(node.function.name) if isinstance(node.function, ast.Name) else None
    render = _CALLS.get(builtin.name) if builtin else None
    if builtin and render:
        found = render(walk, _positional(builtin.signatures, node), node, scope)
        if found is not None:
            return found
    if builtin is None:
        raise NotRenderable(node, Text("only built-in functions can be asked of the database"))
    raise NotRenderable(node, Text(
        "{name}() cannot be asked of the database like this; keep it in a formula field and ask for that",
        name=builtin.name))


def _positional(signatures: Sequence[Any], node: ast.Call) -> list[ast.Node]:
    """Named arguments in the order of the declaration; what is left out between them is null."""
    if not any(argument.name for argument in node.arguments):
        return [argument.value for argument in node.arguments]
    given = {argument.name: argument.value for argument in node.arguments}
    for signature in signatures:
        ordered = signature.ordered(given)
        if ordered is not None:
            return [each or ast.Literal(None, start=node.start, end=node.end) for each in ordered]
    raise NotRenderable(node, Text("these are not the arguments of this function"))


def _terms(walk: Walk, nodes: Sequence[ast.Node], scope: Scope, *kinds: str) -> list[Term] | None:
    """The arguments where they are of these kinds; None where one never is, and the function gives null."""
    terms = [walk.term(node, scope) for node in nodes]
    for term, node in zip(terms, nodes, strict=True):
        needs_kind(term, node)
    fits = all(term.kind in kind.split("|") for term, kind in zip(terms, kinds, strict=True))
    return terms if fits else None


def _simple(function: str, result: str, *kinds: str) -> Call:
    """A function that the database has under a name of its own."""

    def render(walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
        if len(nodes) != len(kinds):
            return None
        terms = _terms(walk, nodes, scope, *kinds)
        if terms is None:
            return NULL
        return typed(result, getattr(sa.func, function)(*(value(walk.numbers, term) for term in terms)))

    return render


def _text_condition(name: str) -> Call:
    def render(walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
        if len(nodes) != 2:
            return None
        terms = _terms(walk, nodes, scope, STRING, STRING)
        return _truth(walk.relations.text_condition(name, *terms)) if terms else NULL

    return render


def _truth(sql: Any) -> Term:
    return Term("boolean", sa.sql.elements.Grouping(sql))


def _length(walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
    terms = _terms(walk, nodes, scope, STRING) if len(nodes) == 1 else None
    return whole(sa.func.length(value(walk.numbers, terms[0]))) if terms else NULL


def _substring(walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
    if len(nodes) not in (2, 3):
        return None
    terms = _terms(walk, nodes, scope, *(STRING, NUMBER, f"{NUMBER}|null")[: len(nodes)])
    if terms is None:
        return NULL
    text, *numbers = terms
    passed = [value(walk.numbers, walk.numbers.operand(term, node)) for term in numbers if term.kind == NUMBER]
    missing = [sa.cast(sa.null(), sa.Numeric)] * (2 - len(passed))
    return typed(STRING, sa.func.fl_substring(value(walk.numbers, text), *passed, *missing))


def _string(walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
    if len(nodes) != 1:
        return None
    term = walk.term(nodes[0], scope)
    if term.kind == STRING:
        return term
    if term.kind == NUMBER:
        return typed(STRING, sa.func.fl_text(walk.numbers.passed(term)))
    if term.kind == "boolean":
        return typed(STRING, sa.case((term.sql, "true"), (sa.not_(term.sql), "false")))
    return NULL if term.kind == "null" else None


# -- numbers -----------------------------------------------------------------------------------------------------


def _rounded(mode: str, walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
    terms = _terms(walk, nodes, scope, *(NUMBER, NUMBER)[: len(nodes)]) if len(nodes) in (1, 2) else None
    if terms is None:
        return NULL
    if len(terms) == 2 and not terms[1].is_constant:
        return None
    places = int(terms[1].constant) if len(terms) == 2 else 0
    if abs(places) > _MOST_PLACES:
        return None
    number = walk.numbers.operand(terms[0], node)
    sql = sa.func.fl_rounded(walk.numbers.passed(number), places, mode)
    return walk.numbers.made(sql, number.scale, number.most + 10 ** (number.scale + max(0, -places)))


def _absolute(walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
    terms = _terms(walk, nodes, scope, f"{NUMBER}|{DAYS}|{MONTHS}") if len(nodes) == 1 else None
    if terms is None:
        return NULL
    term = terms[0]
    if term.kind == DAYS:
        return typed(DAYS, sa.func.fl_span_absolute(term.sql))
    if term.kind == MONTHS:
        return typed(MONTHS, sa.func.abs(term.sql))
    function = sa.func.fl_absolute if term.wide else sa.func.abs
    return replace(term, sql=sa.type_coerce(function(walk.numbers.raw(term)), walk.numbers.raw(term).type))


def _modulo(walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
    terms = _terms(walk, nodes, scope, NUMBER, NUMBER) if len(nodes) == 2 else None
    if terms is None:
        return NULL
    left, right = (walk.numbers.operand(term, node) for term in terms)
    sql = sa.func.fl_modulo(walk.numbers.passed(left), walk.numbers.passed(right))
    scale = max(left.scale, right.scale)
    return walk.numbers.made(sql, scale, right.most * 10 ** (scale - right.scale))


def _several(nodes: Sequence[ast.Node]) -> Sequence[ast.Node] | None:
    """The values of `max(a, b)` or `max([a, b])`; None of one value, which may be a list."""
    if len(nodes) == 1 and isinstance(nodes[0], ast.ListOf):
        return nodes[0].items or None
    return nodes if len(nodes) > 1 else None


def _extreme(greatest: bool, walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
    several = _several(nodes)
    if several is None:
        return children.extreme(walk, nodes[0], scope, greatest) if nodes else None
    terms = [walk.term(each, scope) for each in several]
    kinds = {term.kind for term in terms}
    if "null" in kinds:
        return NULL
    if len(kinds) > 1 or not kinds <= {NUMBER, STRING, DATE, MOMENT, DAYS, MONTHS}:
        return None
    return reduce(partial(_better, walk, ">" if greatest else "<", node), terms)


def _better(walk: Walk, relation: str, node: ast.Node, best: Term, term: Term) -> Term:
    wins = walk.relations.compare(relation, term, best, True, node)
    sqls, unit = walk.unified([best, term], node)
    missing = sa.or_(nullable(best), nullable(term))
    return replace(unit, sql=sa.case((missing, sa.null()), (wins, sqls[1]), else_=sqls[0]), target=None)


def _total(walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
    several = _several(nodes)
    if several is None:
        return children.total(walk, nodes[0], scope) if nodes else None
    terms = _terms(walk, several, scope, *[NUMBER] * len(several))
    return reduce(lambda a, b: calculated(walk.numbers, "+", a, b, node), terms) if terms else NULL


def _mean(walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
    several = _several(nodes)
    if several is None:
        return children.mean(walk, nodes[0], scope) if nodes else None
    total = _total(walk, nodes, node, scope)
    return total and calculated(walk.numbers, "/", total, Term(NUMBER, constant=len(several)), node)


def _count(walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
    return children.count(walk, nodes[0], scope) if len(nodes) == 1 else None


# -- dates and logic ---------------------------------------------------------------------------------------------


def _of_day(function: str, result: str, *name: str) -> Call:
    """A function of a date, or of a moment's date in UTC."""

    def render(walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
        terms = _terms(walk, nodes, scope, f"{DATE}|{MOMENT}") if len(nodes) == 1 else None
        if terms is None:
            return NULL
        if terms[0].local:
            raise NotRenderable(node, Text("parts of a moment can only be read in UTC here"))
        sql = getattr(sa.func, function)(*name, day(terms[0])) if function else day(terms[0])
        return whole(sql) if result == NUMBER else typed(result, sql)

    return render


def _logic(join: Callable[..., Any], walk: Walk, nodes: Sequence[ast.Node], node: ast.Node,
           scope: Scope) -> Term | None:
    several = _several(nodes)
    return _truth(join(*(walk.condition(each, scope, exact=True) for each in several))) if several else None


def _list_contains(walk: Walk, nodes: Sequence[ast.Node], node: ast.Node, scope: Scope) -> Term | None:
    if len(nodes) != 2:
        return None
    item = walk.term(nodes[1], scope)
    if isinstance(nodes[0], ast.ListOf):
        return _truth(walk.relations.any_equal(item, [walk.term(each, scope) for each in nodes[0].items], node))
    found = walk.term(nodes[0], scope)
    if not found.is_constant:
        return _truth(walk.relations.contains(found, item, node))
    if not isinstance(found.constant, (list, tuple)):
        return _truth(UNKNOWN)
    return _truth(walk.relations.has(found.constant, item, node))


_ROUNDINGS = {
    "decimal": decimal.ROUND_HALF_EVEN, "floor": decimal.ROUND_FLOOR, "ceiling": decimal.ROUND_CEILING,
    "round up": decimal.ROUND_UP, "round down": decimal.ROUND_DOWN, "round half up": decimal.ROUND_HALF_UP,
    "round half down": decimal.ROUND_HALF_DOWN,
}
_CALLS: Mapping[str, Call] = {
    **{name: partial(_rounded, mode) for name, mode in _ROUNDINGS.items()},
    **{name: _text_condition(name) for name in ("contains", "starts with", "ends with")},
    "string length": _length, "substring": _substring, "string": _string,
    "upper case": _simple("fl_upper", STRING, STRING), "lower case": _simple("fl_lower", STRING, STRING),
    "trim": _simple("fl_trim", STRING, STRING),
    "substring before": _simple("fl_before", STRING, STRING, STRING),
    "substring after": _simple("fl_after", STRING, STRING, STRING),
    "abs": _absolute, "modulo": _modulo, "sum": _total, "mean": _mean, "count": _count,
    "min": partial(_extreme, False), "max": partial(_extreme, True),
    "all": partial(_logic, sa.and_), "any": partial(_logic, sa.or_), "list contains": _list_contains,
    "date": _of_day("", DATE), "last day of month": _of_day("fl_month_end", DATE),
    "day of week": _of_day("fl_name", STRING, "day of week"),
    "month of year": _of_day("fl_name", STRING, "month of year"),
    "day of year": _of_day("fl_part", NUMBER, "day of year"),
    "week of year": _of_day("fl_part", NUMBER, "week of year"),
    "years and months duration": _simple("fl_months_between", MONTHS, DATE, DATE),
}
