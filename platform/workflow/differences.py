"""What one drawing says that another does not: element by element, in aspects that a person names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from formloom.errors import BadConfiguration
from formloom.metadata.catalog import Label
from formloom.workflow import elements, markup
from formloom.workflow.markup import BPMN, local, namespace
from formloom.workflow.reading import label_of

# Aspects by the name of an attribute or child element; whatever else changes is "other".
ASPECTS: Final[Mapping[str, str]] = {
    "name": "name", "label": "name", "assignment": "who", "approval": "approval", "field": "fields",
    "outcome": "outcomes", "action": "action", "decision": "decision", "conditionExpression": "condition",
    "condition": "condition", "default": "default",
    "timerEventDefinition": "when", "conditionalEventDefinition": "condition", "messageEventDefinition": "message",
    "signalEventDefinition": "message", "messageRef": "message", "correlation": "message", "param": "inputs",
    "input": "inputs", "multiInstanceLoopCharacteristics": "rounds", "standardLoopCharacteristics": "rounds",
    "script": "script", "trigger": "trigger", "binding": "entity", "sourceRef": "path", "targetRef": "path",
    "attachedToRef": "path", "calledElement": "called", "cancelActivity": "interrupts",
}
_SILENT: Final = frozenset({"incoming", "outgoing", "id", "extensionElements", "isExecutable"})


@dataclass(frozen=True, slots=True)
class Difference:
    """kind: added | removed | changed. `element` is its BPMN name, `aspects` what changed in it."""

    kind: str
    id: str
    element: str
    label: Label
    aspects: tuple[str, ...] = ()


def compare(before: str, after: str) -> tuple[Difference, ...]:
    """In the order of the drawing, what is gone last. A drawing that cannot be read has no elements."""
    old, new = _elements(before), _elements(after)
    found = [_difference(old.get(key), element, key) for key, element in new.items()]
    gone = [Difference("removed", key, local(element), label_of(element))
            for key, element in old.items() if key not in new]
    return (*(one for one in found if one is not None), *gone)


def parsed(text: str, file: str = "") -> etree._Element:
    """With comments kept. Raises BadConfiguration for what is no XML, or too much of it."""
    root, problems = markup.parse(text, file, whole=True)
    if root is None:
        raise BadConfiguration(problems)
    return root


def _elements(text: str) -> dict[str, etree._Element]:
    root, _ = markup.parse(text, "")
    if root is None:
        return {}
    kinds = elements.FLOW_NODES | {"sequenceFlow", "process"}
    return {e.get("id", ""): e for e in root.iter(f"{{{BPMN}}}*") if local(e) in kinds}


def _difference(old: etree._Element | None, new: etree._Element, key: str) -> Difference | None:
    if old is None:
        return Difference("added", key, local(new), label_of(new))
    before, after = _aspects(old), _aspects(new)
    changed = tuple(sorted(a for a in before.keys() | after.keys() if before.get(a) != after.get(a)))
    if local(old) != local(new):
        changed = ("kind", *changed)
    return Difference("changed", key, local(new), label_of(new), changed) if changed else None


def _aspects(element: etree._Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, text in (*_attributes(element), *_children(element)):
        found.setdefault(ASPECTS.get(name, "other"), []).append(text)
    return {aspect: sorted(texts) for aspect, texts in found.items()}


def _attributes(element: etree._Element) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        if str(name) not in _SILENT:
            yield str(name), f"{name!s}={value!s}"


def _children(element: etree._Element) -> Iterator[tuple[str, str]]:
    """Those that are elements of their own are compared on their own."""
    for child in element:
        if local(child) == "extensionElements":
            yield from ((local(part), canonical(part)) for part in child)
        elif local(child) not in _SILENT and local(child) not in elements.FLOW_NODES | {"sequenceFlow"}:
            yield local(child), canonical(child)


def canonical(element: etree._Element) -> str:
    """What an element says, without ids, which modelers give anew, and without the space between elements."""
    kept = sorted((str(k), str(v)) for k, v in element.attrib.items() if str(k) != "id")
    inside = "".join(map(canonical, element))
    return f"<{namespace(element)}:{local(element)} {kept}>{(element.text or '').strip()}{inside}</>"
