"""What an expression is before it is evaluated: its type, its mistakes, and what each of its names stands for.

Nothing is said that is not sure: what could be anything is `any`, and `any` fits everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from formloom.feel import findings, functions, results, shorthand, static, syntax
from formloom.feel.chosen import Chosen, chosen
from formloom.feel.findings import Finding
from formloom.feel.static import ANY, BOOLEAN, FUNCTION, NULL, Environment, Fixed, Type
from formloom.feel.values import kind


@dataclass(frozen=True, slots=True)
class Use:
    """Where a text names a member of `owner`; '' is the owner of names that are nobody's members."""

    start: int
    end: int
    owner: str
    name: str
    outer: bool = False     # a name of the scope, not one after a dot or in a filter
    quoted: bool = False    # a key in quotes: get value(account, "status")


@dataclass(frozen=True, slots=True)
class Inferred:
    type: Type
    findings: tuple[Finding, ...]
    uses: tuple[Use, ...]
    choices: tuple[Chosen, ...] = ()


def infer(tree: syntax.Node, environment: Environment) -> Inferred:
    inference = _Inference(environment)
    found = inference.type(tree)
    return Inferred(found, tuple(sorted(inference.findings, key=lambda f: (f.start, f.end))),
                    tuple(sorted(inference.uses, key=lambda u: u.start)),
                    tuple(sorted(set(inference.choices), key=lambda c: (c.start, c.origin))))


