"""Decision requirement graphs: one DMN file with the files it imports, read once, evaluated many times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from formloom import feel
from formloom.errors import BadConfiguration, Place, Problem, Text
from formloom.feel import Function
from formloom.metadata.catalog import EMPTY, NOWHERE, Label
from formloom.workflow import markup
from formloom.workflow.decisions import structure
from formloom.workflow.decisions.boxed import Boxed, called, child, children, label_of, logic_in, text_of
from formloom.workflow.decisions.tables import Logic, Run, Table
from formloom.workflow.decisions.types import ANY, ItemType, Types, local, tests_of

_REQUIRED = ("requiredInput", "requiredDecision", "requiredKnowledge")
_NODES = ("inputData", "decision", "businessKnowledgeModel", "decisionService")


@dataclass(frozen=True, slots=True)
class Node:
    """An element of the graph. `requires`: hrefs of what its logic sees by name."""

    id: str
    name: str
    kind: str                                   # inputData | decision | businessKnowledgeModel | decisionService
    declared: ItemType
    requires: tuple[str, ...]
    logic: Logic | None = None
    parameters: tuple[str, ...] = ()            # of a service: hrefs of its input data, then of its input decisions
    outputs: tuple[str, ...] = ()               # of a service: hrefs of its decisions
    implicit: Mapping[str, ItemType] = EMPTY    # inputs of a decision in a file without input data
    label: Label = EMPTY
    help: str = ""                              # its description
    place: Place = NOWHERE

    @property
    def table(self) -> Table | None:
        return self.logic if isinstance(self.logic, Table) else None


@dataclass
class Model:
    """`imports`: other models by the name under which this one sees them."""

    namespace: str
    name: str
    types: Types
    imports: Mapping[str, Model]
    nodes: dict[str, Node] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)       # all, those inside other logic too

    def evaluate(self, name: str, inputs: Mapping[str, Any], now: datetime | None = None) -> Any:
        """The value of a decision, or of a decision service or knowledge model called with `inputs` by name.

        Raises KeyError for a name the model does not have.
        """
        node = next((n for n in self.nodes.values() if n.name == name and n.kind != "inputData"), None)
        if node is None:
            raise KeyError(name)
        return self.ask(node, inputs, Run(now))

    def ask(self, node: Node, inputs: Mapping[str, Any], run: Run) -> Any:
        """The same for a node; `run` collects how the value came about."""
        evaluation = Evaluation(inputs, run)
        value = evaluation.value(self, node)
        if node.kind == "decision":
            return value
        if not isinstance(value, Function):
            return None
        return evaluation.call(value, [inputs.get(parameter) for parameter in value.parameters])

    def find(self, href: str) -> tuple[Model, Node] | None:
        """An element of this file, or of an imported one: `namespace#id`."""
        space, _, identity = href.rpartition("#")
        if space in ("", self.namespace):
            return (self, self.nodes[identity]) if identity in self.nodes else None
        return next((found for model in self.imports.values() if (found := model.find(href)) is not None), None)

    def seen(self, node: Node) -> dict[str, ItemType]:
        """The declared types of what the logic of a node sees by name."""
        found = dict(node.implicit)
        for href in node.requires:
            place = self.find(href)
            if place is not None and not self.alias(href):
                found[place[1].name] = place[1].declared
        return found

    def has(self, href: str) -> bool:
        return self.find(href) is not None

    def alias(self, href: str) -> str:
        """The import's name in front of what comes from it."""
        space = href.rpartition("#")[0]
        if space in ("", self.namespace):
            return ""
        return next((name for name, model in self.imports.items() if model.find(href) is not None), "")


