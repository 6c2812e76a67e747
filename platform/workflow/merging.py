"""BPMN for `xml_merging`: which elements are parts, and what a diagram says twice.

`incoming` and `outgoing` repeat what the flows say, and a lane's list of nodes what the nodes can say themselves; both
are left out of the merge and written again afterwards.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from formloom.metadata.merging import Choices
from formloom.workflow import elements, xml_merging
from formloom.workflow.differences import ASPECTS
from formloom.workflow.markup import BPMN, DIAGRAM, FORMLOOM, local, namespace, reference
from formloom.workflow.xml_merging import MEMBERS, Merged
from formloom.workflow.xml_trees import Dialect, Tree

_PARTS: Final = elements.FLOW_NODES | {
    "process", "collaboration", "participant", "laneSet", "lane", "sequenceFlow", "messageFlow", "association",
    "textAnnotation", "group", "dataObject", "dataObjectReference", "dataStoreReference", "dataStore", "message",
    "signal", "error", "escalation", "itemDefinition", "category"}
_REPEATED: Final = ("incoming", "outgoing", "flowNodeRef")
# Of our elements, the attributes by which one is told from its like.
_NAMING: Final = ("name", "value", "on", "key")


def merge(base: str, ours: str, theirs: str, choices: Choices | None = None) -> Merged:
    """By element id; where both changed the same, ours holds until it is decided. Raises BadConfiguration."""
    return xml_merging.merge(base, ours, theirs, DIALECT, choices)


def resolved(base: str, ours: str, theirs: str, choices: Choices) -> str:
    return merge(base, ours, theirs, choices).text


def _key(element: etree._Element, _parent: str) -> str:
    part = namespace(element) == BPMN and local(element) in _PARTS
    return element.get("id", "") if part else ""


def _name(element: etree._Element) -> str:
    if namespace(element) == FORMLOOM:
        return next((str(element.get(name)) for name in _NAMING if element.get(name)), "")
    return words if (words := (element.text or "").strip()) and local(element) in _REPEATED else ""


def _aspect(path: tuple[str, ...]) -> str:
    """The name of a person for what differs: that of the innermost element or attribute which has one."""
    names = [part.removeprefix("@").split(" ")[0] for part in path]
    return next((ASPECTS[name] for name in reversed(names) if name in ASPECTS), "other")


def _prepare(root: etree._Element, parts: dict[str, Tree]) -> None:
    for lane in root.iter(f"{{{BPMN}}}lane"):
        for node in lane.iterchildren(f"{{{BPMN}}}flowNodeRef"):
            held = parts.get(reference(node.text))
            if held is not None and lane.get("id"):
                held[MEMBERS] = " ".join([*held.get(MEMBERS, "").split(), str(lane.get("id"))])
    for tree in parts.values():
        for name in [key for key in tree if key.split(" ")[0] in _REPEATED]:
            del tree[name]


def _finish(made: dict[str, etree._Element], parts: dict[str, Tree]) -> None:
    for key, tree in parts.items():
        for lane in tree.get(MEMBERS, "").split():
            if lane in made:
                etree.SubElement(made[lane], f"{{{BPMN}}}flowNodeRef").text = key
    for end, way in (("@targetRef", "incoming"), ("@sourceRef", "outgoing")):
        for key, tree in parts.items():
            node = made.get(reference(tree.get(end)))
            if local(made[key]) == "sequenceFlow" and node is not None:
                _insert(node, way, key)


def _insert(node: etree._Element, way: str, flow: str) -> None:
    """Where the schema wants it: behind documentation and extensions, incoming before outgoing."""
    before = {"documentation", "extensionElements", "incoming", way}
    at = next((n for n, child in enumerate(node) if isinstance(child.tag, str) and local(child) not in before),
              len(node))
    element = etree.Element(f"{{{BPMN}}}{way}")
    element.text = flow
    node.insert(at, element)


DIALECT: Final = Dialect(
    key=_key, name=_name, hard=frozenset({"@sourceRef", "@targetRef", "@attachedToRef"}),
    drawing=lambda element: namespace(element) in DIAGRAM, shows="bpmnElement", aspect=_aspect, prepare=_prepare,
    finish=_finish)
