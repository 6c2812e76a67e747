"""A process told in steps on a grid, written as a BPMN file with its drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from formloom.workflow.markup import BPMN, FORMLOOM, XSI

_DI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
_DD: Final = "http://www.omg.org/spec/DD/20100524/DI"
_NAMES: Final = {"bpmn": BPMN, "bpmndi": _DI, "dc": _DC, "di": _DD, "xsi": XSI, "formloom": FORMLOOM}
_COLUMN, _ROW, _LEFT, _TOP = 150, 130, 200, 160
_SIZES: Final = {"Task": (100, 80), "Gateway": (50, 50), "Event": (36, 36)}


@dataclass(frozen=True, slots=True)
class Part:
    """One of our extension elements."""

    name: str
    attributes: Mapping[str, str]
    text: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """`after`: the ISO duration of a timer event; `attached`: the step on whose border it waits, without ending it."""

    id: str
    kind: str
    column: int
    row: int = 0
    name: str = ""
    zh: str = ""
    parts: tuple[Part, ...] = ()
    default: str = ""
    after: str = ""
    attached: str = ""

    @property
    def size(self) -> tuple[int, int]:
        return next(size for ending, size in _SIZES.items() if self.kind.endswith(ending))

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width, height."""
        width, height = self.size
        lower = _SIZES["Task"][1] // 2 if self.attached else 0
        return (_LEFT + self.column * _COLUMN - width // 2, _TOP + self.row * _ROW - height // 2 + lower, width, height)


@dataclass(frozen=True, slots=True)
class Arrow:
    source: str
    target: str
    condition: str = ""
    name: str = ""
    zh: str = ""

    @property
    def id(self) -> str:
        return f"flow_{self.source}_{self.target}"


@dataclass(frozen=True, slots=True)
class Sketch:
    key: str
    name: str
    zh: str
    parts: tuple[Part, ...]
    shapes: tuple[Shape, ...]
    arrows: tuple[Arrow, ...]


def write(sketch: Sketch) -> str:
    root = etree.Element(f"{{{BPMN}}}definitions", nsmap=_NAMES)
    root.set("id", f"definitions_{sketch.key}")
    root.set("targetNamespace", "https://formloom.org/local")
    process = _sub(root, BPMN, "process", id=sketch.key, name=sketch.name, isExecutable="true")
    _extend(process, sketch.zh, sketch.parts)
    for shape in sketch.shapes:
        _node(process, shape, sketch.arrows)
    for arrow in sketch.arrows:
        _arrow(process, arrow)
    _draw(root, sketch)
    etree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + str(etree.tostring(root, encoding="unicode")) + "\n"


def _node(process: etree._Element, shape: Shape, arrows: Iterable[Arrow]) -> None:
    node = _sub(process, BPMN, shape.kind, id=shape.id, name=shape.name, default=shape.default,
                attachedToRef=shape.attached, cancelActivity="false" if shape.attached else "")
    _extend(node, shape.zh, shape.parts)
    for arrow in arrows:
        if arrow.target == shape.id:
            _sub(node, BPMN, "incoming").text = arrow.id
    for arrow in arrows:
        if arrow.source == shape.id:
            _sub(node, BPMN, "outgoing").text = arrow.id
    if shape.after:
        timer = _sub(node, BPMN, "timerEventDefinition", id=f"{shape.id}_timer")
        _formal(timer, "timeDuration", shape.after)


def _arrow(process: etree._Element, arrow: Arrow) -> None:
    flow = _sub(process, BPMN, "sequenceFlow", id=arrow.id, name=arrow.name, sourceRef=arrow.source,
                targetRef=arrow.target)
    _extend(flow, arrow.zh, ())
    if arrow.condition:
        _formal(flow, "conditionExpression", arrow.condition)


def _formal(parent: etree._Element, name: str, text: str) -> None:
    made = _sub(parent, BPMN, name)
    made.set(f"{{{XSI}}}type", "bpmn:tFormalExpression")
    made.text = text


def _extend(element: etree._Element, zh: str, parts: Iterable[Part]) -> None:
    held = [*([Part("label", {"zh": zh})] if zh else []), *parts]
    if held:
        holder = _sub(element, BPMN, "extensionElements")
        for part in held:
            _part(holder, part)


def _part(holder: etree._Element, part: Part) -> None:
    made = _sub(holder, FORMLOOM, part.name, **part.attributes)
    made.text = part.text or None
    for inner in part.parts:
        _part(made, inner)


def _sub(parent: etree._Element, space: str, kind: str, /, **attributes: str) -> etree._Element:
    made = etree.SubElement(parent, f"{{{space}}}{kind}")
    for key, value in attributes.items():
        if value:
            made.set(key, value)
    return made


def _draw(root: etree._Element, sketch: Sketch) -> None:
    diagram = _sub(root, _DI, "BPMNDiagram", id=f"diagram_{sketch.key}")
    plane = _sub(diagram, _DI, "BPMNPlane", id=f"plane_{sketch.key}", bpmnElement=sketch.key)
    shapes = {shape.id: shape for shape in sketch.shapes}
    for shape in sketch.shapes:
        drawn = _sub(plane, _DI, "BPMNShape", id=f"{shape.id}_di", bpmnElement=shape.id,
                     isMarkerVisible="true" if shape.kind == "exclusiveGateway" else "")
        _bounds(drawn, shape.box)
        if shape.name and not shape.kind.endswith("Task"):
            left, top, width, height = shape.box
            below = top + height + 7 if shape.kind.endswith("Event") else top - 24
            _bounds(_sub(drawn, _DI, "BPMNLabel"), (left + width // 2 - 45, below, 90, 14))
    for arrow in sketch.arrows:
        edge = _sub(plane, _DI, "BPMNEdge", id=f"{arrow.id}_di", bpmnElement=arrow.id)
        for x, y in _route(shapes[arrow.source], shapes[arrow.target]):
            _sub(edge, _DD, "waypoint", x=str(x), y=str(y))


def _bounds(drawn: etree._Element, box: tuple[int, int, int, int]) -> None:
    _sub(drawn, _DC, "Bounds", **dict(zip(("x", "y", "width", "height"), map(str, box), strict=True)))


def _route(source: Shape, target: Shape) -> list[tuple[int, int]]:
    """Straight ahead; else down or up from a gateway or a border, then ahead; else around a corner in between."""
    left, top, width, height = source.box
    to_left, to_top, to_width, to_height = target.box
    middle, level = top + height // 2, to_top + to_height // 2
    if source.column == target.column and not source.attached:
        leave, arrive = (top + height, to_top) if level > middle else (top, to_top + to_height)
        return [(left + width // 2, leave), (to_left + to_width // 2, arrive)]
    if middle == level and not source.attached:
        return [(left + width, middle), (to_left, level)]
    if source.attached or source.kind.endswith("Gateway"):
        leave = top + height if level > middle else top
        return [(left + width // 2, leave), (left + width // 2, level), (to_left, level)]
    enter = to_top + to_height if middle > level else to_top
    return [(left + width, middle), (to_left + to_width // 2, middle), (to_left + to_width // 2, enter)]
