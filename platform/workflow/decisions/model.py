"""Decision requirement graphs: one DMN file with the files it imports, read once, evaluated many times."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from formloom import feel
from formloom.errors import BadConfiguration, Place, Problem, Text
from formloom.feel import Function
from formloom.feel.typechecks import standard_name
from formloom.metadata.catalog import EMPTY, Label
from formloom.metadata.sources import NOWHERE
from formloom.workflow import markup
from formloom.workflow.decisions import structure
from formloom.workflow.decisions.boxed import Boxed, called, child, children, label_of, logic_in, text_of
from formloom.workflow.decisions.tables import Logic, Run, Table
from formloom.workflow.decisions.types import ANY, FunctionType, ItemType, Types, local, tests_of

_REQUIRED = ("requiredInput", "requiredDecision", "requiredKnowledge")
_NODES = ("inputData", "decision", "businessKnowledgeModel", "decisionService")


@dataclass(frozen=True, slots=True)
class Node:
    """An element of the graph. `href`: `namespace#id`; `requires`: hrefs of what its logic sees by name."""

    id: str
    href: str
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
    """`imports`: other models by the name under which this one sees them. `spaces`: namespaces that are part of it."""

    namespace: str
    name: str
    types: Types
    imports: Mapping[str, Model]
    spaces: tuple[str, ...]
    synonyms: dict[str, str] = field(default_factory=dict)      # hrefs whose name another element took
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
        own = self.own(href, {node.href for node in self.nodes.values()})
        if own is not None:
            return self, self.nodes[self.key(own)]
        return next((found for model in self.imports.values() if (found := model.find(href)) is not None), None)

    def key(self, href: str) -> str:
        """Its id, or the whole href of what it merges from another file."""
        space, _, identity = href.rpartition("#")
        return identity if space == self.namespace else href

    def own(self, href: str, known: Container[str]) -> str | None:
        """The href among those that are part of this model; a file may name what it merges as if it were its own."""
        space, _, identity = href.rpartition("#")
        if space not in self.spaces:
            return None
        for candidate in (href, *(f"{other}#{identity}" for other in self.spaces)):
            candidate = self.synonyms.get(candidate, candidate)
            if candidate in known:
                return candidate
        return None

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
        if href.rpartition("#")[0] in self.spaces:
            return ""
        return next((name for name, model in self.imports.items() if model.find(href) is not None), "")


@dataclass
class Evaluation:
    """One question: each decision is evaluated once."""

    inputs: Mapping[str, Any]
    run: Run
    known: dict[str, Any] = field(default_factory=dict)

    def value(self, model: Model, node: Node) -> Any:
        key = node.href
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
        return model.types.returning(called(node.name, function.parameters, lambda values: self.call(
            function, [values[p] for p in function.parameters])), node.declared)

    def _service(self, model: Model, node: Node) -> Any:
        inputs = [place for href in node.parameters if (place := model.find(href))]
        outputs = [place for href in node.outputs if (place := model.find(href))]

        def call(values: dict[str, Any]) -> Any:
            inner = Evaluation(values, self.run)
            for owner, needed in inputs:
                given = owner.types.converted(values[needed.name], needed.declared)
                if given is None and values[needed.name] is not None:
                    return None
                inner.known[needed.href] = given
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
    def imported(self) -> Iterator[tuple[etree._Element, str]]:
        """The imports of other DMN files, with their namespaces."""
        for one in children(self.root, "import"):
            if "/DMN/" in one.get("importType", "/DMN/"):
                yield one, one.get("namespace", "")

    @property
    def imports(self) -> Iterator[tuple[str, str, str]]:
        """Name, namespace and place of each."""
        for one, namespace in self.imported:
            yield one.get("name", ""), namespace, one.get("locationURI", self.name)

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
        made.problems += self._missing(main)
        self._add_nodes(files, made)
        made.problems += structure.check(main.root, main.name, types, lambda href: made.has(main.href(href)))
        self.models[main.namespace] = made
        return made

    def _add_nodes(self, files: Sequence[File], made: Model) -> None:
        """What is wrong in a merged file is told when that file itself is read."""
        elements = list(_elements(files, made.synonyms))
        names = {href: element.get("name", "") for href, element, _ in elements}
        drawn = any(markup.local(element) == "inputData" for _, element, _ in elements)
        for href, element, file in elements:
            problems = made.problems if file is files[0] else []
            identity = href.rpartition("#")[2]
            implicit: dict[str, str] | None = {} if markup.local(element) == "decision" and not drawn else None
            boxed = Boxed(made.types, file.name, problems, identity, label_of(element, element.get("name", "")),
                          implicit, tables=made.tables)
            made.nodes[made.key(href)] = _node(href, element, file, made, boxed, names)

    def _missing(self, main: File) -> Iterator[Problem]:
        """Imports of files that are not there, or that import this one."""
        for element, namespace in main.imported:
            if namespace not in self.others or self.models.get(namespace, ...) is None:
                yield Problem("dmn-import", Text("No other file has the namespace {name}, or it imports this one.",
                                                 name=namespace), Place(main.name, markup.line(element)),
                              Text("Add the file to the pack, or correct the namespace of the import."))

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
    described = child(element, "description")
    return Node(
        boxed.owner, href, element.get("name", ""), kind, declared, requires, logic,
        hrefs["inputData"] + hrefs["inputDecision"] if kind == "decisionService" else (), hrefs["outputDecision"],
        {name: model.types.of(given) for name, given in (boxed.implicit or {}).items()}, boxed.label,
        "" if described is None else markup.words(described), Place(boxed.file, markup.line(element)))


def _seen(model: Model, href: str, names: Mapping[str, str]) -> str:
    """The name by which the logic sees what it requires."""
    alias = model.alias(href)
    if alias:
        return alias
    own = model.own(href, names)
    return names[own] if own else ""
