"""Decision requirement graphs: one DMN file with the files it imports, read once, evaluated many times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    """An element of the graph. `id`: its href, `namespace#id`; `requires`: hrefs of what its logic sees."""

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
    """`imports`: other models by the name under which this one sees them. `spaces`: namespaces that are part of it."""

    namespace: str
    name: str
    types: Types
    imports: Mapping[str, Model]
    spaces: tuple[str, ...]
    synonyms: dict[str, str] = field(default_factory=dict)      # hrefs whose name another element took
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
        own = self.own(href, self.nodes)
        if own is not None:
            return self, self.nodes[own]
        return next((found for model in self.imports.values() if (found := model.find(href)) is not None), None)

    def own(self, href: str, known: Mapping[str, Any]) -> str | None:
        """The href among those that are part of this model; a file may name what it merges as if it were its own."""
        space, _, identity = href.rpartition("#")
        if space not in self.spaces:
            return None
        for candidate in (href, *(f"{other}#{identity}" for other in self.spaces)):
            candidate = self.synonyms.get(candidate, candidate)
            if candidate in known:
                return candidate
        return None

    def alias(self, href: str) -> str:
        """The import's name in front of what comes from it."""
        if href.rpartition("#")[0] in self.spaces:
            return ""
        return next((name for name, model in self.imports.items() if model.find(href) is not None), "")


@dataclass
class Evaluation:
    """One question: each decision is evaluated once."""

    inputs: Mapping[str, Any]
    now: datetime | None
    known: dict[str, Any] = field(default_factory=dict)

    def value(self, model: Model, node: Node) -> Any:
        key = node.id
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
        return model.types.returning(called(node.name, function.parameters, lambda values: self.call(
            function, [values[p] for p in function.parameters])), node.declared)

    def _service(self, model: Model, node: Node) -> Any:
        inputs = [place for href in node.parameters if (place := model.find(href))]
        outputs = [place for href in node.outputs if (place := model.find(href))]

        def call(values: dict[str, Any]) -> Any:
            inner = Evaluation(values, self.now)
            for owner, needed in inputs:
                given = owner.types.converted(values[needed.name], needed.declared)
                if given is None and values[needed.name] is not None:
                    return None
                inner.known[needed.id] = given
            found = {needed.name: inner.value(owner, needed) for owner, needed in outputs}
            return next(iter(found.values())) if len(found) == 1 else found

        return model.types.returning(called(node.name, [needed.name for _, needed in inputs], call), node.declared)


_VALUES = {"inputData": Evaluation._input, "decision": Evaluation._decision,
           "businessKnowledgeModel": Evaluation._knowledge, "decisionService": Evaluation._service}


def read(text: str, file: str, others: Mapping[str, str] | None = None) -> Model:
    """`others`: texts of the files that may be imported, by namespace. Raises BadConfiguration for what is no DMN."""
    return _Reader(others or {}).model(File.of(text, file))


@dataclass(frozen=True)
class File:
    root: etree._Element
    name: str

    @classmethod
    def of(cls, text: str, name: str) -> File:
        root, problems = markup.parse(text, name)
        if root is None:
            raise BadConfiguration(problems)
        if markup.local(root) != "definitions" or "/DMN/" not in markup.namespace(root):
            place = Place(name, markup.line(root))
            raise BadConfiguration([Problem("dmn-root", Text("This is not a DMN file."), place)])
        return cls(root, name)

    @property
    def namespace(self) -> str:
        return self.root.get("namespace", "")

    @property
    def imports(self) -> Iterator[tuple[str, str, str]]:
        """Name, namespace and place of each import of another DMN file."""
        for one in children(self.root, "import"):
            if "/DMN/" in one.get("importType", "/DMN/"):
                yield one.get("name", ""), one.get("namespace", ""), one.get("locationURI", self.name)

    def href(self, href: str) -> str:
        """With the namespace that a href inside the file leaves out."""
        return f"{self.namespace}{href}" if href.startswith("#") else href