@dataclass(slots=True)
class _Inference:
    environment: Environment
    findings: list[Finding] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    choices: list[Chosen] = field(default_factory=list)
    _around: list[Mapping[str, Type] | Type] = field(default_factory=list)   # names bound, and elements of filters

    def type(self, node: syntax.Node) -> Type:
        return _READERS[type(node)](self, node)

    def types(self, nodes: Iterable[syntax.Node]) -> list[Type]:
        return [self.type(node) for node in nodes]

    @contextmanager
    def _binding(self, names: Mapping[str, Type] | Type) -> Iterator[None]:
        self._around.append(names)
        try:
            yield
        finally:
            self._around.pop()

    def condition(self, node: syntax.Node) -> None:
        found = self.type(node)
        if found.name not in ("any", "null", "boolean"):
            self.findings.append(findings.not_a_condition(found, node))

    def compare(self, operator: str, left: syntax.Node, right: syntax.Node, place: syntax.Node) -> None:
        self._compared(operator, self.type(left), self.type(right), left, right, place)

    def _compared(self, operator: str, left: Type, right: Type, left_at: syntax.Node, right_at: syntax.Node,
                  place: syntax.Node) -> None:
        if not static.comparable(left, right, operator):
            self.findings.append(findings.never_compares(operator, left, right, place))
        elif operator in ("=", "!="):
            for asked, other, node in ((right, left, right_at), (left, right, left_at)):
                if other.origin:
                    self.choices += chosen(node, other.origin)
                strange = static.strangers(asked, other)
                if strange:
                    self.findings.append(findings.unknown_value(strange, other.values or (), node))
                    return

    # -- values --------------------------------------------------------------------------------------------------

    def literal(self, node: syntax.Literal) -> Type:
        if isinstance(node.value, str):
            return static.text_of(node.value)
        return static.SIMPLE.get(kind(node.value), ANY)

    def name(self, node: syntax.Name) -> Type:
        found = self._found(node)
        if found is not None:
            return found
        if functions.find(node.name) or node.name in self.environment.functions:
            return FUNCTION
        if node.name != "?" and not self.environment.open:
            self.findings.append(findings.unknown_name(node.name, node, self._visible()))
        return ANY

    def _found(self, node: syntax.Name) -> Type | None:
        """The type of a name and, noted on the way, whose it is; None where nothing is called so."""
        doubtful = False
        for around in reversed(self._around):
            if isinstance(around, Type):
                members = static.members_of(around)
                found = members.find(node.name) if members else None
                if members and found:
                    self._use(node, members.owner, node.name)
                    return found
                if node.name == "item":
                    return around
                doubtful |= members is None and around.name != "null"
            elif node.name in around:
                return around[node.name]
        known = self.environment.find(node.name)
        if known:
            self._use(node, known[1], node.name, outer=True)
        return ANY if doubtful else known and known[0]

    def _use(self, node: syntax.Node, owner: str, name: str, outer: bool = False) -> None:
        # What stands for something shorter has names that nobody wrote.
        if node.end > node.start:
            self.uses.append(Use(node.start, node.end, owner, name, outer))

    def _visible(self) -> Iterator[str]:
        yield from self.environment.names()
        for around in self._around:
            members = static.members_of(around) if isinstance(around, Type) else Fixed(around)
            yield from members.names() if members else ()

    def path(self, node: syntax.Path) -> Type:
        return self._through(self.type(node.source), node)

    def _through(self, source: Type, node: syntax.Path) -> Type:
        if source.name == "list":
            return static.list_of(self._through(source.item, node))
        members = static.members_of(source)
        if members is None:
            return NULL if source.name == "null" else ANY
        found = members.find(node.name)
        if found is None:
            known = members.names()
            self.findings.append(findings.unknown_member(node.name, node.name_start, node.end, source, known))
            return ANY
        if node.end > node.name_start:
            self.uses.append(Use(node.name_start, node.end, members.owner, node.name))
        return found

    def filter(self, node: syntax.Filter) -> Type:
        source = self.type(node.source)
        element = source.item if source.name == "list" else source
        with self._binding(element):
            condition = self.type(node.condition)
        if condition.uncertain or source.uncertain:
            return ANY
        if condition.name == "number":      # at worst an index that is null, which leaves the empty list
            return element
        if condition.name not in ("boolean", "null"):
            self.findings.append(findings.not_a_condition(condition, node.condition))
        return static.list_of(element)

    def list_of(self, node: syntax.ListOf) -> Type:
        return static.list_of(static.joined(self.types(node.items)) if node.items else ANY)

    def context(self, node: syntax.Context) -> Type:
        found: dict[str, Type] = {}
        with self._binding(found):
            for entry in node.entries:
                found[entry.key] = self.type(entry.value)
        return static.context_of(found)

    def range(self, node: syntax.Range) -> Type:
        low, high = self.type(node.low), self.type(node.high)
        if not static.comparable(low, high, "<"):
            self.findings.append(findings.never_compares("..", low, high, node))
        return static.range_of(static.joined((low, high)))

    def relation(self, node: syntax.Relation) -> Type:
        return static.range_of(self.type(node.operand))

    # -- operators -----------------------------------------------------------------------------------------------

    def negation(self, node: syntax.Negation) -> Type:
        found = self.type(node.operand)
        if found.uncertain or found.name == "null":
            return found
        if found.name not in results.NEGATIVE:
            self.findings.append(findings.no_negative(found, node))
            return ANY
        return static.SIMPLE[found.name]

    def arithmetic(self, node: syntax.Arithmetic) -> Type:
        left, right = self.type(node.left), self.type(node.right)
        found = results.arithmetic(node.operator, left, right)
        if found is None:
            self.findings.append(findings.no_operation(node.operator, left, right, node))
        return ANY if found is None else found

    def comparison(self, node: syntax.Comparison) -> Type:
        self.compare(node.operator, node.left, node.right, node)
        return BOOLEAN

    def junction(self, node: syntax.And | syntax.Or) -> Type:
        for operand in node.operands:
            self.condition(operand)
        return BOOLEAN

    def between(self, node: syntax.Between) -> Type:
        value, low, high = self.types((node.value, node.low, node.high))
        for operator, end in ((">=", low), ("<=", high)):
            if not static.comparable(value, end, operator):
                self.findings.append(findings.never_compares(operator, value, end, node))
        return BOOLEAN

    def membership(self, node: syntax.In) -> Type:
        value = self.type(node.value)
        for test in node.tests:
            self.test(value, node.value, test)
        return BOOLEAN

    def test(self, value: Type, value_at: syntax.Node, test: syntax.Node) -> None:
        """What `in` asks of a value: equality, or a range or list that may hold it."""
        if isinstance(test, syntax.Relation):
            self._compared(test.operator, value, self.type(test.operand), value_at, test.operand, test)
        elif isinstance(test, syntax.ListOf) and value.name != "list":
            for item in test.items:
                self.test(value, value_at, item)
        else:
            self._within(value, value_at, self.type(test), test)

    def _within(self, value: Type, value_at: syntax.Node, found: Type, test: syntax.Node) -> None:
        if found.name == "list" and value.name != "list":
            found = found.item
        if found.name == "range" and value.name != "range":
            if not static.comparable(value, found.item, "<"):
                self.findings.append(findings.never_compares("in", value, found, test))
        else:
            self._compared("=", value, found, value_at, test, test)

    def instance_of(self, node: syntax.InstanceOf) -> Type:
        self.type(node.value)
        return BOOLEAN

    # -- unary tests ---------------------------------------------------------------------------------------------

    def anything(self, node: syntax.Anything) -> Type:
        return BOOLEAN

    def unary_tests(self, node: syntax.UnaryTests) -> Type:
        known = self.environment.find("?")
        value = known[0] if known else ANY
        for test in node.tests:
            if isinstance(test, syntax.Relation):
                self.test(value, test, test)
            elif any(isinstance(part, syntax.Name) and part.name == "?" for part in test.walk()):
                self.condition(test)
            else:
                self._expected(value, test)
        return BOOLEAN

    def _expected(self, value: Type, test: syntax.Node) -> None:
        """A value to be equal to or within, or a condition over other names."""
        found = self.type(test)
        if found.name != "boolean":
            self._within(value, test, found, test)

    # -- control -------------------------------------------------------------------------------------------------

    def conditional(self, node: syntax.If) -> Type:
        self.condition(node.condition)
        return static.joined((self.type(node.then), self.type(node.otherwise)))

    def loop(self, node: syntax.For) -> Type:
        with self._binding({"partial": static.list_of()}), self._bound(node.bindings):
            return static.list_of(self.type(node.body))

    def quantified(self, node: syntax.Quantified) -> Type:
        with self._bound(node.bindings):
            self.condition(node.condition)
        return BOOLEAN

    @contextmanager
    def _bound(self, bindings: Sequence[syntax.Binding]) -> Iterator[None]:
        names: dict[str, Type] = {}
        with self._binding(names):
            for binding in bindings:
                names[binding.name] = self._steps(binding)
            yield

    def _steps(self, binding: syntax.Binding) -> Type:
        """What one variable of a loop runs through."""
        source = self.type(binding.source)
        if binding.until is not None:
            return static.joined((source, self.type(binding.until)))
        return source.item if source.name in ("list", "range") else source

    # -- functions -----------------------------------------------------------------------------------------------

    def function(self, node: syntax.Function, *given: Type) -> Type:
        taken = [static.declared(parameter.type) for parameter in node.parameters]
        taken[:len(given)] = [g if t.uncertain else t for g, t in zip(given, taken, strict=False)]
        with self._binding(dict(zip((p.name for p in node.parameters), taken, strict=True))):
            return Type("function", result=self.type(node.body), arity=len(taken))

    def external(self, node: syntax.External) -> Type:
        return FUNCTION

    def call(self, node: syntax.Call) -> Type:
        name = node.function.name if isinstance(node.function, syntax.Name) else ""
        builtin = functions.find(name)
        # What is no function does not hide a built-in one of its name.
        if builtin and self._hides(name) not in ("function", "any"):
            return _builtin_call(self, node, builtin)
        called = self._called(node.function, name)
        arguments = self.types(argument.value for argument in node.arguments)
        if called.name not in ("function", "any", "null"):
            self.findings.append(findings.not_callable(called, node.function))
        if called.arity is not None and called.arity != len(arguments):
            self.findings.append(findings.wrong_count(len(arguments), f"function of {called.arity}", node))
        return called.result or ANY

    def _called(self, function: syntax.Node, name: str) -> Type:
        known = name in self.environment.functions or self.environment.open
        if isinstance(function, syntax.Name) and (found := self._found(function)) is not None:
            return found
        if isinstance(function, syntax.Name):
            if not known:
                callable_ = (*functions.NAMES, *shorthand.NAMES, *self.environment.functions, *self._visible())
                self.findings.append(findings.unknown_function(name, function, callable_))
            return ANY
        return self.type(function)

    def _hides(self, name: str) -> str:
        found = self._found(syntax.Name(name, start=0, end=0))
        return found.name if found else ""


