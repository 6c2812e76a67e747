"""Syntax tree to Python closures, once. A closure takes the frame it is evaluated in and never raises for a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from formloom.feel import calls, functions, loops, operators, structures, syntax, typechecks
from formloom.feel.operators import Test

Closure: TypeAlias = Callable[[Any], Any]


def compile_tree(
    tree: syntax.Node, overridden: frozenset[str], types: typechecks.Declared = typechecks.NOTHING_DECLARED
) -> Closure:
    """`overridden` are names of the scope that hide built-in functions."""
    return _Compiler(overridden, types).closure(tree)


def weight(node: syntax.Node) -> int:
    """Steps that one evaluation of the node costs."""
    return sum(1 for _ in node.walk())


class _Compiler:
    def __init__(self, overridden: frozenset[str], types: typechecks.Declared) -> None:
        self._overridden = overridden
        self._types = types
        self._bound: list[frozenset[str]] = []      # names bound around; in a filter any name may be

    def closure(self, node: syntax.Node) -> Closure:
        return _COMPILE[type(node)](self, node)

    def closures(self, nodes: Sequence[syntax.Node]) -> list[Closure]:
        return [self.closure(node) for node in nodes]

    @contextmanager
    def _binding(self, names: Sequence[str] = ()) -> Iterator[None]:
        self._bound.append(frozenset(names))
        try:
            yield
        finally:
            self._bound.pop()

    def _is_bound(self, name: str) -> bool:
        return name in self._overridden or any(name in names for names in self._bound)

    # -- values --------------------------------------------------------------------------------------------------

    def literal(self, node: syntax.Literal) -> Closure:
        return structures.constant(node.value)

    def name(self, node: syntax.Name) -> Closure:
        builtin = functions.find(node.name)
        make = structures.inner_name if self._bound else structures.top_name
        return make(node, builtin.value if builtin else None)

    def path(self, node: syntax.Path) -> Closure:
        return structures.path(node, self.closure(node.source))

    def filter(self, node: syntax.Filter) -> Closure:
        source = self.closure(node.source)
        if _is_number(node.condition):
            return structures.element_at(node, source, self.closure(node.condition))
        with self._binding():
            condition = self.closure(node.condition)
        return structures.filtered(node, source, condition, weight(node.condition))

    def list_of(self, node: syntax.ListOf) -> Closure:
        return structures.list_of(self.closures(node.items))

    def context(self, node: syntax.Context) -> Closure:
        with self._binding([entry.key for entry in node.entries]):
            return structures.context([(entry.key, self.closure(entry.value)) for entry in node.entries])

    def range(self, node: syntax.Range) -> Closure:
        return operators.range_of(node, self.closure(node.low), self.closure(node.high))

    def relation(self, node: syntax.Relation) -> Closure:
        return operators.relation_as_range(node, self.closure(node.operand))

    # -- operators -----------------------------------------------------------------------------------------------

    def negation(self, node: syntax.Negation) -> Closure:
        return operators.negation(node, self.closure(node.operand))

    def arithmetic(self, node: syntax.Arithmetic) -> Closure:
        return operators.arithmetic(node, self.closure(node.left), self.closure(node.right))

    def comparison(self, node: syntax.Comparison) -> Closure:
        left = self.closure(node.left)
        if isinstance(node.right, syntax.Literal):
            return operators.relation_to_constant(node, left, node.right.value)
        return operators.relation(node, left, self.closure(node.right))

    def conjunction(self, node: syntax.And) -> Closure:
        return operators.conjunction(self.closures(node.operands))

    def disjunction(self, node: syntax.Or) -> Closure:
        return operators.disjunction(self.closures(node.operands))

    def between(self, node: syntax.Between) -> Closure:
        return operators.between(node, *self.closures((node.value, node.low, node.high)))

    def membership(self, node: syntax.In) -> Closure:
        value, test = self.closure(node.value), operators.any_of([self.test(test) for test in node.tests])
        return lambda frame: test(value(frame), frame)

    def test(self, node: syntax.Node) -> Test:
        """What `in` asks of a value."""
        if isinstance(node, syntax.Relation):
            return operators.related(node, self.closure(node.operand))
        return operators.membership(node, self.closure(node))

    def instance_of(self, node: syntax.InstanceOf) -> Closure:
        return typechecks.instance_of(node, self.closure(node.value), self._types)

    # -- unary tests ---------------------------------------------------------------------------------------------

    def anything(self, node: syntax.Anything) -> Closure:
        return structures.constant(True)

    def unary_tests(self, node: syntax.UnaryTests) -> Closure:
        return operators.unary(node, [self.unary_test(test) for test in node.tests])

    def unary_test(self, node: syntax.Node) -> Test:
        if isinstance(node, syntax.Relation):
            return operators.related(node, self.closure(node.operand))
        asks = any(isinstance(part, syntax.Name) and part.name == "?" for part in node.walk())
        return operators.question(self.closure(node)) if asks else operators.expected(node, self.closure(node))

    # -- control -------------------------------------------------------------------------------------------------

    def conditional(self, node: syntax.If) -> Closure:
        return structures.conditional(*self.closures((node.condition, node.then, node.otherwise)))

    def loop(self, node: syntax.For) -> Closure:
        partial = any(isinstance(part, syntax.Name) and part.name == "partial" for part in node.body.walk())
        with self._binding(["partial"]):
            sources = self._sources(node.bindings)
            with self._binding([binding.name for binding in node.bindings]):
                return loops.loop(sources, self.closure(node.body), weight(node.body), partial)

    def quantified(self, node: syntax.Quantified) -> Closure:
        sources = self._sources(node.bindings)
        with self._binding([binding.name for binding in node.bindings]):
            decisive = node.kind == "some"
            return loops.quantified(decisive, sources, self.closure(node.condition), weight(node.condition))

    def _sources(self, bindings: Sequence[syntax.Binding]) -> list[loops.Source]:
        sources = []
        for index, binding in enumerate(bindings):
            with self._binding([earlier.name for earlier in bindings[:index]]):
                until = self.closure(binding.until) if binding.until else None
                sources.append(loops.Source(binding, binding.name, self.closure(binding.source), until))
        return sources

    # -- functions -----------------------------------------------------------------------------------------------

    def function(self, node: syntax.Function) -> Closure:
        with self._binding([parameter.name for parameter in node.parameters]):
            return calls.definition(node, self.closure(node.body), weight(node.body), self._types)

    def external(self, node: syntax.External) -> Closure:
        return calls.external(node)

    def call(self, node: syntax.Call) -> Closure:
        arguments = self.closures([argument.value for argument in node.arguments])
        names = [argument.name for argument in node.arguments]
        name = node.function.name if isinstance(node.function, syntax.Name) else ""
        builtin = functions.find(name)
        if builtin and not self._is_bound(name):
            return calls.builtin(node, builtin, arguments, names)
        return calls.dynamic(node, self.closure(node.function), arguments, names, builtin)


def _is_number(node: syntax.Node) -> bool:
    """A number that no element can change: `list[1]`, `list[-1]`."""
    if isinstance(node, syntax.Negation):
        return _is_number(node.operand)
    return isinstance(node, syntax.Literal) and not isinstance(node.value, (bool, str, type(None)))


_COMPILE: dict[type[syntax.Node], Callable[[_Compiler, Any], Closure]] = {
    syntax.Literal: _Compiler.literal, syntax.Name: _Compiler.name, syntax.Path: _Compiler.path,
    syntax.Filter: _Compiler.filter, syntax.ListOf: _Compiler.list_of, syntax.Context: _Compiler.context,
    syntax.Range: _Compiler.range, syntax.Relation: _Compiler.relation, syntax.Negation: _Compiler.negation,
    syntax.Arithmetic: _Compiler.arithmetic, syntax.Comparison: _Compiler.comparison,
    syntax.And: _Compiler.conjunction, syntax.Or: _Compiler.disjunction, syntax.Between: _Compiler.between,
    syntax.In: _Compiler.membership, syntax.InstanceOf: _Compiler.instance_of,
    syntax.Anything: _Compiler.anything, syntax.UnaryTests: _Compiler.unary_tests,
    syntax.If: _Compiler.conditional, syntax.For: _Compiler.loop, syntax.Quantified: _Compiler.quantified,
    syntax.Function: _Compiler.function, syntax.External: _Compiler.external, syntax.Call: _Compiler.call,
}
