"""Where the elements of a requirement graph are drawn: read from DMNDI, or computed in layers, and written back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from formloom.workflow import markup
from formloom.workflow.decisions.arrangement import Names
from formloom.workflow.decisions.boxed import child, children

DMN: Final = "https://www.omg.org/spec/DMN/20230324/MODEL/"
DMNDI: Final = "https://www.omg.org/spec/DMN/20230324/DMNDI/"
DC: Final = "http://www.omg.org/spec/DMN/20180521/DC/"
DI: Final = "http://www.omg.org/spec/DMN/20180521/DI/"
NODES: Final = ("inputData", "decision", "businessKnowledgeModel", "decisionService", "knowledgeSource")
WIDTH, HEIGHT, GAP_X, GAP_Y = 180.0, 60.0, 32.0, 72.0
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    key: str
    name: str
    kind: str
    x: float
    y: float
    width: float = WIDTH
    height: float = HEIGHT

    @property
    def top(self) -> Point:
        return self.x + self.width / 2, self.y

    @property
    def bottom(self) -> Point:
        return self.x + self.width / 2, self.y + self.height


@dataclass(frozen=True, slots=True)
class Edge:
    kind: str               # informationRequirement | knowledgeRequirement | authorityRequirement
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    shapes: tuple[Shape, ...]
    edges: tuple[Edge, ...]
    x: float
    y: float
    width: float
    height: float


def draw(root: etree._Element) -> Drawing:
    """From the diagram where every element has a shape; otherwise decisions above what they require."""
    shapes = _drawn(root)
    nodes = [one for one in children(root) if markup.local(one) in NODES]
    if not all(one.get("id") in shapes for one in nodes):
        shapes = layered(root)
    edges = tuple(_edges(root, shapes))
    points = [p for edge in edges for p in edge.points]
    left = min([s.x for s in shapes.values()] + [x for x, _ in points], default=0.0)
    top = min([s.y for s in shapes.values()] + [y for _, y in points], default=0.0)
    right = max([s.x + s.width for s in shapes.values()] + [x for x, _ in points], default=0.0)
    bottom = max([s.y + s.height for s in shapes.values()] + [y for _, y in points], default=0.0)
    return Drawing(tuple(shapes.values()), edges, left, top, right - left, bottom - top)


def layered(root: etree._Element) -> dict[str, Shape]:
    """What nothing requires is on top; below each layer stands what it requires."""
    nodes = {one.get("id", ""): one for one in children(root) if markup.local(one) in NODES}
    below = {key: [h for h in _required(one) if h in nodes] for key, one in nodes.items()}
    depth = _depths(below)
    rows: dict[int, list[str]] = {}
    for key in nodes:
        rows.setdefault(depth[key], []).append(key)
    widest = max((len(row) for row in rows.values()), default=0)
    found = {}
    for level, row in sorted(rows.items()):
        start = (widest - len(row)) * (WIDTH + GAP_X) / 2
        for n, key in enumerate(row):
            one = nodes[key]
            found[key] = Shape(key, one.get("name", ""), markup.local(one), start + n * (WIDTH + GAP_X),
                               level * (HEIGHT + GAP_Y))
    return found


def connect(requirement: etree._Element, needed: etree._Element, decision: etree._Element, names: Names) -> None:
    """A new requirement in the diagram, if the file has one, with a shape for what is new in it."""
    root = decision.getparent()
    plane = None if root is None else _plane(root)
    if root is None or plane is None or not (shapes := _drawn(root)):
        return
    name = needed.get("id", "")
    if name not in shapes:
        right = max(s.x + s.width for s in shapes.values())
        low = max(s.y for s in shapes.values())
        shapes[name] = Shape(name, needed.get("name", ""), markup.local(needed), right + GAP_X, low)
        write_shape(plane, shapes[name], names)
    target = shapes.get(decision.get("id", ""))
    if target is not None:
        write_edge(plane, requirement.get("id", ""), (shapes[name].top, target.bottom), names)


def write_shape(plane: etree._Element, shape: Shape, names: Names) -> None:
    made = etree.SubElement(plane, f"{{{markup.namespace(plane)}}}DMNShape", id=names.fresh("DMNShape"),
                            dmnElementRef=shape.key)
    etree.SubElement(made, f"{{{_drawing(plane, 'DC')}}}Bounds", x=f"{shape.x:g}", y=f"{shape.y:g}",
                     width=f"{shape.width:g}", height=f"{shape.height:g}")


def write_edge(plane: etree._Element, key: str, points: Sequence[Point], names: Names) -> None:
    made = etree.SubElement(plane, f"{{{markup.namespace(plane)}}}DMNEdge", id=names.fresh("DMNEdge"),
                            dmnElementRef=key)
    for x, y in points:
        etree.SubElement(made, f"{{{_drawing(plane, 'DI')}}}waypoint", x=f"{x:g}", y=f"{y:g}")


def _drawing(plane: etree._Element, kind: str) -> str:
    """The namespace this file uses for bounds or waypoints."""
    return next((str(uri) for uri in plane.nsmap.values() if str(uri).endswith(f"/{kind}/") and "/DMN/" in str(uri)),
                DC if kind == "DC" else DI)


def _plane(root: etree._Element) -> etree._Element | None:
    held = child(root, "DMNDI")
    return None if held is None else child(held, "DMNDiagram")


def _drawn(root: etree._Element) -> dict[str, Shape]:
    nodes = {one.get("id", ""): one for one in children(root) if markup.local(one) in NODES}
    plane = _plane(root)
    found = {}
    for shape in () if plane is None else children(plane, "DMNShape"):
        key, bounds = shape.get("dmnElementRef", ""), child(shape, "Bounds")
        if bounds is not None and key in nodes and (box := _numbers(bounds, ("x", "y", "width", "height"))):
            found[key] = Shape(key, nodes[key].get("name", ""), markup.local(nodes[key]), *box)
    return found


def _edges(root: etree._Element, shapes: Mapping[str, Shape]) -> list[Edge]:
    plane = _plane(root)
    drawn = {}
    for edge in () if plane is None else children(plane, "DMNEdge"):
        points = [_numbers(one, ("x", "y")) for one in children(edge, "waypoint")]
        if len(points) > 1 and all(points):
            drawn[edge.get("dmnElementRef", "")] = tuple((p[0], p[1]) for p in points)
    own = {s.key for s in _drawn(root).values()} == set(shapes)
    found = []
    for node in children(root):
        for requirement in children(node):
            for target in _targets(requirement):
                if target in shapes and node.get("id") in shapes:
                    straight = (shapes[target].top, shapes[node.get("id", "")].bottom)
                    points_ = drawn.get(requirement.get("id", "")) if own else None
                    found.append(Edge(markup.local(requirement), points_ or straight))
    return found


def _required(node: etree._Element) -> list[str]:
    return [target for requirement in children(node) for target in _targets(requirement)]


def _targets(requirement: etree._Element) -> list[str]:
    if not markup.local(requirement).endswith("Requirement"):
        return []
    return [one.get("href", "").rpartition("#")[2] for one in children(requirement) if one.get("href")]


def _depths(below: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The longest way from the top; a circle ends where it began."""
    depth = dict.fromkeys(below, 0)
    for _ in below:
        moved = False
        for key, needed in below.items():
            for one in needed:
                if depth[one] <= depth[key] < len(below) - 1:
                    depth[one], moved = depth[key] + 1, True
        if not moved:
            break
    return depth


def _numbers(element: etree._Element, names: Sequence[str]) -> tuple[float, ...]:
    try:
        return tuple(float(element.get(name, "")) for name in names)
    except ValueError:
        return ()
