"""Closures of function definitions and calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, time
from typing import Any, TypeAlias

from formloom.feel import syntax, typechecks
from formloom.feel.functions import Builtin
from formloom.feel.runtime import Frame
from formloom.feel.values import ANY_NUMBER, Function, kind
from formloom.feel.wide import combine

Closure: TypeAlias = Callable[[Any], Any]


def builtin(node: syntax.Call, function: Builtin, arguments: list[Closure], names: list[str]) -> Closure:
    """A call of a function known when compiled."""
    if any(names):
        return lambda frame: _called(function, frame.run, node, [argument(frame) for argument in arguments], names)
    return lambda frame: function.call(frame.run, node, [argument(frame) for argument in arguments])


def _called(function: Builtin, run: Any, node: syntax.Call, values: Sequence[Any], names: Sequence[str]) -> Any:
    if any(names):
        return function.call_named(run, node, _named(names, values))
    return function.call(run, node, values)


def _named(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))


def dynamic(
    node: syntax.Call, function: Closure, arguments: list[Closure], names: list[str], builtin: Builtin | None
) -> Closure:
    """A call of a value; a field called `count` does not hide the built-in `count`."""

    def evaluate(frame: Any) -> Any:
        found = function(frame)
        values = [argument(frame) for argument in arguments]
        if builtin and (found is builtin.value or not isinstance(found, Function)):
            return _called(builtin, frame.run, node, values, names)
        if not isinstance(found, Function):
            frame.run.warn(f"{kind(found)} cannot be called", node)
            return None
        ordered = _ordered(found, values, names) if any(names) else values
        if ordered is None or (found.parameters != ANY_NUMBER and len(ordered) != len(found.parameters)):
            frame.run.warn(f"The function takes {', '.join(found.parameters) or 'nothing'}", node)
            return None
        return frame.run.invoke(found, ordered, node)

    return evaluate


def _ordered(function: Function, values: Sequence[Any], names: Sequence[str]) -> list[Any] | None:
    given = _named(names, values)
    if set(given) != set(function.parameters):
        return None
    return [given[parameter] for parameter in function.parameters]


def definition(node: syntax.Function, body: Closure, weight: int, names: typechecks.Declared) -> Closure:
    parameters = tuple(parameter.name for parameter in node.parameters)
    types = tuple(parameter.type for parameter in node.parameters)

    def evaluate(frame: Any) -> Function:
        def call(run: Any, place: syntax.Node, values: Sequence[Any]) -> Any:
            run.spend(weight)
            given = [_converted(value, declared, names) for value, declared in zip(values, types, strict=True)]
            if any(value is _REFUSED for value in given):
                run.warn("An argument does not fit the declared type", place)
                return None
            return body(Frame(dict(zip(parameters, given, strict=True)), frame, run))

        return Function(parameters, call, types=types)

    return evaluate


_REFUSED = object()


def _converted(value: Any, declared: syntax.Type | None, names: typechecks.Declared) -> Any:
    """The value as the declared type: a list of one stands for its element and the reverse, a date for its midnight."""
    if declared is None or value is None:
        return value
    if declared.name in names.types:
        found = names.converted(value, declared.name)
        return _REFUSED if found is None else found
    if kind(value) == "date" and typechecks.standard_name(declared.name) == "date and time":
        return combine(value, time(tzinfo=UTC))
    if typechecks.fits(value, declared, names) is not False:
        return value
    if isinstance(value, (list, tuple)) and len(value) == 1 and typechecks.fits(value[0], declared, names):
        return value[0]
    if declared.name == "list" and typechecks.fits([value], declared, names):
        return [value]
    return _REFUSED


def external(node: syntax.External) -> Closure:
    def evaluate(frame: Any) -> None:
        frame.run.warn("Functions written in other languages are not run", node)

    return evaluate
