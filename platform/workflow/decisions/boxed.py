"""Boxed expressions as closures: literals, contexts, invocations, functions, lists, tables, conditions, iterators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from formloom import feel
from formloom.errors import Place, Problem, Text, near
from formloom.feel import Expression, FeelSyntaxError, Function, functions
from formloom.metadata.catalog import EMPTY, Label
from formloom.workflow import markup
from formloom.workflow.decisions.tables import POLICIES, Input, Logic, Output, Rule, Run, Table
from formloom.workflow.decisions.types import Types

Names = frozenset[str]
Scope = Mapping[str, Any]
CAMUNDA = "http://camunda.org/schema/1.0/dmn"
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


def label_of(element: etree._Element, default: str = "") -> Label:
    """English is what the modeler shows; `<formloom:label zh="..."/>` adds other languages."""
    label = {"en": default} if default else {}
    held = child(element, "extensionElements")
    for given in () if held is None else held.iterfind(f"{{{markup.FORMLOOM}}}label"):
        label |= {str(key): str(value) for key, value in given.attrib.items()}
    return label or EMPTY


def called(name: str, parameters: Sequence[str], call: Callable[[dict[str, Any]], Any]) -> Function:
    """A function of decision logic as FEEL calls it: by position or by name."""
    def invoke(run: Any, place: Any, values: Sequence[Any]) -> Any:
        run.spend(10)
        return call(dict(zip(parameters, values, strict=True)))

    return Function(tuple(parameters), invoke, name)


@dataclass
class Boxed:
    """Compiles the elements of one file; what is wrong is collected, and gives null.

    `owner` and `label` are the decision's or knowledge model's. `implicit`: where a file declares no input data (as a
    table drawn alone), names that its columns ask for are inputs, with the types of the columns; else None.
    `unchecked`: names may be entries of an item that nobody declared.
    """

    types: Types
    file: str
    problems: list[Problem] = field(default_factory=list)
    owner: str = ""
    label: Label = EMPTY
    implicit: dict[str, str] | None = None
    unchecked: bool = False
    tables: list[Table] = field(default_factory=list)

    def problem(self, code: str, element: etree._Element, message: Text, hint: Text | None = None,
                guess: str | None = None) -> None:
        self.problems.append(Problem(code, message, Place(self.file, markup.line(element)), hint, element=self.owner,
                                     near=guess))

    def logic(self, element: etree._Element | None, names: Names, read: Reader | None = None) -> Logic:
        """What `read`, or the element's own kind, makes of it, converted to the type that it declares."""
        if element is None:
            return _null
        compiled: Logic = read(element, names) if read else _BOXED[markup.local(element)](self, element, names)
        declared = element.get("typeRef")
        if not declared or isinstance(compiled, Table):     # a table converts its result itself
            return compiled
        kind = self.types.of(declared)
        return lambda scope, run: self.types.converted(compiled(scope, run), kind)

    def expression(self, text: str, element: etree._Element, names: Names, unary: bool = False) -> Expression | None:
        if not text.strip() or not self._is_feel(element):
            return None
        try:
            expression = feel.compile(text, names, unary, self.types.declared)
        except FeelSyntaxError as error:
            self.problem("dmn-expression", element, Text("{decision}: {text} is not FEEL: {reason}",
                                                         decision=self.label, text=text.strip(), reason=error.reason),
                         error.hint)
            return None
        self._check_names(expression, element, names)
        return expression

    def _is_feel(self, element: etree._Element) -> bool:
        """An element without a language of its own is written in that of the file."""
        root = element.getroottree().getroot()
        language = element.get("expressionLanguage") or root.get("expressionLanguage") or "feel"
        if "feel" in language.lower():
            return True
        self.problem("dmn-language", element, Text("{decision}: {language} is not run here.", decision=self.label,
                                                   language=language), Text("Write it in FEEL."))
        return False

    def _check_names(self, expression: Expression, element: etree._Element, names: Names) -> None:
        implicit = self.implicit or {}
        for name in sorted(expression.names - names - functions.NAMES - implicit.keys() - {"?"}):
            if self.implicit is not None and (not names or markup.local(element) == "inputExpression"):
                # The column's type is that of `customer` itself, not of what holds `customer.revenue`.
                plain = isinstance(expression.ast, feel.ast.Name)
                self.implicit.setdefault(name, element.get("typeRef", "Any") if plain else "Any")
            elif not self.unchecked:
                guess = near(name, names)
                self.problem("unknown-name", element,
                             Text("{decision} uses {name}, which is none of its inputs.", decision=self.label,
                                  name=name),
                             Text("Did you mean {near}?", near=guess) if guess
                             else Text("Known: {names}.", names=", ".join(sorted(names))), guess)

    def literal(self, element: etree._Element, names: Names) -> Logic:
        return _valued(self.expression(text_of(element), element, names)) or _null

    def context(self, element: etree._Element, names: Names) -> Logic:
        entries: list[tuple[str, str | None, Logic]] = []
        for entry in children(element, "contextEntry"):
            variable = child(entry, "variable")
            name = "" if variable is None else variable.get("name", "")
            entries.append((name, None if variable is None else variable.get("typeRef"),
                            self.logic(logic_in(entry), names)))
            names |= {name}

        def evaluate(scope: Scope, run: Run) -> Any:
            inner, found = dict(scope), {}
            for name, declared, logic in entries:
                value = self.types.converted(logic(inner, run), self.types.of(declared))
                if not name:
                    return value
                inner[name] = found[name] = value
            return found

        return evaluate

    def invocation(self, element: etree._Element, names: Names) -> Logic:
        function = self.logic(logic_in(element), names)
        bindings = dict(self._binding(binding, names) for binding in children(element, "binding"))
        call = feel.compile("f(" + ", ".join(f"p{n}" for n in range(len(bindings))) + ")", ())

        def evaluate(scope: Scope, run: Run) -> Any:
            found = function(scope, run)
            if not isinstance(found, Function) or set(found.parameters) != set(bindings):
                return None
            values = [bindings[name](scope, run) for name in found.parameters]
            return run.value(call, {"f": found, **{f"p{n}": value for n, value in enumerate(values)}})

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

        def evaluate(scope: Scope, run: Run) -> Function:
            def call(values: dict[str, Any]) -> Any:
                given = {name: self.types.converted(values[name], kind) for name, kind in formal}
                if any(values[name] is not None and given[name] is None for name in given):
                    return None
                return body({**scope, **given}, run)

            return called("", [name for name, _ in formal], call)

        return evaluate

    def list(self, element: etree._Element, names: Names) -> Logic:
        items = [self.logic(one, names) for one in children(element) if markup.local(one) in LOGIC]
        return lambda scope, run: [item(scope, run) for item in items]

    def relation(self, element: etree._Element, names: Names) -> Logic:
        columns = [(one.get("name", ""), self.types.of(one.get("typeRef"))) for one in children(element, "column")]
        rows = [[self.logic(cell, names) for cell in children(row) if markup.local(cell) in LOGIC]
                for row in children(element, "row")]

        def record(row: Sequence[Logic], scope: Scope, run: Run) -> dict[str, Any]:
            cells = zip(columns, row, strict=False)
            return {name: self.types.converted(cell(scope, run), kind) for (name, kind), cell in cells}

        return lambda scope, run: [record(row, scope, run) for row in rows]

    def conditional(self, element: etree._Element, names: Names) -> Logic:
        """A condition that is neither true, false nor null has no answer."""
        condition, then, otherwise = (self._part(element, name, names) for name in ("if", "then", "else"))

        def evaluate(scope: Scope, run: Run) -> Any:
            chosen = {True: then, False: otherwise, None: otherwise}
            verdict = condition(scope, run)
            return chosen[verdict](scope, run) if verdict is None or isinstance(verdict, bool) else None

        return evaluate

    def filter(self, element: etree._Element, names: Names) -> Logic:
        source = self._part(element, "in", names)
        match = replace(self, unchecked=True)._part(element, "match", names | {"item"})

        def evaluate(scope: Scope, run: Run) -> Any:
            items = _as_list(source(scope, run))
            verdicts = [match({**scope, **_fields(item), "item": item}, run) for item in items]
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

        def evaluate(scope: Scope, run: Run) -> Any:
            done: list[Any] = []

            def call(values: dict[str, Any]) -> Any:
                found = body({**scope, name: values["item"], "partial": list(done)}, run)
                done.append(found)
                return found

            return run.value(ends, {"source": source(scope, run), "body": called("body", ["item"], call)})

        return evaluate

    def table(self, element: etree._Element, names: Names) -> Logic:
        policy = element.get("hitPolicy", "UNIQUE")
        if policy not in POLICIES:
            self.problem("dmn-hit-policy", element, Text("There is no hit policy {name}.", name=policy),
                         Text("Known: {names}.", names=", ".join(sorted(POLICIES))))
            return _null
        inputs = tuple(self._input(one, names) for one in children(element, "input"))
        outputs = tuple(self._output(one, names) for one in children(element, "output"))
        inside = names | {item.variable for item in inputs if item.variable}
        rules = (self._rule(one, number, inside, (len(inputs), len(outputs)))
                 for number, one in enumerate(children(element, "rule"), 1))
        if not outputs or (len(outputs) > 1 and not all(output.name for output in outputs)):
            self.problem("dmn-output", element, Text("{decision}: its table needs outputs, and each of several a name.",
                                                     decision=self.label))
        kind = self.types.of(element.get("typeRef"))
        table = Table(inputs, outputs, tuple(filter(None, rules)), policy, element.get("aggregation", ""), self.owner,
                      self.label, self._place(element), lambda value: self.types.converted(value, kind))
        self.tables.append(table)
        return table

    def _input(self, element: etree._Element, names: Names) -> Input:
        asked, allowed = child(element, "inputExpression"), child(element, "inputValues")
        text = text_of(asked).strip()
        if asked is None or not text:
            self.problem("dmn-input", element, Text("{decision}: a column of its table asks for nothing.",
                                                    decision=self.label), Text("Give it an input expression."))
        expression = None if asked is None else self.expression(text, asked, names)
        value = _null if asked is None else self.logic(asked, names, lambda *_: _valued(expression) or _null)
        return Input(value, self._tests(allowed, names), text,
                     label_of(element, element.get("label") or text),
                     self.types.of(None if asked is None else asked.get("typeRef")),
                     element.get(f"{{{CAMUNDA}}}inputVariable", ""), self._place(element), expression)

    def _tests(self, element: etree._Element | None, names: Names) -> Expression | None:
        """Unary tests; None for no restriction. Tests that are no FEEL pass nothing."""
        text = text_of(element).strip()
        if element is None or text in ("", "-"):
            return None
        return self.expression(text, element, names, unary=True) or _NEVER

    def _output(self, element: etree._Element, names: Names) -> Output:
        values, default = child(element, "outputValues"), child(element, "defaultOutputEntry")
        tests = self._tests(values, names)
        kind, name = self.types.of(element.get("typeRef")), element.get("name", "")
        return Output(
            name, tests, self._order(tests),
            None if default is None else self.literal(default, names), lambda value: self.types.converted(value, kind),
            label_of(element, element.get("label") or name), kind, self._place(element))

    def _order(self, tests: Expression | None) -> Logic | None:
        """What the tests list, as values."""
        try:
            return None if tests is None else _valued(feel.compile(f"[{tests.text}]", tests.known))
        except FeelSyntaxError:
            return None     # `not("a")` tests a value but lists none

    def _rule(self, element: etree._Element, number: int, names: Names, width: tuple[int, int]) -> Rule | None:
        tested, given = children(element, "inputEntry"), children(element, "outputEntry")
        if (len(tested), len(given)) != width:
            self.problem("dmn-rule", element, Text("{decision}: rule {number} has another number of cells than the "
                                                   "table has columns.", decision=self.label, number=number))
            return None
        tests = tuple(self._tests(entry, names) for entry in tested)
        notes = [text_of(one).strip() for one in children(element, "annotationEntry")]
        described = child(element, "description")
        if described is not None:
            notes.append(markup.words(described))
        entries = tuple(self.expression(text_of(entry), entry, names) for entry in given)
        outputs = tuple(self._entry(entry, names, expression) for entry, expression in zip(given, entries, strict=True))
        return Rule(tests, outputs, number, element.get("id", ""), label_of(element, "; ".join(filter(None, notes))),
                    self._place(element), entries)

    def _entry(self, element: etree._Element, names: Names, expression: Expression | None) -> Logic:
        return self.logic(element, names, lambda *_: _valued(expression) or _null)

    def _place(self, element: etree._Element) -> Place:
        return Place(self.file, markup.line(element))

    def _part(self, element: etree._Element, name: str, names: Names) -> Logic:
        part = child(element, name)
        return _null if part is None else self.logic(logic_in(part), names)


def _valued(expression: Expression | None) -> Logic | None:
    return None if expression is None else lambda scope, run: run.value(expression, scope)


def _null(scope: Scope, run: Run) -> Any:
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