def _builtin_call(inference: _Inference, node: syntax.Call, function: functions.Builtin) -> Type:
    arguments: list[Type] = []
    for argument in node.arguments:
        arguments.append(_argument(inference, argument.value, arguments))
    if any(argument.name for argument in node.arguments):
        inference.findings.extend(results.misnamed(function, node))
        return results.result(function.name, ())
    inference.findings.extend(results.misfits(function, arguments, node))
    _special(inference, node, function, arguments)
    return results.result(function.name, arguments)


def _argument(inference: _Inference, value: syntax.Node, before: Sequence[Type]) -> Type:
    """A function that compares elements of a list is given such elements."""
    if isinstance(value, syntax.Function) and len(before) == 1:
        element = before[0].item if before[0].name == "list" else ANY
        return inference.function(value, *(element for _ in value.parameters))
    return inference.type(value)


def _special(inference: _Inference, node: syntax.Call, function: functions.Builtin, arguments: Sequence[Type]) -> None:
    """Functions that ask for a member or an element by its name."""
    if len(arguments) != 2:
        return
    first, second = (argument.value for argument in node.arguments)
    if function.name == "list contains":
        inference.test(arguments[1], second, first) if isinstance(first, syntax.ListOf) else inference._within(
            arguments[1], second, arguments[0], second)
    if function.name == "get value" and isinstance(second, syntax.Literal) and isinstance(second.value, str):
        members = arguments[0].members
        if members and members.find(second.value):
            inference.uses.append(Use(second.start, second.end, members.owner, second.value, quoted=True))
        elif members and members.owner:
            inference.findings.append(findings.unknown_member(
                second.value, second.start, second.end, arguments[0], members.names()))


_READERS: Mapping[type[syntax.Node], Callable[[_Inference, Any], Type]] = {
    syntax.Literal: _Inference.literal, syntax.Name: _Inference.name, syntax.Path: _Inference.path,
    syntax.Filter: _Inference.filter, syntax.ListOf: _Inference.list_of, syntax.Context: _Inference.context,
    syntax.Range: _Inference.range, syntax.Relation: _Inference.relation, syntax.Negation: _Inference.negation,
    syntax.Arithmetic: _Inference.arithmetic, syntax.Comparison: _Inference.comparison,
    syntax.And: _Inference.junction, syntax.Or: _Inference.junction, syntax.Between: _Inference.between,
    syntax.In: _Inference.membership, syntax.InstanceOf: _Inference.instance_of,
    syntax.Anything: _Inference.anything, syntax.UnaryTests: _Inference.unary_tests,
    syntax.If: _Inference.conditional, syntax.For: _Inference.loop, syntax.Quantified: _Inference.quantified,
    syntax.Function: _Inference.function, syntax.External: _Inference.external, syntax.Call: _Inference.call,
}
