"""Item definitions: declared types of inputs and results, and the conversions of DMN 1.5 chapter 10.3.2.9.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, time
from functools import cached_property
from typing import Any, Final

from formloom import feel
from formloom.feel import Declared, Expression, Function, ast
from formloom.feel.typechecks import NAMES as BUILT_IN
from formloom.feel.typechecks import OTHER_NAMES, standard_name
from formloom.feel.values import kind
from formloom.feel.wide import combine

NAMES: Final = BUILT_IN | OTHER_NAMES.keys() | {"Any", "Null"}


class Misfit(ValueError):
    """The value is not one of the declared type."""


@dataclass(frozen=True, slots=True)
class FunctionType:
    """Names of types; Any where the file has none."""

    parameters: tuple[str, ...]
    result: str


@dataclass(frozen=True, slots=True)
class ItemType:
    """`base`: a built-in type or the name of another item definition; `allowed` are unary tests over `?`."""

    name: str = ""
    base: str = "Any"
    collection: bool = False
    components: Mapping[str, ItemType] = field(default_factory=dict)
    allowed: Expression | None = None
    whole_allowed: Expression | None = None     # tests of the list, where `allowed` are tests of its elements
    function: FunctionType | None = None

    def under(self, alias: str, names: Iterable[str]) -> ItemType:
        """As another file sees it that imports this one: `names` are those of its own file."""
        components = {name: part.under(alias, names) for name, part in self.components.items()}
        base = f"{alias}.{self.base}" if self.base in names else self.base
        return replace(self, base=base, components=components)

    @property
    def written(self) -> ast.Type:
        """As FEEL writes the type; allowed values are no part of it."""
        one = self._one
        return _type("list", (one,)) if self.collection else one

    @property
    def _one(self) -> ast.Type:
        if self.function:
            parameters = tuple(_type(name) for name in self.function.parameters)
            return _type("function", parameters, result=_type(self.function.result))
        if self.components:
            return _type("context", tuple(part.written for part in self.components.values()), tuple(self.components))
        return _type(self.base)


def _type(name: str, arguments: tuple[ast.Type, ...] = (), keys: tuple[str, ...] = (),
          result: ast.Type | None = None) -> ast.Type:
    return ast.Type(name, arguments, keys, result, start=0, end=0)


ANY: Final = ItemType()


def local(name: str) -> str:
    """`feel:string` and `ns.Loan` end in what they mean here."""
    return name.rpartition(":")[2].strip()


@dataclass(frozen=True)
class Types:
    items: Mapping[str, ItemType]

    @cached_property
    def declared(self) -> Declared:
        """The same types for `instance of` and for parameters."""
        return Declared({name: item.written for name, item in self.items.items()},
                        lambda value, name: self.converted(value, self.of(name)))

    def of(self, reference: str | None) -> ItemType:
        name = local(reference or "Any")
        found = self.items.get(name)
        return found if found is not None else ItemType(name, standard_name(name))

    def converted(self, value: Any, declared: ItemType) -> Any:
        """The value as one of the type; null where it is none."""
        try:
            return self._fit(value, declared)
        except Misfit:
            return None

    def _fit(self, value: Any, declared: ItemType) -> Any:
        if value is None:
            return None
        if declared.collection:
            items = list(value) if isinstance(value, (list, tuple)) else [value]
            found = [self._one(item, declared) for item in items]
            return _allowed(found, declared.whole_allowed)
        if isinstance(value, (list, tuple)) and len(value) == 1 and not self._is_list(declared):
            value = value[0]
        return self._one(value, declared)

    def _is_list(self, declared: ItemType) -> bool:
        if declared.collection or declared.base in ("list", "Any"):
            return True
        base = self.items.get(declared.base)
        return base is not None and base is not declared and self._is_list(base)

    def _one(self, value: Any, declared: ItemType) -> Any:
        if value is None:
            return None
        if declared.function:
            return self._function(value, declared.function)
        if declared.components:
            return _allowed(self._context(value, declared), declared.allowed)
        base = self.items.get(declared.base)
        if base is not None and base is not declared:
            return _allowed(self._fit(value, base), declared.allowed)
        return _allowed(_plain(value, declared.base), declared.allowed)

    def returning(self, function: Function, declared: ItemType) -> Function | None:
        """A function whose variable declares the function's type, or just that of its result."""
        if declared.function:
            made: Function | None = self.converted(function, declared)
            return made
        return Function(function.parameters, lambda run, place, values: self.converted(
            function.call(run, place, values), declared), function.name, function.types)

    def _function(self, value: Any, declared: FunctionType) -> Function:
        """The function with its arguments and its result converted to what the type says."""
        if not isinstance(value, Function) or len(value.parameters) != len(declared.parameters):
            raise Misfit("function")

        def call(run: Any, place: Any, values: Sequence[Any]) -> Any:
            given = [self.converted(one, self.of(name)) for one, name in zip(values, declared.parameters, strict=True)]
            if any(after is None and before is not None for before, after in zip(values, given, strict=True)):
                run.warn("An argument does not fit the declared type", place)
                return None
            return self.converted(value.call(run, place, given), self.of(declared.result))

        return Function(value.parameters, call, value.name, value.types)

    def _context(self, value: Any, declared: ItemType) -> dict[str, Any]:
        if not isinstance(value, Mapping) or not declared.components.keys() <= value.keys():
            raise Misfit(declared.name)
        return {**value, **{name: self._fit(value[name], part) for name, part in declared.components.items()}}


def _plain(value: Any, base: str) -> Any:
    if base not in BUILT_IN:
        return value
    found = kind(value)
    if found == "date" and base == "date and time":
        return combine(value, time(tzinfo=UTC))
    if found != base:
        raise Misfit(base)
    return value


def _allowed(value: Any, tests: Expression | None) -> Any:
    if tests is not None and not tests.test({"?": value}):
        raise Misfit("not one of the allowed values")
    return value


def tests_of(text: str) -> Expression | None:
    """Unary tests as an expression; None where they are no FEEL, which the reader tells."""
    try:
        return feel.compile(text, unary=True)
    except feel.FeelSyntaxError:
        return None
