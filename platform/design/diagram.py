"""Where entities stand in a diagram: what is pointed at above what points at it, few crossings, nothing overlapping.

A layered layout in three steps: layers by longest path (circles are cut where they were entered), the order within
layers by the middle of the neighbours, then rows, which are broken where a layer would become too wide. Entities that
nothing connects stand below, in rows of their own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 176
HEIGHT: Final = 44
GAP_X: Final = 28
GAP_Y: Final = 64
ROW_GAP: Final = 20
MOST_IN_ROW: Final = 12
_SWEEPS: Final = 4
Arrow = tuple[str, str]     # from whoever points to whom it points at


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float

    @property
    def middle(self) -> float:
        return self.x + WIDTH / 2


@dataclass(frozen=True, slots=True)
class Drawing:
    boxes: Mapping[str, Box]
    width: float
    height: float

    def line(self, arrow: Arrow) -> str:
        """As the path of an SVG, from the edge of one box to that of the other."""
        start, end = self.boxes[arrow[0]], self.boxes[arrow[1]]
        if start == end:
            right = start.x + WIDTH
            return f"M{right:g} {start.y + 12:g}h18v{HEIGHT - 24}h-18"
        if start.y == end.y:
            a, b, low, below = start.middle, end.middle, start.y + HEIGHT, start.y + HEIGHT + GAP_Y / 2
            return f"M{a:g} {low:g}C{a:g} {below:g} {b:g} {below:g} {b:g} {low:g}"
        if abs(start.y - end.y) > HEIGHT + GAP_Y and abs(start.middle - end.middle) < WIDTH:      # not behind others
            right, out = max(start.x, end.x) + WIDTH, max(start.x, end.x) + WIDTH + GAP_X + abs(start.y - end.y) / 8
            y1, y2 = start.y + HEIGHT / 2, end.y + HEIGHT / 2
            return f"M{start.x + WIDTH:g} {y1:g}H{right:g}C{out:g} {y1:g} {out:g} {y2:g} {end.x + WIDTH:g} {y2:g}"
        above = end.y < start.y
        y1, y2 = (start.y, end.y + HEIGHT) if above else (start.y + HEIGHT, end.y)
        bend = (y1 + y2) / 2
        return f"M{start.middle:g} {y1:g}C{start.middle:g} {bend:g} {end.middle:g} {bend:g} {end.middle:g} {y2:g}"


def arranged(names: Sequence[str], arrows: Iterable[Arrow]) -> Drawing:
    known = set(names)
    kept = sorted({(a, b) for a, b in arrows if a in known and b in known and a != b})
    joined = {name for arrow in kept for name in arrow}
    layers = _ordered(_layers([n for n in names if n in joined], kept), kept)
    rows = [(row, part == 0) for layer in layers for part, row in enumerate(_rows(layer))]
    rows += [(row, part == 0) for part, row in enumerate(_rows([n for n in names if n not in joined]))]
    return _placed(rows)


def around(name: str, arrows: Iterable[Arrow], hops: int) -> set[str]:
    """The entity and whatever is at most so many arrows away, whichever way they point."""
    near: dict[str, set[str]] = {}
    for a, b in arrows:
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    found, waiting = {name: 0}, deque([name])
    while waiting:
        here = waiting.popleft()
        if found[here] < hops:
            for other in sorted(near.get(here, set()) - found.keys()):
                found[other] = found[here] + 1
                waiting.append(other)
    return set(found)


def _layers(names: Sequence[str], arrows: Sequence[Arrow]) -> list[list[str]]:
    """Each below everything it points at, as far as there are no circles."""
    targets: dict[str, list[str]] = {name: [] for name in names}
    for a, b in arrows:
        targets[a].append(b)
    depth: dict[str, int] = {}
    for name in names:
        _sink(name, targets, depth)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in names:
        layers[depth[name]].append(name)
    return [layer for layer in layers if layer]


def _sink(first: str, targets: Mapping[str, Sequence[str]], depth: dict[str, int]) -> None:
    """Without recursion: a chain may be as long as the model is large."""
    path: list[tuple[str, int]] = [(first, 0)] if first not in depth else []
    entered = {first}
    while path:
        name, at = path.pop()
        if at < len(targets[name]):
            path.append((name, at + 1))
            if (nxt := targets[name][at]) not in depth and nxt not in entered:
                entered.add(nxt)
                path.append((nxt, 0))
        else:
            depth[name] = max((depth[t] + 1 for t in targets[name] if t in depth), default=0)


def _ordered(layers: list[list[str]], arrows: Sequence[Arrow]) -> list[list[str]]:
    near: dict[str, list[str]] = {}
    for a, b in arrows:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    for sweep in range(_SWEEPS):
        place = {name: n / len(layer) for layer in layers for n, name in enumerate(layer)}
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            layer.sort(key=lambda name: sum(place[o] for o in near[name]) / len(near[name]))
            place.update({name: n / len(layer) for n, name in enumerate(layer)})
    return layers


def _rows(layer: Sequence[str]) -> list[list[str]]:
    return [list(layer[n:n + MOST_IN_ROW]) for n in range(0, len(layer), MOST_IN_ROW)]


def _placed(rows: Sequence[tuple[Sequence[str], bool]]) -> Drawing:
    """Rows centred below each other; those of one layer closer together."""
    widest = max((len(row) for row, _ in rows), default=0)
    width = widest * (WIDTH + GAP_X) - GAP_X if widest else 0
    boxes: dict[str, Box] = {}
    y = 0.0
    for n, (row, begins) in enumerate(rows):
        y += 0 if n == 0 else HEIGHT + (GAP_Y if begins else ROW_GAP)
        left = (width - (len(row) * (WIDTH + GAP_X) - GAP_X)) / 2
        boxes.update({name: Box(left + at * (WIDTH + GAP_X), y) for at, name in enumerate(row)})
    return Drawing(boxes, width, y + HEIGHT if rows else 0)
