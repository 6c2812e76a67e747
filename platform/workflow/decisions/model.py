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
from formloom.feel.typechecks import standard_name
from formloom.workflow import markup
from formloom.workflow.decisions.boxed import Boxed, called, child, children, logic_in, text_of
from formloom.workflow.decisions.tables import Logic
from formloom.workflow.decisions.types import ANY, FunctionType, ItemType, Types, local, tests_of

_REQUIRED = ("requiredInput", "requiredDecision", "requiredKnowledge")
_NODES = ("inputData", "decision", "businessKnowledgeModel", "decisionService")


@dataclass(frozen=True, slots=True)
class Node:
    """An element of the graph. `requires`: hrefs with the name under which the logic sees each."""

    id: str
    name: str
    kind: str
    declared: ItemType
    requires: tuple[str, ...]
    logic: Logic | None = None
    parameters: tuple[str, ...] = ()            # of a service: hrefs of its input data, then of its input decisions
    outputs: tuple[str, ...] = ()


@dataclass
class Model:
    """`imports`: other models by the name under which this one sees them."""

    namespace: str
    name: str
    types: Types
    imports: Mapping[str, Model]
    nodes: dict[str, Node] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def evaluate(self, name: str, inputs: Mapping[str, Any], now: datetime | None = None) -> Any:
        """The value of a decision, or of a decision service or knowledge model called with `inputs` by name.

        Raises KeyError for a name the model does not have.
        """
        node = next((n for n in self.nodes.values() if n.name == name and n.kind != "inputData"), None)
        if node is None:
            raise KeyError(name)
        run = Evaluation(inputs, now)
        if node.kind == "decision":
            return run.value(self, node)
        function = run.value(self, node)
        if not isinstance(function, Function):
            return None
        return run.call(function, [inputs.get(parameter) for parameter in function.parameters])

    def find(self, href: str) -> tuple[Model, Node] | None:
        """An element of this file, or of an imported one: `namespace#id`."""
        space, _, identity = href.rpartition("#")
        if space in ("", self.namespace):
            return (self, self.nodes[identity]) if identity in self.nodes else None
        return next((found for model in self.imports.values() if (found := model.find(href)) is not None), None)

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
    now: datetime | None
    known: dict[tuple[str, str], Any] = field(default_factory=dict)

    def value(self, model: Model, node: Node) -> Any:
        key = (model.namespace, node.id)
        if key not in self.known:
            self.known[key] = None      # a circle is null, not an endless loop
            self.known[key] = _VALUES[node.kind](self, model, node)
        return self.known[key]

    def call(self, function: Function, values: list[Any]) -> Any:
        names = [f"p{n}" for n in range(len(values))]
        return feel.compile(f"f({', '.join(names)})").evaluate({"f": function, **dict(zip(names, values, strict=True))},
                                                               self.now)

    def scope(self, model: Model, node: Node) -> dict[str, Any]:
        found: dict[str, Any] = {}
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
        return model.types.converted(self.inputs.get(node.name), node.declared)

    def _decision(self, model: Model, node: Node) -> Any:
        if node.name in self.inputs:
            return self.inputs[node.name]
        value = node.logic(self.scope(model, node), self.now) if node.logic else None
        return model.types.converted(value, node.declared)

    def _knowledge(self, model: Model, node: Node) -> Any:
        function = node.logic(self.scope(model, node), self.now) if node.logic else None
        if not isinstance(function, Function):
            return None
        return called(node.name, function.parameters, lambda values: model.types.converted(
            self.call(function, [values[p] for p in function.parameters]), node.declared))

    def _service(self, model: Model, node: Node) -> Any:
        inputs = [place for href in node.parameters if (place := model.find(href))]
        outputs = [place for href in node.outputs if (place := model.find(href))]

        def call(values: dict[str, Any]) -> Any:
            inner = Evaluation(values, self.now)
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
    root, problems = markup.parse(text, file)
    if root is None:
        raise BadConfiguration(problems)
    if markup.local(root) != "definitions" or "/DMN/" not in markup.namespace(root):
        raise BadConfiguration([Problem("dmn-root", Text("This is not a DMN file."), Place(file, markup.line(root)))])
    imports = {}
    for one in children(root, "import"):
        source = (others or {}).get(one.get("namespace", ""))
        if source is not None and "/DMN/" in one.get("importType", "/DMN/"):
            imports[one.get("name", "")] = read(source, one.get("locationURI", file), others)
    types = Types(dict(_items(root, imports)))
    model = Model(root.get("namespace", ""), root.get("name", ""), types, imports)
    boxed = Boxed(types, file, model.problems)
    elements = [one for one in children(root) if markup.local(one) in _NODES]
    for number, one in enumerate(elements):
        one.set("id", one.get("id") or f"_element_{number}")
    names = {one.get("id", ""): one.get("name", "") for one in elements}
    for one in elements:
        node = _node(one, model, boxed, names)
        model.nodes[node.id] = node
    return model


def _items(root: etree._Element, imports: Mapping[str, Model]) -> Iterator[tuple[str, ItemType]]:
    for alias, model in imports.items():
        for name, item in model.types.items.items():
            yield (f"{alias}.{name}", item.under(alias, model.types.items)) if alias else (name, item)
    for one in children(root, "itemDefinition"):
        yield one.get("name", ""), _item(one)


def _item(element: etree._Element) -> ItemType:
    reference, allowed, whole = (child(element, n) for n in ("typeRef", "allowedValues", "typeConstraint"))
    components = {one.get("name", ""): _item(one) for one in children(element, "itemComponent")}
    base = standard_name(local("".join(map(str, reference.itertext())))) if reference is not None else "Any"
    return ItemType(
        element.get("name", ""), base, element.get("isCollection") == "true", components,
        tests_of(text_of(allowed)) if allowed is not None else None,
        tests_of(text_of(whole)) if whole is not None else None, _function_type(child(element, "functionItem")))


def _function_type(element: etree._Element | None) -> FunctionType | None:
    if element is None:
        return None
    parameters = tuple(_reference(one, "typeRef") for one in children(element, "parameters"))
    return FunctionType(parameters, _reference(element, "outputTypeRef"))


def _reference(element: etree._Element, attribute: str) -> str:
    return standard_name(local(element.get(attribute) or "Any"))


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
    return Node(element.get("id", ""), element.get("name", ""), kind, declared, requires, logic,
                hrefs["inputData"] + hrefs["inputDecision"] if kind == "decisionService" else (),
                hrefs["outputDecision"])


def _seen(model: Model, href: str, names: Mapping[str, str]) -> str:
    """The name by which the logic sees what it requires."""
    alias = model.alias(href)
    return alias or names.get(href.rpartition("#")[2], "") or _imported(model, href)


def _imported(model: Model, href: str) -> str:
    place = model.find(href)
    return place[1].name if place else ""
