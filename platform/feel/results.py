"""The static types that operators and built-in functions give for those of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from formloom.feel import findings, syntax, temporal
from formloom.feel.findings import Finding
from formloom.feel.functions.registry import Builtin, Parameter, Signature
from formloom.feel.static import (
    ANY,
    BOOLEAN,
    CONTEXT,
    DATE,
    DAYS,
    MOMENT,
    MONTHS,
    NULL,
    NUMBER,
    SIMPLE,
    STRING,
    TIME,
    Type,
    context_of,
    joined,
    list_of,
    range_of,
)
from formloom.feel.values import kind

Result: TypeAlias = Type | Callable[[Sequence[Type]], Type]

# -- operators ---------------------------------------------------------------------------------------------------

_SUMS: Final = (
    ("+", STRING, STRING, STRING),
    ("+-", DATE, DAYS, DATE), ("+-", DATE, MONTHS, DATE), ("+", DAYS, DATE, DATE), ("+", MONTHS, DATE, DATE),
    ("+-", MOMENT, DAYS, MOMENT), ("+-", MOMENT, MONTHS, MOMENT), ("+", DAYS, MOMENT, MOMENT),
    ("+", MONTHS, MOMENT, MOMENT),
    ("+-", TIME, DAYS, TIME), ("+", DAYS, TIME, TIME),
    ("-", DATE, DATE, DAYS), ("-", MOMENT, MOMENT, DAYS), ("-", MOMENT, DATE, DAYS), ("-", DATE, MOMENT, DAYS),
    ("-", TIME, TIME, DAYS),
    ("+-", DAYS, DAYS, DAYS), ("+-", MONTHS, MONTHS, MONTHS),
    ("*/", DAYS, NUMBER, DAYS), ("*", NUMBER, DAYS, DAYS), ("/", DAYS, DAYS, NUMBER),
    ("*/", MONTHS, NUMBER, MONTHS), ("*", NUMBER, MONTHS, MONTHS), ("/", MONTHS, MONTHS, NUMBER),
)
_ARITHMETIC: Final[Mapping[tuple[str, str, str], Type]] = {
    **{(operator, "number", "number"): NUMBER for operator in ("+", "-", "*", "/", "**")},
    **{(operator, left.name, right.name): result for signs, left, right, result in _SUMS for operator in signs},
}
NEGATIVE: Final = frozenset((NUMBER.name, DAYS.name, MONTHS.name))


def arithmetic(operator: str, left: Type, right: Type) -> Type | None:
    """None where the operands never fit."""
    if left.uncertain or right.uncertain:
        return ANY
    if "null" in (left.name, right.name):
        return NULL
    return _ARITHMETIC.get((operator, left.name, right.name))


# -- built-in functions ------------------------------------------------------------------------------------------


def _items(types: Sequence[Type]) -> Type:
    """What the elements of the arguments are: of one list, or the arguments themselves."""
    return joined(type_.item if type_.name == "list" else type_ for type_ in types)


def _first(types: Sequence[Type]) -> Type:
    return _plain(types[0]) if types else ANY


def _same_list(types: Sequence[Type]) -> Type:
    return list_of(_items(types[:1]))


def _all_lists(types: Sequence[Type]) -> Type:
    return list_of(_items(types))


def _with(index: int) -> Callable[[Sequence[Type]], Type]:
    """A list to which the arguments from `index` on are added."""
    return lambda types: list_of(joined((_items(types[:1]), *types[index:])))


def _member(types: Sequence[Type]) -> Type:
    """`get value(account, "status")` is `account.status` where the key is written out."""
    keys = types[1].values if len(types) > 1 and types[1].name == "string" else None
    members = types[0].members if types else None
    if members is None or keys is None or len(keys) != 1:
        return ANY
    return members.find(next(iter(keys))) or ANY


def _plain(type_: Type) -> Type:
    """Without what is known of one value."""
    return SIMPLE.get(type_.name, type_) if type_.name != "context" else type_


def _duration(types: Sequence[Type]) -> Type:
    """Of either kind, as the text says where it is written out."""
    texts = types[0].values if types and types[0].name == "string" else None
    return SIMPLE.get(kind(temporal.parse_duration(next(iter(texts)))), ANY) if texts and len(texts) == 1 else ANY


_ENTRY = context_of({"key": STRING, "value": ANY})
RESULTS: Final[Mapping[str, Result]] = {
    **dict.fromkeys((
        "all", "any", "list contains", "odd", "even", "not", "is", "contains", "starts with", "ends with", "matches",
        "before", "after", "meets", "met by", "overlaps", "overlaps before", "overlaps after", "finishes",
        "finished by", "includes", "during", "starts", "started by", "coincides", "is working time",
    ), BOOLEAN),
    **dict.fromkeys((
        "count", "sum", "product", "mean", "median", "stddev", "number", "decimal", "floor", "ceiling", "round up",
        "round down", "round half up", "round half down", "modulo", "sqrt", "log", "exp", "string length",
        "day of year", "week of year", "working days between",
    ), NUMBER),
    **dict.fromkeys((
        "string", "substring", "upper case", "lower case", "trim", "substring before", "substring after", "replace",
        "string join", "day of week", "month of year",
    ), STRING),
    **dict.fromkeys(("date", "today", "last day of month"), DATE),
    "time": TIME, "now": MOMENT, "date and time": MOMENT, "years and months duration": MONTHS,
    "add working time": MOMENT, "next working moment": MOMENT, "add working days": _first,
    "working time between": DAYS, "duration": _duration, "range": range_of(), "mode": list_of(NUMBER),
    "abs": _first, "min": _items, "max": _items,
    "sublist": _same_list, "remove": _same_list, "reverse": _same_list, "distinct values": _same_list,
    "sort": _same_list, "append": _with(1), "insert before": _with(2), "list replace": _with(2),
    "concatenate": _all_lists, "union": _all_lists, "flatten": list_of(), "index of": list_of(NUMBER),
    "split": list_of(STRING), "get value": _member, "get entries": list_of(_ENTRY), "context": CONTEXT,
    "context put": CONTEXT, "context merge": CONTEXT,
}
# What the elements must be of functions that take any list: of others the result is null.
ELEMENTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("sum", "product", "mean", "median", "stddev", "mode"), "number"),
    **dict.fromkeys(("all", "any", "not"), "boolean"), "string join": "string",
}


def result(function: str, arguments: Sequence[Type]) -> Type:
    found = RESULTS.get(function, ANY)
    return found if isinstance(found, Type) else found(arguments)


# -- what built-in functions take --------------------------------------------------------------------------------


def admits(parameter: Parameter, type_: Type) -> bool:
    """Whether some value of the type can be the argument."""
    if not parameter.kinds or type_.uncertain or type_.name == "null" or type_.name in parameter.kinds:
        return True
    if "list" in parameter.kinds or ("context" in parameter.kinds and type_.members):
        return True
    return type_.name == "list" and (type_.item.uncertain or type_.item.name in parameter.kinds | {"null"})


def refused_by(signature: Signature, types: Sequence[Type]) -> int | None:
    """The first argument that the overload cannot take."""
    return next((i for i, type_ in enumerate(types) if not admits(signature.parameter(i), type_)), None)


def usage(function: Builtin) -> str:
    """`substring(string: string, start position: number, length?: number)`, one overload after the other."""
    return "; ".join(f"{function.name}({', '.join(map(_written, s.parameters))})" for s in function.signatures)


def _written(parameter: Parameter) -> str:
    mark = "?" if parameter.optional else "*" if parameter.repeated else ""
    return f"{parameter.name}{mark}: {' | '.join(sorted(parameter.kinds)) or 'any'}"


def misfits(function: Builtin, arguments: Sequence[Type], node: syntax.Call) -> Iterator[Finding]:
    """Why no overload takes the arguments."""
    fitting = [s for s in function.signatures if s.least <= len(arguments) <= s.most]
    if not fitting:
        yield findings.wrong_count(len(arguments), usage(function), node)
        return
    refused = [refused_by(signature, arguments) for signature in fitting]
    if None not in refused:
        index = max(index for index in refused if index is not None)
        yield findings.wrong_argument(arguments[index], usage(function), node.arguments[index].value)
    else:
        yield from _wrong_elements(function, arguments, node)


def _wrong_elements(function: Builtin, arguments: Sequence[Type], node: syntax.Call) -> Iterator[Finding]:
    wanted = ELEMENTS.get(function.name)
    for index, type_ in enumerate(arguments if function.name != "string join" else arguments[:1]):
        element = type_.item if type_.name == "list" else type_
        if wanted and element.name not in (wanted, "any", "null", "list"):
            yield findings.wrong_argument(type_, usage(function), node.arguments[index].value)


def misnamed(function: Builtin, node: syntax.Call) -> Iterator[Finding]:
    known = {parameter.name for signature in function.signatures for parameter in signature.parameters}
    for argument in node.arguments:
        if argument.name not in known:
            yield findings.unknown_parameter(argument.name, usage(function), argument)