@dataclass
class _Reader:
    """Reads each file once, whoever imports it."""

    others: Mapping[str, str]
    models: dict[str, Model | None] = field(default_factory=dict)       # None while it is being read

    def model(self, main: File) -> Model:
        self.models[main.namespace] = None
        files = list(self._merged(main, set()))
        imports = self._imports(files)
        types = Types(dict(_items(files, imports)))
        made = Model(main.namespace, main.root.get("name", ""), types, imports, tuple(f.namespace for f in files))
        boxed = {file.name: Boxed(types, file.name, made.problems) for file in files}
        elements = list(_elements(files, made.synonyms))
        names = {href: element.get("name", "") for href, element, _ in elements}
        for href, element, file in elements:
            made.nodes[href] = _node(href, element, file, made, boxed[file.name], names)
        self.models[main.namespace] = made
        return made

    def _merged(self, file: File, seen: set[str]) -> Iterator[File]:
        """The file and those it imports without a name: they become part of it, the nearest first."""
        seen.add(file.namespace)
        yield file
        for name, namespace, place in file.imports:
            if not name and namespace not in seen and namespace in self.others:
                yield from self._merged(File.of(self.others[namespace], place), seen)

    def _imports(self, files: Sequence[File]) -> dict[str, Model]:
        found: dict[str, Model] = {}
        for file in files:
            for name, namespace, place in file.imports:
                if not name or name in found or namespace not in self.others:
                    continue
                if namespace not in self.models:
                    self.model(File.of(self.others[namespace], place))
                model = self.models[namespace]
                if model is not None:       # files that import each other in a circle do not see each other
                    found[name] = model
        return found


def _elements(files: Sequence[File], synonyms: dict[str, str]) -> Iterator[tuple[str, etree._Element, File]]:
    """The elements of the graph with their hrefs; one whose name is taken stands for the one that took it."""
    taken: dict[str, str] = {}
    for file in files:
        for number, one in enumerate(each for each in children(file.root) if markup.local(each) in _NODES):
            href = f"{file.namespace}#{one.get('id') or f'_element_{number}'}"
            name = one.get("name", "")
            if name in taken and file is not files[0]:
                synonyms[href] = taken[name]
                continue
            taken.setdefault(name, href)
            yield href, one, file


def _items(files: Sequence[File], imports: Mapping[str, Model]) -> Iterator[tuple[str, ItemType]]:
    """Later ones hide earlier ones of the same name."""
    for alias, model in imports.items():
        for name, item in model.types.items.items():
            yield f"{alias}.{name}", item.under(alias, model.types.items)
    for file in reversed(files):
        for one in children(file.root, "itemDefinition"):
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


def _node(href: str, element: etree._Element, file: File, model: Model, boxed: Boxed, names: Mapping[str, str]) -> Node:
    kind, variable = markup.local(element), child(element, "variable")
    requires = tuple(
        file.href(target.get("href", "")) for one in children(element) for target in children(one)
        if markup.local(target) in _REQUIRED)
    declared = model.types.of(variable.get("typeRef")) if variable is not None else ANY
    visible = frozenset(_seen(model, each, names) for each in requires) | frozenset(model.imports)
    held = child(element, "encapsulatedLogic")
    source = logic_in(element) if kind == "decision" else held
    logic = None
    if source is not None:
        logic = boxed.logic(held, visible, boxed.function) if held is not None else boxed.logic(source, visible)
    hrefs = {n: tuple(file.href(one.get("href", "")) for one in children(element, n))
             for n in ("inputData", "inputDecision", "outputDecision")}
    return Node(href, element.get("name", ""), kind, declared, requires, logic,
                hrefs["inputData"] + hrefs["inputDecision"] if kind == "decisionService" else (),
                hrefs["outputDecision"])


def _seen(model: Model, href: str, names: Mapping[str, str]) -> str:
    """The name by which the logic sees what it requires."""
    alias = model.alias(href)
    if alias:
        return alias
    own = model.own(href, names)
    return names[own] if own else ""
