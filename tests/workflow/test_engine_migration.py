"""Stored states put on another version: what moves goes on as if it had begun there, what could not is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formloom.workflow import engine
from formloom.workflow.definition import ProcessDefinition

T0 = datetime(2026, 1, 1, tzinfo=UTC)
EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "60"))
Define = Callable[..., ProcessDefinition]


def begun(definition: ProcessDefinition, *done: str) -> engine.Execution:
    execution = engine.start(definition, {}, T0)
    for node in done:
        _do(execution, node, T0)
    return execution


def _do(execution: engine.Execution, node: str, now: datetime) -> None:
    token = next(t for t in execution.waiting() if t.node == node and t.kind == "user")
    execution.complete(token.id, {}, now)


def moved(old: ProcessDefinition, new: ProcessDefinition, execution: engine.Execution, later: int = 0,
          **moves: str) -> engine.Moved:
    made = engine.migrate(old, new, execution.dump(), moves, {}, T0 + timedelta(hours=later))
    made.execution.settle(T0 + timedelta(hours=later))
    return made


def codes(old: ProcessDefinition, new: ProcessDefinition, execution: engine.Execution, **moves: str) -> list[str]:
    with pytest.raises(engine.CannotMove) as refused:
        moved(old, new, execution, **moves)
    return [obstacle.code for obstacle in refused.value.obstacles]


def open_nodes(execution: engine.Execution) -> list[str]:
    return sorted(token.node for token in execution.waiting())


GATES = '<bpmn:parallelGateway id="f"/><bpmn:parallelGateway id="j"/>'


def test_inserted_step_comes_next(definition: Define, draw: Any) -> None:
    old = definition(draw.start() + draw.person("a") + draw.end() + draw.chain("s", "a", "e"))
    new = definition(draw.start() + draw.person("a") + draw.person("b") + draw.end() + draw.chain("s", "a", "b", "e"))
    before = begun(old)
    after = moved(old, new, before).execution
    assert [t.id for t in after.waiting()] == [t.id for t in before.waiting()]
    _do(after, "a", T0)
    assert open_nodes(after) == ["b"]


def test_removed_step_needs_a_mapping(definition: Define, draw: Any) -> None:
    old = definition(draw.start() + draw.person("a") + draw.end() + draw.chain("s", "a", "e"))
    new = definition(draw.start() + draw.person("b") + draw.end() + draw.chain("s", "b", "e"))
    execution = begun(old)
    assert codes(old, new, execution) == ["missing"]
    assert open_nodes(moved(old, new, execution, a="b").execution) == ["b"]


def test_results_follow_a_renamed_step(definition: Define, draw: Any) -> None:
    old = definition(draw.start() + draw.person("a") + draw.person("b") + draw.end() + draw.chain("s", "a", "b", "e"))
    new = definition(draw.start() + draw.person("x") + draw.person("b") + draw.end() + draw.chain("s", "x", "b", "e"))
    assert set(moved(old, new, begun(old, "a"), a="x").execution.variables) == {"x"}


def test_token_does_not_become_a_timer(definition: Define, draw: Any) -> None:
    old = definition(draw.start() + draw.person("a") + draw.end() + draw.chain("s", "a", "e"))
    new = definition(draw.start() + draw.timer("a", "timeDuration", "PT1H") + draw.end() + draw.chain("s", "a", "e"))
    assert codes(old, new, begun(old)) == ["kind"]


def test_branch_that_never_comes_is_refused(definition: Define, draw: Any) -> None:
    body = draw.start() + GATES + draw.person("a") + draw.person("b") + draw.end() + draw.chain(
        "s", "f", "a", "j", "e") + draw.chain("f", "b", "j")
    old, new = definition(body), definition(body + draw.person("c") + draw.chain("f", "c", "j"))
    assert codes(old, new, begun(old, "a")) == ["flow"]


def test_waiting_for_a_removed_branch_ends(definition: Define, draw: Any) -> None:
    body = draw.start() + GATES + draw.person("a") + draw.person("b") + draw.end() + draw.chain(
        "s", "f", "a", "j", "e") + draw.chain("f", "b", "j")
    old, new = definition(body + draw.person("c") + draw.chain("f", "c", "j")), definition(body)
    after = moved(old, new, begun(old, "c")).execution
    _do(after, "a", T0)
    _do(after, "b", T0)
    assert after.ended


def test_choice_does_not_become_parallel(definition: Define, draw: Any) -> None:
    rest = (draw.start() + draw.person("a") + draw.person("b") + draw.end() + draw.chain("s", "f", "a", "j", "e")
            + draw.flow("f", "b", "false") + draw.flow("b", "j"))
    old = definition('<bpmn:exclusiveGateway id="f" default="f_a"/><bpmn:exclusiveGateway id="j"/>' + rest)
    new = definition(GATES + rest.replace(draw.flow("f", "b", "false"), draw.flow("f", "b")))
    assert codes(old, new, begun(old)) == ["flow"]


def test_parallel_does_not_become_choice(definition: Define, draw: Any) -> None:
    rest = (draw.start() + draw.person("a") + draw.person("b") + draw.end() + draw.chain("s", "f", "a", "j", "e"))
    old = definition(GATES + rest + draw.chain("f", "b", "j"))
    new = definition('<bpmn:exclusiveGateway id="f" default="f_a"/><bpmn:exclusiveGateway id="j"/>' + rest
                     + draw.flow("f", "b", "false") + draw.flow("b", "j"))
    assert codes(old, new, begun(old)) == ["together"]


def test_timer_keeps_its_due_time(definition: Define, draw: Any) -> None:
    body = draw.start() + draw.timer("a", "timeDuration", "{}") + draw.end() + draw.chain("s", "a", "e")
    old, new = definition(body.format("PT4H")), definition(body.format("PT9H"))
    assert moved(old, new, begun(old), later=1).execution.next_due() == T0 + timedelta(hours=4)


def test_added_border_event_is_armed(definition: Define, draw: Any) -> None:
    body = draw.start() + draw.person("a") + draw.end() + draw.chain("s", "a", "e")
    timed = body + draw.timer("late", "timeDuration", "PT4H", "a") + draw.end("x") + draw.flow("late", "x")
    old, new = definition(body), definition(timed)
    made = moved(old, new, begun(old), later=1)
    assert made.armed == ("late",)
    assert made.execution.next_due() == T0 + timedelta(hours=5)
    made.execution.fire(T0 + timedelta(hours=5))
    assert made.execution.ended


def test_removed_border_event_is_disarmed(definition: Define, draw: Any) -> None:
    body = draw.start() + draw.person("a") + draw.end() + draw.chain("s", "a", "e")
    timed = body + draw.timer("late", "timeDuration", "PT4H", "a") + draw.end("x") + draw.flow("late", "x")
    old, new = definition(timed), definition(body)
    made = moved(old, new, begun(old))
    assert (made.disarmed, made.execution.next_due()) == (("late",), None)
    _do(made.execution, "a", T0)
    assert made.execution.ended


def test_reminder_that_was_sent_is_not_armed_again(definition: Define, draw: Any) -> None:
    body = (draw.start() + draw.person("a") + draw.end() + draw.chain("s", "a", "e") + draw.end("x")
            + draw.timer("late", "timeDuration", "PT4H", "a", interrupting=False))
    old = definition(body + draw.flow("late", "x"))
    new = definition(body + draw.script("z", "x = 1") + draw.chain("late", "z", "x"))
    execution = begun(old)
    execution.fire(T0 + timedelta(hours=4))
    assert moved(old, new, execution, later=5).armed == ()


def _many(person: str, items: str) -> str:
    return person.replace("</bpmn:userTask>", (
        f'<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>{items}</bpmn:loopCardinality>'
        "</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>"))


def test_rounds_move_only_with_their_items(definition: Define, draw: Any) -> None:
    def drawn(items: str, more: str = "") -> ProcessDefinition:
        return definition(draw.start() + _many(draw.person("a"), items) + draw.end() + more
                          + draw.chain(*(["s", "a", "b", "e"] if more else ["s", "a", "e"])))

    old = drawn("2")
    assert codes(old, drawn("3"), begun(old)) == ["rounds"]
    after = moved(old, drawn("2", draw.person("b")), begun(old, "a")).execution
    _do(after, "a", T0)
    assert open_nodes(after) == ["b"]


def test_round_does_not_move_out_of_its_loop(definition: Define, draw: Any) -> None:
    old = definition(draw.start() + _many(draw.person("a"), "2") + draw.end() + draw.chain("s", "a", "e"))
    new = definition(draw.start() + draw.person("a") + draw.end() + draw.chain("s", "a", "e"))
    assert "rounds" in codes(old, new, begun(old)) or "kind" in codes(old, new, begun(old))


def _inside(body: str) -> str:
    return f'<bpmn:subProcess id="sub">{body}</bpmn:subProcess>'


def test_step_of_a_sub_process_moves_inside_it(definition: Define, draw: Any) -> None:
    outside = draw.start() + draw.end() + draw.chain("s", "sub", "e")
    old = definition(outside + _inside(draw.start("t") + draw.person("a") + draw.end("u") + draw.chain("t", "a", "u")))
    new = definition(outside + _inside(draw.start("t") + draw.person("a") + draw.person("b") + draw.end("u")
                                       + draw.chain("t", "a", "b", "u")))
    after = moved(old, new, begun(old)).execution
    _do(after, "a", T0)
    assert open_nodes(after) == ["b"]


def test_step_does_not_leave_its_sub_process(definition: Define, draw: Any) -> None:
    outside = draw.start() + draw.end() + draw.chain("s", "sub", "e")
    old = definition(outside + _inside(draw.start("t") + draw.person("a") + draw.end("u") + draw.chain("t", "a", "u")))
    new = definition(draw.start() + draw.person("a") + draw.end() + draw.chain("s", "a", "sub", "e")
                     + _inside(draw.start("t") + draw.person("b") + draw.end("u") + draw.chain("t", "b", "u")))
    assert codes(old, new, begun(old)) == ["scope"]


def _raced(draw: Any, *events: str) -> str:
    body = draw.start() + draw.end() + '<bpmn:eventBasedGateway id="g"/>' + draw.person("z")
    body += draw.chain("s", "g") + draw.chain("z", "e")
    return body + "".join(draw.timer(e, "timeDuration", "PT4H") + draw.chain("g", e, "z") for e in events)


def test_race_moves_only_with_its_events(definition: Define, draw: Any) -> None:
    old, wider = definition(_raced(draw, "a", "b")), definition(_raced(draw, "a", "b", "c"))
    assert codes(old, wider, begun(old)) == ["race"]
    longer = definition(_raced(draw, "a", "b").replace(draw.flow("z", "e"), "") + draw.script("y", "x = 1")
                        + draw.chain("z", "y", "e"))
    after = moved(old, longer, begun(old)).execution
    after.fire(T0 + timedelta(hours=4))
    assert open_nodes(after) == ["z"]


# -- random processes of nested blocks, changed at random, left at a random state -------------------------------------

Block = tuple[str, Any]     # ("step", name) | ("chain", blocks) | ("xor", blocks) | ("and", blocks) | ("or", blocks)
#                           | ("sub", block) | ("timed", name)

blocks = st.recursive(
    st.sampled_from("ABCDEFGH").map(lambda name: ("step", name)) | st.sampled_from("MNOP").map(lambda n: ("timed", n)),
    lambda inner: st.tuples(st.sampled_from(["chain", "xor", "and", "or"]), st.lists(inner, min_size=2, max_size=3))
    | st.tuples(st.just("sub"), inner), max_leaves=6)


class Drawing:
    """Ids of gateways come from what is inside them, so that two drawings that share a part share its ids."""

    def __init__(self, draw: Any) -> None:
        self.draw, self.used, self.parts = draw, set[str](), list[str]()

    def unique(self, name: str) -> str:
        found = next(f"{name}{n or ''}" for n in count() if f"{name}{n or ''}" not in self.used)
        self.used.add(found)
        return found

    def block(self, block: Block) -> tuple[str, str]:
        """The first and the last element."""
        kind, inner = block
        if kind in ("step", "timed"):
            return self.step(inner, kind == "timed")
        if kind == "chain":
            ends = [self.block(one) for one in inner]
            self.parts += [self.draw.flow(a[1], b[0]) for a, b in pairwise(ends)]
            return ends[0][0], ends[-1][1]
        return self.sub(inner) if kind == "sub" else self.gate(kind, inner)

    def step(self, name: str, timed: bool) -> tuple[str, str]:
        made = self.unique(name)
        self.parts.append(self.draw.person(made))
        if timed:
            timer, end = self.unique(f"{made}Late"), self.unique(f"{made}Over")
            self.parts += [self.draw.timer(timer, "timeDuration", "PT2H", made, interrupting=False),
                           self.draw.end(end), self.draw.flow(timer, end)]
        return made, made

    def gate(self, kind: str, inner: list[Block]) -> tuple[str, str]:
        element = {"xor": "exclusive", "and": "parallel", "or": "inclusive"}[kind]
        split, join = self.unique("fork"), self.unique("join")
        ends = [self.block(one) for one in inner]
        default = f' default="{split}_{ends[0][0]}"' if kind != "and" else ""
        self.parts += [f'<bpmn:{element}Gateway id="{split}"{default}/>', f'<bpmn:{element}Gateway id="{join}"/>']
        for number, (first, last) in enumerate(ends):
            condition = f"amount = {number}" if kind == "xor" else f"amount &gt;= {number}" if kind == "or" else ""
            self.parts += [self.draw.flow(split, first, condition if number else ""), self.draw.flow(last, join)]
        return split, join

    def sub(self, inner: Block) -> tuple[str, str]:
        name, outer = self.unique("sub"), self.parts
        self.parts = []
        start, end = self.unique("start"), self.unique("end")
        first, last = self.block(inner)
        body = "".join([self.draw.start(start), self.draw.end(end), self.draw.flow(start, first),
                        self.draw.flow(last, end), *self.parts])
        self.parts = [*outer, f'<bpmn:subProcess id="{name}">{body}</bpmn:subProcess>']
        return name, name


def drawn(draw: Any, block: Block) -> str:
    made = Drawing(draw)
    first, last = made.block(block)
    return "".join([draw.start(), draw.end(), draw.flow("s", first), draw.flow(last, "e"), *made.parts])


@st.composite
def changed(draw: st.DrawFn, block: Block) -> Block:
    """The same process with a part of it replaced, removed, or wrapped."""
    kind, inner = block
    chosen = draw(st.sampled_from(["keep", "keep", "deeper", "deeper", "replace", "after", "beside", "kind"]))
    if chosen == "replace":
        return draw(blocks)
    if chosen == "after":
        return ("chain", draw(st.permutations([block, draw(blocks)])))
    if chosen == "beside":
        return (draw(st.sampled_from(["and", "xor", "or"])), [block, draw(blocks)])
    if chosen == "kind" and kind in ("xor", "and", "or"):
        return (draw(st.sampled_from(["xor", "and", "or", "chain"])), inner)
    if chosen == "deeper" and isinstance(inner, list):
        return (kind, [draw(changed(one)) for one in inner[:draw(st.integers(1, len(inner)))]] or inner)
    return ("sub", draw(changed(inner))) if chosen == "deeper" and kind == "sub" else block


def finish(execution: engine.Execution, data: st.DataObject, now: datetime) -> None:
    """Every open task is done in some order; whatever a process is made of blocks must then be over."""
    for _ in range(200):
        if execution.ended:
            return
        people = sorted((t for t in execution.waiting() if t.kind == "user"), key=lambda t: t.id)
        assert people, "it runs, and nobody can do anything"
        execution.complete(data.draw(st.sampled_from(people)).id, {}, now)
    raise AssertionError("it does not end")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_moves_never_strands(definition: Define, draw: Any, data: st.DataObject) -> None:
    before = data.draw(blocks)
    after = data.draw(changed(before))
    old, new = definition(drawn(draw, before)), definition(drawn(draw, after))
    names = {"amount": data.draw(st.integers(0, 2))}
    execution = engine.start(old, names, T0)
    for _ in range(data.draw(st.integers(0, 5))):
        people = [t for t in execution.waiting() if t.kind == "user"]
        if people:
            execution.complete(data.draw(st.sampled_from(people)).id, {}, T0)
    if execution.ended:
        return
    try:
        made = engine.migrate(old, new, execution.dump(), {}, names, T0)
    except engine.CannotMove:
        return
    kept = {t.id: (t.node, t.due) for t in execution.waiting() if t.node not in made.disarmed}
    assert kept.items() <= {t.id: (t.node, t.due) for t in made.execution.waiting()}.items()
    made.execution.settle(T0)
    stored = engine.load(new, made.execution.dump(), names, T0)
    stored.fire(T0 + timedelta(hours=data.draw(st.sampled_from([1, 3]))))
    finish(stored, data, T0 + timedelta(hours=4))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_states_of_the_new_version_are_accepted(definition: Define, draw: Any, data: st.DataObject) -> None:
    """An added step somewhere refuses nobody who could as well stand there in the new version."""
    before = data.draw(blocks)
    after: Block = ("chain", [before, ("step", "z")])
    old, new = definition(drawn(draw, before)), definition(drawn(draw, after))
    names = {"amount": data.draw(st.integers(0, 2))}
    execution = engine.start(old, names, T0)
    for _ in range(data.draw(st.integers(0, 4))):
        people = [t for t in execution.waiting() if t.kind == "user"]
        if people:
            execution.complete(data.draw(st.sampled_from(people)).id, {}, T0)
    if not execution.ended:
        made = engine.migrate(old, new, execution.dump(), {}, names, T0)
        finish(made.execution, data, T0)
