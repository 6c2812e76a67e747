"""Where the parts of a merged file are drawn: every shape as the side drew it that moved it, else as it was."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Final

from lxml import etree

from formloom.workflow.differences import canonical
from formloom.workflow.markup import local, reference
from formloom.workflow.xml_trees import PARENT, Dialect, Tree

_Key = tuple[int, str]      # the diagram, the part that is drawn
_Shapes = dict[_Key, etree._Element]
_ENDS: Final = ("@sourceRef", "@targetRef")


def merged(sides: Sequence[list[etree._Element]], dialect: Dialect, parts: dict[str, Tree]) -> list[etree._Element]:
    """`sides`: the diagrams of base, ours and theirs."""
    base, ours, theirs = (_shapes(side, dialect) for side in sides)
    frames = [copy.deepcopy(one) for one in max(sides[2], sides[1], key=len)]
    for frame in frames:
        for shape in list(_drawn(frame, dialect)):
            _holder(shape).remove(shape)
    for key in dict.fromkeys([*theirs, *ours]):
        if key[1] in parts and key[0] < len(frames):
            source = _chosen(key, base, ours, theirs)
            shape = copy.deepcopy(source[key])
            shape.tail = None
            _joined(shape, key, source, (base, ours, theirs), parts)
            _plane(frames[key[0]]).append(shape)
    return frames


def same(one: Sequence[etree._Element], other: Sequence[etree._Element], dialect: Dialect) -> bool:
    left, right = _shapes(one, dialect), _shapes(other, dialect)
    return left.keys() == right.keys() and all(canonical(left[key]) == canonical(right[key]) for key in left)


def _chosen(key: _Key, base: _Shapes, ours: _Shapes, theirs: _Shapes) -> _Shapes:
    if key not in theirs or key not in ours:
        return ours if key in ours else theirs
    moved = key not in base or canonical(ours[key]) != canonical(base[key])
    return ours if moved else theirs


def _joined(shape: etree._Element, key: _Key, source: _Shapes, sides: tuple[_Shapes, _Shapes, _Shapes],
            parts: dict[str, Tree]) -> None:
    """A way whose end was moved by the other side follows it there."""
    points = [point for point in shape if local(point) == "waypoint"]
    if len(points) < 2:
        return
    for at, end in zip((0, -1), _ends(parts[key[1]]), strict=True):
        there = (key[0], end)
        if there in source and any(there in side for side in sides[1:]):
            kept = _chosen(there, *sides)
            _shift(points if at == 0 else points[::-1], _offset(source[there], kept[there]))


def _ends(tree: Tree) -> tuple[str, str]:
    """The parts between which a way goes; of a requirement, what is required and who requires it."""
    if all(end in tree for end in _ENDS):
        return reference(tree[_ENDS[0]]), reference(tree[_ENDS[1]])
    required = next((inner["@href"] for inner in tree.values() if isinstance(inner, dict) and "@href" in inner), "")
    return required.rpartition("#")[2], tree.get(PARENT, "")


def _shift(points: list[etree._Element], offset: tuple[float, float]) -> None:
    """The first point moves with its shape; the second so that the way leaves as straight as before."""
    first, second = points[0], points[1]
    for axis, other, distance in (("x", "y", offset[0]), ("y", "x", offset[1])):
        if distance:
            along = _number(first, axis) == _number(second, axis) and _number(first, other) != _number(second, other)
            _move(first, axis, distance)
            if along and len(points) > 2:
                _move(second, axis, distance)


def _move(point: etree._Element, axis: str, distance: float) -> None:
    point.set(axis, f"{_number(point, axis) + distance:g}")


def _offset(one: etree._Element, other: etree._Element) -> tuple[float, float]:
    old, new = _bounds(one), _bounds(other)
    if old is None or new is None:
        return 0, 0
    return _number(new, "x") - _number(old, "x"), _number(new, "y") - _number(old, "y")


def _bounds(shape: etree._Element) -> etree._Element | None:
    return next((child for child in shape if isinstance(child.tag, str) and local(child) == "Bounds"), None)


def _number(element: etree._Element, name: str) -> float:
    try:
        return float(element.get(name, "0"))
    except ValueError:
        return 0


def _shapes(diagrams: Sequence[etree._Element], dialect: Dialect) -> _Shapes:
    found: _Shapes = {}
    for n, diagram in enumerate(diagrams):
        for shape in _drawn(diagram, dialect):
            found.setdefault((n, reference(shape.get(dialect.shows))), shape)
    return found


def _drawn(diagram: etree._Element, dialect: Dialect) -> Iterator[etree._Element]:
    """Shapes and edges; the plane is no shape of the process that it shows."""
    return (one for one in diagram.iter(etree.Element)
            if one.get(dialect.shows) and local(one).endswith(("Shape", "Edge")))


def _plane(diagram: etree._Element) -> etree._Element:
    return next((one for one in diagram.iter(etree.Element) if local(one) in ("BPMNPlane", "DMNDiagram")), diagram)


def _holder(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    if parent is None:
        raise ValueError("a shape stands in a diagram")
    return parent
