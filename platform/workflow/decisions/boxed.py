"""Boxed expressions as closures: literals, contexts, invocations, functions, lists, tables, conditions, iterators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from formloom import feel
from formloom.errors import Place, Problem, Text
from formloom.feel import Expression, FeelSyntaxError, Function
from formloom.workflow import markup
from formloom.workflow.decisions.tables import POLICIES, Input, Logic, Output, Rule, Table
from formloom.workflow.decisions.types import Types

Names = frozenset[str]
Scope = Mapping[str, Any]
Reader = Callable[[etree._Element, Names], Logic]
LOGIC = frozenset((
    "literalExpression", "decisionTable", "context", "invocation", "functionDefinition", "list", "relation",
    "conditional", "filter", "for", "some", "every",
))


def children(element: etree._Element, name: str = "") -> list[etree._Element]:
    return [child for child in element if isinstance(child.tag, str) and (not name or markup.local(child) == name)]


def child(element: etree._Element, name: str) -> etree._Element | None:
    return next(iter(children(element, name)), None)


def text_of(element: etree._Element | None) -> str:
    found = None if element is None else child(element, "text")
    return "".join(map(str, found.itertext())) if found is not None else ""


def logic_in(element: etree._Element) -> etree._Element | None:
    """The expression that an element holds, whatever stands beside it."""
    return next((one for one in children(element) if markup.local(one) in LOGIC), None)


def called(name: str, parameters: Sequence[str], call: Callable[[dict[str, Any]], Any]) -> Function:
    """A function of decision logic as FEEL calls it: by position or by name."""
    def invoke(run: Any, place: Any, values: Sequence[Any]) -> Any:
        run.spend(10)
        return call(dict(zip(parameters, values, strict=True)))

    return Function(tuple(parameters), invoke, name)


@dataclass
class Boxed:
    """Compiles the elements of one file; what is wrong is collected, and gives null."""

    types: Types
    file: str
    problems: list[Problem] = field(default_factory=list)

    def problem(self, code: str, element: etree._Element, message: Text, hint: Text | None = None) -> None:
        self.problems.append(Problem(code, message, Place(self.file, markup.line(element)), hint))

    def logic(self, element: etree._Element | None, names: Names, read: Reader | None = None) -> Logic:
        """What `read`, or the element's own kind, makes of it, converted to the type that it declares."""
        if element is None:
            return _null
        compiled: Logic = read(element, names) if read else _BOXED[markup.local(element)](self, element, names)
        declared = element.get("typeRef")
        if not declared:
            return compiled
        kind = self.types.of(declared)
        return lambda scope, now: self.types.converted(compiled(scope, now), kind)

    def expression(self, text: str, element: etree._Element, names: Names, unary: bool = False) -> Expression | None:
        if not text.strip():
            return None
        try:
            return feel.compile(text, names, unary, self.types.declared)
        except FeelSyntaxError as error:
            self.problem("dmn-expression", element, error.reason, error.hint)
            return None

    def literal(self, element: etree._Element, names: Names) -> Logic:
        expression = self.expression(text_of(element), element, names)
        if expression is None:
            return _null
        return expression.evaluate

    def context(self, element: etree._Element, names: Names) -> Logic:
        entries: list[tuple[str, str | None, Logic]] = []
        for entry in children(element, "contextEntry"):
            variable = child(entry, "variable")
            name = "" if variable is None else variable.get("name", "")
            entries.append((name, None if variable is None else variable.get("typeRef"),
                            self.logic(logic_in(entry), names)))
            names |= {name}

        def evaluate(scope: Scope, now: datetime | None) -> Any:
            inner, found = dict(scope), {}
            for name, declared, logic in entries:
                value = self.types.converted(logic(inner, now), self.types.of(declared))
                if not name:
                    return value
                inner[name] = found[name] = value
            return found

        return evaluate

    def invocation(self, element: etree._Element, names: Names) -> Logic:
        function = self.logic(logic_in(element), names)
        bindings = dict(self._binding(binding, names) for binding in children(element, "binding"))
        call = feel.compile("f(" + ", ".join(f"p{n}" for n in range(len(bindings))) + ")", ())

        def evaluate(scope: Scope, now: datetime | None) -> Any:
            found = function(scope, now)
            if not isinstance(found, Function) or set(found.parameters) != set(bindings):
                return None
            values = [bindings[name](scope, now) for name in found.parameters]
            return call.evaluate({"f": found, **{f"p{n}": value for n, value in enumerate(values)}}, now)

        return evaluate

    def _binding(self, element: etree._Element, names: Names) -> tuple[str, Logic]:
        parameter, value = child(element, "parameter"), self.logic(logic_in(element), names)
        if parameter is None:
            return "", value
        kind = self.types.of(parameter.get("typeRef"))
        return parameter.get("name", ""), lambda scope, now: self.types.converted(value(scope, now), kind)

    def function(self, element: etree._Element, names: Names) -> Logic:
        if element.get("kind", "FEEL") != "FEEL":
            self.problem("dmn-function", element, Text("Functions written in other languages are not run."),
                         Text("Write it in FEEL."))
            return _null
        formal = [(p.get("name", ""), self.types.of(p.get("typeRef"))) for p in children(element, "formalParameter")]
        body = self.logic(logic_in(element), names | {name for name, _ in formal})

        def evaluate(scope: Scope, now: datetime | None) -> Function:
            def call(values: dict[str, Any]) -> Any:
                given = {name: self.types.converted(values[name], kind) for name, kind in formal}
                if any(values[name] is not None and given[name] is None for name in given):
                    return None
                return body({**scope, **given}, now)

            return called("", [name for name, _ in formal], call)

        return evaluate

    def list(self, element: etree._Element, names: Names) -> Logic:
        items = [self.logic(one, names) for one in children(element) if markup.local(one) in LOGIC]
        return lambda scope, now: [item(scope, now) for item in items]

    def relation(self, element: etree._Element, names: Names) -> Logic:
        columns = [(one.get("name", ""), self.types.of(one.get("typeRef"))) for one in children(element, "column")]
        rows = [[self.logic(cell, names) for cell in children(row) if markup.local(cell) in LOGIC]
                for row in children(element, "row")]

        def record(row: Sequence[Logic], scope: Scope, now: datetime | None) -> dict[str, Any]:
            cells = zip(columns, row, strict=False)
            return {name: self.types.converted(cell(scope, now), kind) for (name, kind), cell in cells}

        return lambda scope, now: [record(row, scope, now) for row in rows]

    def conditional(self, element: etree._Element, names: Names) -> Logic:
        """A condition that is neither true, false nor null has no answer."""
        condition, then, otherwise = (self._part(element, name, names) for name in ("if", "then", "else"))

        def evaluate(scope: Scope, now: datetime | None) -> Any:
            chosen = {True: then, False: otherwise, None: otherwise}
            verdict = condition(scope, now)
            return chosen[verdict](scope, now) if verdict is None or isinstance(verdict, bool) else None

        return evaluate

    def filter(self, element: etree._Element, names: Names) -> Logic:
        source, match = self._part(element, "in", names), self._part(element, "match", names | {"item"})

        def evaluate(scope: Scope, now: datetime | None) -> Any:
            items = _as_list(source(scope, now))
            verdicts = [match({**scope, **_fields(item), "item": item}, now) for item in items]
            if any(verdict is not None and not isinstance(verdict, bool) for verdict in verdicts):
                return None
            return [item for item, verdict in zip(items, verdicts, strict=True) if verdict]

        return evaluate

    def iterator(self, element: etree._Element, names: Names) -> Logic:
        kind, name = markup.local(element), element.get("iteratorVariable", "")
        source = self._part(element, "in", names)
        inside = names | {name, "partial"}
        body = self._part(element, "return" if kind == "for" else "satisfies", inside)
        ends = feel.compile(_ITERATED[kind], frozenset(("source", "body")))

        def evaluate(scope: Scope, now: datetime | None) -> Any:
            done: list[Any] = []

            def call(values: dict[str, Any]) -> Any:
                found = body({**scope, name: values["item"], "partial": list(done)}, now)
                done.append(found)
                return found

            return ends.evaluate({"source": source(scope, now), "body": called("body", ["item"], call)}, now)

        return evaluate

    def table(self, element: etree._Element, names: Names) -> Logic:
        policy = element.get("hitPolicy", "UNIQUE")
        if policy not in POLICIES:
            self.problem("dmn-hit-policy", element, Text("There is no hit policy {name}.", name=policy))
            return _null
        outputs = tuple(self._output(one, names) for one in children(element, "output"))
        inputs = tuple(self._input(one, names) for one in children(element, "input"))
        rules = tuple(self._rule(one, names) for one in children(element, "rule"))
        return Table(inputs, outputs, rules, policy, element.get("aggregation", "")).decide

    def _input(self, element: etree._Element, names: Names) -> Input:
        asked, allowed = child(element, "inputExpression"), child(element, "inputValues")
        value = _null if asked is None else self.logic(asked, names, self.literal)
        return Input(value, self._tests(allowed, names))

    def _tests(self, element: etree._Element | None, names: Names) -> Expression | None:
        """Unary tests; None for no restriction. Tests that are no FEEL pass nothing."""
        text = text_of(element).strip()
        if element is None or text in ("", "-"):
            return None
        return self.expression(text, element, names, unary=True) or _NEVER

    def _output(self, element: etree._Element, names: Names) -> Output:
        values, default = child(element, "outputValues"), child(element, "defaultOutputEntry")
        tests = self._tests(values, names)
        order = self._order(tests)
        kind = self.types.of(element.get("typeRef"))
        return Output(
            element.get("name", ""), tests, order,
            None if default is None else self.literal(default, names), lambda value: self.types.converted(value, kind))

    def _rule(self, element: etree._Element, names: Names) -> Rule:
        tests = tuple(self._tests(entry, names) for entry in children(element, "inputEntry"))
        outputs = (self.logic(entry, names, self.literal) for entry in children(element, "outputEntry"))
        return Rule(tests, tuple(outputs))

    def _order(self, tests: Expression | None) -> Logic | None:
        """What the tests list, as values."""
        try:
            return None if tests is None else feel.compile(f"[{tests.text}]", tests.known).evaluate
        except FeelSyntaxError:
            return None     # `not("a")` tests a value but lists none

    def _part(self, element: etree._Element, name: str, names: Names) -> Logic:
        part = child(element, name)
        return _null if part is None else self.logic(logic_in(part), names)


def _null(scope: Scope, now: datetime | None) -> Any:
    return None


def _as_list(value: Any) -> Sequence[Any]:
    return () if value is None else value if isinstance(value, (list, tuple)) else (value,)


def _fields(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, Mapping) else {}


_NEVER = feel.compile("false")
_ITERATED = {"for": "for i in source return body(i)", "some": "some i in source satisfies body(i)",
             "every": "every i in source satisfies body(i)"}
_BOXED: Mapping[str, Callable[[Boxed, etree._Element, Names], Logic]] = {
    "literalExpression": Boxed.literal, "decisionTable": Boxed.table, "context": Boxed.context,
    "invocation": Boxed.invocation, "functionDefinition": Boxed.function, "list": Boxed.list,
    "relation": Boxed.relation, "conditional": Boxed.conditional, "filter": Boxed.filter, "for": Boxed.iterator,
    "some": Boxed.iterator, "every": Boxed.iterator,
}
