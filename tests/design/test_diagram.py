"""The layout of the diagram: nothing lost, nothing overlapping, pointed at above pointing."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from formloom.design import diagram
from formloom.design.diagram import HEIGHT, WIDTH

NAMES = [f"e{n}" for n in range(30)]
models = st.tuples(
    st.lists(st.sampled_from(NAMES), unique=True, min_size=1),
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=60))


@given(models)
def test_every_entity_has_its_own_place(model: tuple[list[str], list[tuple[str, str]]]) -> None:
    names, arrows = model
    drawn = diagram.arranged(names, arrows)
    assert sorted(drawn.boxes) == sorted(names)
    for one, other in combinations(drawn.boxes.values(), 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
    assert all(0 <= b.x <= drawn.width - WIDTH and 0 <= b.y <= drawn.height - HEIGHT for b in drawn.boxes.values())


@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=60))
def test_pointed_at_stands_above(pairs: list[tuple[int, int]]) -> None:
    arrows = [(NAMES[max(pair)], NAMES[min(pair)]) for pair in pairs if pair[0] != pair[1]]
    drawn = diagram.arranged(NAMES, arrows)
    assert all(drawn.boxes[target].y < drawn.boxes[source].y for source, target in arrows)


@given(models)
def test_more_hops_show_more(model: tuple[list[str], list[tuple[str, str]]]) -> None:
    names, arrows = model
    near = [diagram.around(names[0], arrows, hops) for hops in range(4)]
    assert near[0] == {names[0]}
    assert all(fewer <= more for fewer, more in pairwise(near))
    assert near[1] == {names[0], *(b for a, b in arrows if a == names[0]), *(a for a, b in arrows if b == names[0])}


def test_thousand_entities_in_a_chain() -> None:
    names = [f"e{n}" for n in range(1_000)]
    drawn = diagram.arranged(names, list(zip(names[1:], names, strict=False)))
    assert drawn.boxes["e999"].y > drawn.boxes["e0"].y
