"""A DMN file as a person edits it: tables and expressions as plain values, everything else listed as text.

Each part carries the id of its element, or `@n` where it has none, so that `rewriting` finds it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from formloom.errors import BadConfiguration, Place, Problem, Text
from formloom.workflow import markup
from formloom.workflow.decisions.boxed import child, children, logic_in, text_of
from formloom.workflow.decisions.types import local

KINDS: Final = ("decision", "businessKnowledgeModel", "decisionService")
_ALIASES: Final = {"dateTime": "date and time", "dayTimeDuration": "days and time duration",
                   "yearMonthDuration": "years and months duration"}


@dataclass(frozen=True, slots=True)
class InputColumn:
    """`values`: unary tests that an input has to pass, FEEL."""

    key: str
    expression: str
    label: str = ""
    label_zh: str = ""
    type: str = ""
    values: str = ""


@dataclass(frozen=True, slots=True)
class OutputColumn:
    key: str
    name: str
    label: str = ""
    label_zh: str = ""
    type: str = ""
    values: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    tests: tuple[str, ...]
    results: tuple[str, ...]
    note: str = ""
    note_zh: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """`note`: the heading of the remarks; `aggregation` only counts for COLLECT."""

    inputs: tuple[InputColumn, ...]
    outputs: tuple[OutputColumn, ...]
    rows: tuple[Row, ...]
    policy: str = "UNIQUE"
    aggregation: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A decision, knowledge model or service. With `grid` or `expression` it is edited; otherwise `text` tells it."""

    key: str
    kind: str
    name: str
    label_zh: str = ""
    description: str = ""
    type: str = ""
    grid: Grid | None = None
    expression: str | None = None
    text: str = ""

    @property
    def editable(self) -> bool:
        return self.grid is not None or self.expression is not None


@dataclass(frozen=True, slots=True)
class Given:
    """An input of the file: what somebody who asks has to say."""

    key: str
    name: str
    type: str = ""
    label_zh: str = ""


@dataclass(frozen=True, slots=True)
class TypeName:
    """A declared type: the FEEL type below it, and the values it allows."""

    name: str
    base: str
    values: str = ""
    collection: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    namespace: str
    parts: tuple[Part, ...]
    inputs: tuple[Given, ...] = ()
    top: str = ""           # the key of the decision that no other one requires
    types: tuple[TypeName, ...] = ()
    imports: tuple[str, ...] = ()

    def part(self, key: str) -> Part | None:
        return next((part for part in self.parts if part.key == key), None)

    def base(self, type_: str) -> str:
        """The FEEL type of a type reference; empty where any value will do."""
        name, seen = local(type_), set[str]()
        named = {one.name: one for one in self.types}
        while name in named and name not in seen:
            seen.add(name)
            name = named[name].base
        return "" if name == "Any" else _ALIASES.get(name, name)

    def allowed(self, type_: str) -> str:
        """The values that a declared type allows, FEEL unary tests."""
        return next((one.values for one in self.types if one.name == local(type_)), "")


def read(text: str, file: str) -> Document:
    """Raises BadConfiguration for what is no DMN."""
    root = parsed(text, file)
    return Document(
        root.get("name", ""), root.get("namespace", ""),
        tuple(_part(one, key) for one, key in keyed(logic_holders(root))),
        tuple(Given(key, one.get("name", ""), _type_of(one), label_zh(one))
              for one, key in keyed(children(root, "inputData"))),
        _key_of(root, top_of(root)),
        tuple(_type_name(one) for one in children(root, "itemDefinition")),
        tuple(one.get("name", "") for one in children(root, "import")))


def parsed(text: str, file: str) -> etree._Element:
    """The whole tree, with comments. Raises BadConfiguration for what is no DMN."""
    root, problems = markup.parse(text, file, whole=True)
    if root is None:
        raise BadConfiguration(problems)
    if markup.local(root) != "definitions" or "/DMN/" not in markup.namespace(root):
        raise BadConfiguration([Problem("dmn-root", Text("This is not a DMN file."), Place(file, markup.line(root)))])
    return root


def keyed(elements: list[etree._Element]) -> list[tuple[etree._Element, str]]:
    """Elements with their ids, or their positions where an id is missing or there twice."""
    ids = [one.get("id", "") for one in elements]
    return [(one, name if name and ids.count(name) == 1 else f"@{n}")
            for n, (one, name) in enumerate(zip(elements, ids, strict=True))]


def by_key(elements: list[etree._Element]) -> dict[str, etree._Element]:
    return {key: one for one, key in keyed(elements)}