@dataclass
class Evaluation:
    """One question: each decision is evaluated once."""

    inputs: Mapping[str, Any]
    run: Run
    known: dict[tuple[str, str], Any] = field(default_factory=dict)

    def value(self, model: Model, node: Node) -> Any:
        key = (model.namespace, node.id)
        if key not in self.known:
            self.known[key] = None      # a circle is null, not an endless loop
            self.known[key] = _VALUES[node.kind](self, model, node)
        return self.known[key]

    def call(self, function: Function, values: list[Any]) -> Any:
        names = [f"p{n}" for n in range(len(values))]
        expression = feel.compile(f"f({', '.join(names)})")
        return self.run.value(expression, {"f": function, **dict(zip(names, values, strict=True))})

    def scope(self, model: Model, node: Node) -> dict[str, Any]:
        found: dict[str, Any] = {
            name: model.types.converted(self.inputs.get(name), kind) for name, kind in node.implicit.items()}
        for href in node.requires:
            place = model.find(href)
            if place is None:
                continue
            owner, needed = place
            value, alias = self.value(owner, needed), model.alias(href)
            if alias:
                found.setdefault(alias, {})[needed.name] = value
            else:
                found[needed.name] = value
        return found

    def _input(self, model: Model, node: Node) -> Any:
        return self._fitted(model, node, self.inputs.get(node.name))

    def _fitted(self, model: Model, node: Node, value: Any) -> Any:
        found = model.types.converted(value, node.declared)
        if found is None and value is not None:
            self.run.failures.append(Text("{name}: {value} is not of the type {type}.", name=node.label,
                                          value=str(value), type=node.declared.name or node.declared.base))
        return found

    def _decision(self, model: Model, node: Node) -> Any:
        if node.name in self.inputs:
            return self.inputs[node.name]
        value = node.logic(self.scope(model, node), self.run) if node.logic else None
        return self._fitted(model, node, value)

    def _knowledge(self, model: Model, node: Node) -> Any:
        function = node.logic(self.scope(model, node), self.run) if node.logic else None
        if not isinstance(function, Function):
            return None
        return called(node.name, function.parameters, lambda values: model.types.converted(
            self.call(function, [values[p] for p in function.parameters]), node.declared))

    def _service(self, model: Model, node: Node) -> Any:
        inputs = [place for href in node.parameters if (place := model.find(href))]
        outputs = [place for href in node.outputs if (place := model.find(href))]

        def call(values: dict[str, Any]) -> Any:
            inner = Evaluation(values, self.run)
            for owner, needed in inputs:
                given = owner.types.converted(values[needed.name], needed.declared)
                if given is None and values[needed.name] is not None:
                    return None
                inner.known[owner.namespace, needed.id] = given
            found = {needed.name: inner.value(owner, needed) for owner, needed in outputs}
            whole = next(iter(found.values())) if len(found) == 1 else found
            return model.types.converted(whole, node.declared)

        return called(node.name, [needed.name for _, needed in inputs], call)


_VALUES = {"inputData": Evaluation._input, "decision": Evaluation._decision,
           "businessKnowledgeModel": Evaluation._knowledge, "decisionService": Evaluation._service}


def read(text: str, file: str, others: Mapping[str, str] | None = None) -> Model:
    """`others`: texts of the files that may be imported, by namespace. Raises BadConfiguration for what is no DMN."""
    return _read(text, file, others or {}, {})


def _read(text: str, file: str, others: Mapping[str, str], loaded: dict[str, Model | None]) -> Model:
    """`loaded`: models by namespace; None while one is being read, so that a circle of imports ends."""
    root, problems = markup.parse(text, file)
    if root is None:
        raise BadConfiguration(problems)
    if markup.local(root) != "definitions" or "/DMN/" not in markup.namespace(root):
        raise BadConfiguration([Problem("dmn-root", Text("This is not a DMN file."), Place(file, markup.line(root)))])
    space = root.get("namespace", "")
    loaded[space] = None
    imports: dict[str, Model] = {}
    for one in children(root, "import"):
        model = _imported_model(one, file, others, loaded)
        if model is not None:
            imports[one.get("name", "")] = model
        elif "/DMN/" in one.get("importType", "/DMN/"):
            problems.append(_not_imported(one, file))
    loaded[space] = model = Model(space, root.get("name", ""), Types(dict(_items(root, imports))), imports)
    model.problems += problems
    _add_nodes(root, file, model)
    model.problems += structure.check(root, file, model.types, model.has)
    return model


