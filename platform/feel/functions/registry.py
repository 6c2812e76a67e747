"""Built-in functions: a signature in words, a Python function, and the conversions that FEEL makes between them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from formloom.feel.syntax import Node
from formloom.feel.values import ANY_NUMBER, Function, kind

_SIGNATURE = re.compile(r"(?P<name>[^(]+)\((?P<parameters>[^)]*)\)")
_FAILURES = (ArithmeticError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kinds: frozenset[str]       # empty for any value, null included
    optional: bool = False
    repeated: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    parameters: tuple[Parameter, ...]
    implementation: Callable[..., Any]
    needs_run: bool
    least: int
    most: float

    @classmethod
    def of(cls, parameters: tuple[Parameter, ...], implementation: Callable[..., Any]) -> Signature:
        needs_run = next(iter(inspect.signature(implementation).parameters), "") == "run"
        repeats = bool(parameters) and parameters[-1].repeated
        least = sum(not parameter.optional for parameter in parameters)
        return cls(parameters, implementation, needs_run, least, inf if repeats else len(parameters))

    def parameter(self, index: int) -> Parameter:
        return self.parameters[index] if index < len(self.parameters) else self.parameters[-1]

    def apply(self, run: Any, values: Sequence[Any]) -> Any:
        return self.implementation(run, *values) if self.needs_run else self.implementation(*values)

    def fitted(self, values: Sequence[Any]) -> list[Any] | None:
        """The arguments as the implementation wants them; None where one does not fit."""
        fitted = []
        for index, value in enumerate(values):
            found = _fit(value, self.parameter(index))
            if found is _REFUSED:
                return None
            fitted.append(found)
        return fitted

    def ordered(self, given: Mapping[str, Any]) -> list[Any] | None:
        """Named arguments by position; None where the names are others."""
        names = [parameter.name for parameter in self.parameters]
        if not set(given) <= set(names):
            return None
        if any(p.name not in given and not p.optional for p in self.parameters):
            return None
        values = [given.get(name) for name in names]
        while names and names[-1] not in given:
            names.pop()
            values.pop()
        return values


_REFUSED = object()


def _fit(value: Any, parameter: Parameter) -> Any:
    family = kind(value)
    if not parameter.kinds or family in parameter.kinds or (value is None and parameter.nullable):
        return value
    if family == "list" and len(value) == 1 and "list" not in parameter.kinds and kind(value[0]) in parameter.kinds:
        return value[0]
    if "list" in parameter.kinds and value is not None:
        return [value]
    if "context" in parameter.kinds and hasattr(type(value), "feel_path"):
        return value
    return _REFUSED


@dataclass(slots=True)
class Builtin:
    """A built-in function with its overloads, tried in the order of their declaration."""

    name: str
    signatures: list[Signature] = field(default_factory=list)
    value: Function = field(init=False)

    def __post_init__(self) -> None:
        self.value = Function(ANY_NUMBER, self.call, self.name)

    def call(self, run: Any, place: Node, values: Sequence[Any]) -> Any:
        for signature in self.signatures:
            if signature.least <= len(values) <= signature.most:
                fitted = signature.fitted(values)
                if fitted is not None:
                    return self._result(run, place, signature, fitted)
        run.warn(f"{self.name} cannot take ({', '.join(map(kind, values))})", place)
        return None

    def call_named(self, run: Any, place: Node, given: Mapping[str, Any]) -> Any:
        for signature in self.signatures:
            values = signature.ordered(given)
            fitted = None if values is None else signature.fitted(values)
            if fitted is not None:
                return self._result(run, place, signature, fitted)
        run.warn(f"{self.name} cannot take ({', '.join(given)})", place)
        return None

    def _result(self, run: Any, place: Node, signature: Signature, values: Sequence[Any]) -> Any:
        run.spend(1 + sum([_size(value) for value in values]))
        run.place = place
        try:
            result = signature.apply(run, values)
        except _FAILURES as error:
            run.warn(f"{self.name}: {error or 'no result'}", place)
            return None
        if result is None:
            run.warn(f"{self.name} has no result for these arguments", place)
        return result


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value) >> 6
    return len(value) if isinstance(value, (list, tuple)) else 0


BUILTINS: dict[str, Builtin] = {}


def builtin(declaration: str, *aliases: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register an implementation: `@builtin("substring(string: string, start position: number, length?: number)")`.

    `?` marks a parameter that may be left out, `*` the last one that repeats, `null` a type that admits null.
    """

    match = _SIGNATURE.fullmatch(declaration)
    if match is None:
        raise ValueError(declaration)

    def register(implementation: Callable[..., Any]) -> Callable[..., Any]:
        signature = Signature.of(_parameters(match["parameters"]), implementation)
        function = BUILTINS.setdefault(match["name"], Builtin(match["name"]))
        function.signatures.append(signature)
        BUILTINS.update(dict.fromkeys(aliases, function))
        return implementation

    return register


def _parameters(text: str) -> tuple[Parameter, ...]:
    return tuple(_parameter(part.strip()) for part in text.split(",") if part.strip())


def _parameter(text: str) -> Parameter:
    name, _, types = (part.strip() for part in text.partition(":"))
    kinds = frozenset(part.strip() for part in types.split("|"))
    admitted = frozenset() if "any" in kinds else kinds - {"null"}
    return Parameter(name.rstrip("?*"), admitted, name.endswith("?"), name.endswith("*"), "null" in kinds)