def logic_holders(root: etree._Element) -> list[etree._Element]:
    """The elements of which a document makes parts."""
    return [one for one in children(root) if markup.local(one) in KINDS]


def top_of(root: etree._Element) -> etree._Element | None:
    """The decision that no other one requires: what the file is there for."""
    decisions = children(root, "decision")
    required = {one.get("href", "").rpartition("#")[2] for one in root.iter(etree.Element)
                if markup.local(one) == "requiredDecision"}
    return next((one for one in decisions if one.get("id") not in required), decisions[0] if decisions else None)


def label_zh(element: etree._Element) -> str:
    """The Chinese label: `formloom:label` among the extension elements, as in BPMN, or the attribute `label-zh`."""
    held = child(element, "extensionElements")
    for one in () if held is None else children(held, "label"):
        if markup.namespace(one) == markup.FORMLOOM and one.get("zh"):
            return str(one.get("zh"))
    return str(element.get(f"{{{markup.FORMLOOM}}}label-zh", ""))


def words(element: etree._Element | None) -> str:
    return "" if element is None else "".join(map(str, element.itertext())).strip()


def note_in(rule: etree._Element) -> etree._Element | None:
    """Where the remark of a rule stands: in its first annotation, or in its description as before DMN 1.2."""
    entry = child(rule, "annotationEntry")
    return child(entry, "text") if entry is not None else child(rule, "description")


def _key_of(root: etree._Element, wanted: etree._Element | None) -> str:
    return next((key for one, key in keyed(logic_holders(root)) if one is wanted), "")


def _part(element: etree._Element, key: str) -> Part:
    logic = logic_in(element) if markup.local(element) == "decision" else None
    kind = None if logic is None else markup.local(logic)
    variable = child(element, "variable")
    grid = _grid(logic) if logic is not None and kind == "decisionTable" else None
    expression = text_of(logic) if kind == "literalExpression" else None
    declared = "" if variable is None else variable.get("typeRef", "")
    return Part(
        key, markup.local(element), element.get("name", ""), label_zh(element), words(child(element, "description")),
        declared, grid, expression, "" if grid or expression is not None else outline(element))


def _grid(table: etree._Element) -> Grid:
    return Grid(
        tuple(_input(one, key) for one, key in keyed(children(table, "input"))),
        tuple(_output(one, key) for one, key in keyed(children(table, "output"))),
        tuple(_row(one, key) for one, key in keyed(children(table, "rule"))),
        table.get("hitPolicy", "UNIQUE"), table.get("aggregation", ""))


def _input(element: etree._Element, key: str) -> InputColumn:
    asked = child(element, "inputExpression")
    return InputColumn(
        key, text_of(asked), element.get("label", ""), label_zh(element),
        "" if asked is None else asked.get("typeRef", ""), text_of(child(element, "inputValues")))


def _output(element: etree._Element, key: str) -> OutputColumn:
    return OutputColumn(
        key, element.get("name", ""), element.get("label", ""), label_zh(element), element.get("typeRef", ""),
        text_of(child(element, "outputValues")), text_of(child(element, "defaultOutputEntry")))


def _row(element: etree._Element, key: str) -> Row:
    return Row(
        key, tuple(text_of(one) for one in children(element, "inputEntry")),
        tuple(text_of(one) for one in children(element, "outputEntry")), words(note_in(element)),
        label_zh(element))


def _type_of(element: etree._Element) -> str:
    variable = child(element, "variable")
    return "" if variable is None else str(variable.get("typeRef", ""))


def _type_name(element: etree._Element) -> TypeName:
    held = child(element, "itemComponent") is not None
    base = "context" if held else local(words(child(element, "typeRef"))) or "Any"
    return TypeName(element.get("name", ""), base, text_of(child(element, "allowedValues")),
                    element.get("isCollection") == "true")


def outline(element: etree._Element) -> str:
    """What is not edited here, for reading: each expression on a line, after the name it is given to."""
    lines = []
    for one in element.iter(etree.Element):
        holder = one.getparent()
        if markup.local(one) == "text" and holder is not None:
            name = _named(holder)
            lines.append(f"{name}: {words(one)}" if name else words(one))
    return "\n".join(lines)


def _named(holder: etree._Element) -> str:
    """The name of the context entry, binding or column that an expression fills."""
    around = holder.getparent()
    for one in (holder, around):
        for part in ("variable", "parameter"):
            found = None if one is None else child(one, part)
            if found is not None:
                return str(found.get("name", ""))
    return ""