def _imported_model(element: etree._Element, file: str, others: Mapping[str, str],
                    loaded: dict[str, Model | None]) -> Model | None:
    space = element.get("namespace", "")
    if space not in loaded and space in others and "/DMN/" in element.get("importType", "/DMN/"):
        loaded[space] = _read(others[space], element.get("locationURI", file), others, loaded)
    return loaded.get(space)


def _not_imported(element: etree._Element, file: str) -> Problem:
    return Problem("dmn-import", Text("No other file has the namespace {name}, or it imports this one.",
                                      name=element.get("namespace", "")), Place(file, markup.line(element)),
                   Text("Add the file to the pack, or correct the namespace of the import."))


def _add_nodes(root: etree._Element, file: str, model: Model) -> None:
    elements = [one for one in children(root) if markup.local(one) in _NODES]
    for number, one in enumerate(elements):
        one.set("id", one.get("id") or f"_element_{number}")
    names = {one.get("id", ""): one.get("name", "") for one in elements}
    drawn = any(markup.local(one) == "inputData" for one in elements)
    for one in elements:
        boxed = Boxed(model.types, file, model.problems, one.get("id", ""), label_of(one, one.get("name", "")),
                      {} if markup.local(one) == "decision" and not drawn else None, tables=model.tables)
        node = _node(one, model, boxed, names)
        model.nodes[node.id] = node


def _items(root: etree._Element, imports: Mapping[str, Model]) -> Iterator[tuple[str, ItemType]]:
    for alias, model in imports.items():
        for name, item in model.types.items.items():
            yield (f"{alias}.{name}" if alias else name), item
    for one in children(root, "itemDefinition"):
        yield one.get("name", ""), _item(one)


def _item(element: etree._Element) -> ItemType:
    reference, allowed, whole = (child(element, n) for n in ("typeRef", "allowedValues", "typeConstraint"))
    components = {one.get("name", ""): _item(one) for one in children(element, "itemComponent")}
    base = local("".join(map(str, reference.itertext()))) if reference is not None else "Any"
    base = {"dateTime": "date and time", "dayTimeDuration": "days and time duration",
            "yearMonthDuration": "years and months duration"}.get(base, base)
    return ItemType(
        element.get("name", ""), base, element.get("isCollection") == "true", components,
        tests_of(text_of(allowed)) if allowed is not None else None,
        tests_of(text_of(whole)) if whole is not None else None, child(element, "functionItem") is not None)


def _node(element: etree._Element, model: Model, boxed: Boxed, names: Mapping[str, str]) -> Node:
    kind, variable = markup.local(element), child(element, "variable")
    requires = tuple(
        target.get("href", "") for one in children(element) for target in children(one)
        if markup.local(target) in _REQUIRED)
    declared = model.types.of(variable.get("typeRef")) if variable is not None else ANY
    visible = frozenset(_seen(model, href, names) for href in requires) | frozenset(n for n in model.imports if n)
    held = child(element, "encapsulatedLogic")
    source = logic_in(element) if kind == "decision" else held
    logic = None
    if source is not None:
        logic = boxed.function(held, visible) if held is not None else boxed.logic(source, visible)
    hrefs = {n: tuple(one.get("href", "") for one in children(element, n))
             for n in ("inputData", "inputDecision", "outputDecision")}
    described = child(element, "description")
    return Node(
        element.get("id", ""), element.get("name", ""), kind, declared, requires, logic,
        hrefs["inputData"] + hrefs["inputDecision"] if kind == "decisionService" else (), hrefs["outputDecision"],
        {name: model.types.of(given) for name, given in (boxed.implicit or {}).items()}, boxed.label,
        "" if described is None else markup.words(described), Place(boxed.file, markup.line(element)))


def _seen(model: Model, href: str, names: Mapping[str, str]) -> str:
    """The name by which the logic sees what it requires."""
    alias = model.alias(href)
    return alias or names.get(href.rpartition("#")[2], "") or _imported(model, href)


def _imported(model: Model, href: str) -> str:
    place = model.find(href)
    return place[1].name if place else ""
