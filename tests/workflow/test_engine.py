"""The engine in memory: tokens, joins, timers, errors, state. After every step the state goes through its codec."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom.feel import YearMonthDuration
from formloom.workflow import engine
from formloom.workflow.engine import state

T0 = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Run:
    """Drives one instance, and stores and restores it between all steps."""

    def __init__(self, definition: Any, names: Mapping[str, Any] | None = None) -> None:
        self.definition, self.names, self.now = definition, dict(names or {}), T0
        self.passed: list[str] = []
        self._keep(engine.start(definition, self.names, self.now))

    def _keep(self, execution: engine.Execution) -> None:
        self.passed += [step.node for step in execution.passed]
        text = execution.dump()
        self.execution = engine.load(self.definition, text, self.names, self.now)
        assert self.execution.dump() == text

    @property
    def open(self) -> list[str]:
        return sorted(w.node for w in self.execution.waiting() if w.kind != "timer")

    def do(self, node: str, **result: Any) -> Run:
        token = next(w for w in self.execution.waiting() if w.node == node)
        self.execution.complete(token.id, result, self.now)
        self._keep(self.execution)
        return self

    def wait(self, duration: timedelta) -> Run:
        self.now += duration
        self.execution.fire(self.now)
        self._keep(self.execution)
        return self

    @property
    def ended(self) -> bool:
        return self.execution.ended


def test_parallel_branches_join_without_losing_results(definition: Callable[..., Any], draw: Any) -> None:
    body = (draw.start() + '<bpmn:parallelGateway id="f"/><bpmn:parallelGateway id="j"/>' + draw.person("a")
            + draw.person("b") + draw.person("c") + draw.end() + draw.chain("s", "f", "a", "j", "c", "e")
            + draw.chain("f", "b", "j"))
    run = Run(definition(body))
    assert run.open == ["a", "b"]
    run.do("b", n=2)
    assert run.open == ["a"]
    run.do("a", n=1)
    assert run.open == ["c"]
    assert run.execution.variables == {"a": {"n": 1}, "b": {"n": 2}}
    assert run.do("c").ended


def test_exclusive_gateway_takes_one_way(definition: Callable[..., Any], draw: Any) -> None:
    body = (draw.start() + '<bpmn:exclusiveGateway id="g" default="g_b"/>' + draw.person("a") + draw.person("b")
            + draw.end() + draw.chain("s", "g") + draw.flow("g", "a", "amount &gt; 10") + draw.flow("g", "b")
            + draw.chain("a", "e") + draw.chain("b", "e"))
    made = definition(body)
    assert Run(made, {"amount": 11}).open == ["a"]
    assert Run(made, {"amount": 10}).open == ["b"]
    assert Run(made, {"amount": None}).open == ["b"]


def test_inclusive_gateway_joins_what_it_split_in_every_round(definition: Callable[..., Any], draw: Any) -> None:
    body = (draw.start() + '<bpmn:exclusiveGateway id="again" default="again_f"/>'
            '<bpmn:inclusiveGateway id="f" default="f_b"/><bpmn:inclusiveGateway id="j"/>'
            '<bpmn:exclusiveGateway id="g" default="g_e"/>'
            + draw.person("a") + draw.person("b") + draw.person("c") + draw.end()
            + draw.chain("s", "again", "f") + draw.flow("f", "a", "amount &gt; 1") + draw.flow("f", "c",
                                                                                               "amount &gt; 2")
            + draw.flow("f", "b") + draw.chain("a", "j") + draw.chain("b", "j") + draw.chain("c", "j", "g")
            + draw.flow("g", "again", 'c.comment = "more"') + draw.flow("g", "e"))
    run = Run(definition(body), {"amount": 3})
    for _ in range(5):
        assert run.open == ["a", "c"]
        run.do("c", comment="more")
        run.do("a")
    assert run.do("a").do("c", comment="").ended


def test_interrupting_timer_ends_the_task(definition: Callable[..., Any], draw: Any) -> None:
    body = (draw.start() + draw.person("t") + draw.timer("late", "timeDuration", "PT1H", "t") + draw.person("boss")
            + draw.end() + draw.end("e2") + draw.chain("s", "t", "e") + draw.chain("late", "boss", "e2"))
    made = definition(body)
    assert Run(made).wait(HOUR * 0.9).open == ["t"]
    run = Run(made).wait(HOUR)
    assert run.open == ["boss"]
    assert run.do("boss").ended
    assert Run(made).do("t").ended


def test_reminder_leaves_the_task_alone(definition: Callable[..., Any], draw: Any) -> None:
    body = (draw.start() + draw.person("t") + draw.timer("remind", "timeDuration", "PT1H", "t", False)
            + draw.person("r") + draw.end() + draw.end("e2") + draw.chain("s", "t", "e") + draw.chain("remind", "r",
                                                                                                      "e2"))
    run = Run(definition(body)).wait(HOUR)
    assert run.open == ["r", "t"]
    assert run.do("t").open == ["r"]
    assert not run.ended
    assert run.do("r").ended


def test_cycle_fires_once_after_downtime(definition: Callable[..., Any], draw: Any) -> None:
    body = (draw.start() + draw.person("t") + draw.timer("tick", "timeCycle", "R/PT1H", "t", False) + draw.person("r")
            + draw.end() + draw.end("e2") + draw.chain("s", "t", "e") + draw.chain("tick", "r", "e2"))
    run = Run(definition(body)).wait(5.5 * HOUR)
    assert run.open == ["r", "t"]
    assert run.execution.next_due() == T0 + 6 * HOUR
    run.wait(HOUR)
    assert run.open == ["r", "r", "t"]
    assert run.do("t").do("r").do("r").ended


def test_timer_may_be_computed_from_the_record(definition: Callable[..., Any], draw: Any) -> None:
    body = (draw.start() + draw.timer("w", "timeDate", 'signed_on + duration("P1D")') + draw.end()
            + draw.chain("s", "w", "e"))
    run = Run(definition(body), {"signed_on": date(2026, 1, 5)})
    assert run.execution.next_due() == datetime(2026, 1, 6, tzinfo=UTC)
    assert not run.wait(timedelta(days=4)).ended
    assert run.wait(timedelta(days=1)).ended


def _sub(draw: Any, node_id: str, inner: str) -> str:
    return f'<bpmn:subProcess id="{node_id}">{inner}</bpmn:subProcess>'


def test_sub_process_runs_inside_and_goes_on(definition: Callable[..., Any], draw: Any) -> None:
    inner = _sub(draw, "inner", draw.start("s2") + draw.person("deep") + draw.end("e2") + draw.chain("s2", "deep",
                                                                                                     "e2"))
    outer = _sub(draw, "outer", draw.start("s1") + inner + draw.end("e1") + draw.chain("s1", "inner", "e1"))
    run = Run(definition(draw.start() + outer + draw.person("last") + draw.end() + draw.chain("s", "outer", "last",
                                                                                              "e")))
    assert run.open == ["deep"]
    assert run.do("deep", x=1).open == ["last"]
    assert run.do("last").ended
    assert run.passed.count("outer") == 1


def test_error_stays_in_its_own_sub_process(definition: Callable[..., Any], draw: Any) -> None:
    def part(name: str) -> str:
        inner = (draw.start(f"s{name}") + draw.person(f"t{name}") + draw.end(
            f"x{name}", '<bpmn:errorEventDefinition errorRef="bad"/>') + draw.chain(f"s{name}", f"t{name}", f"x{name}"))
        caught = (f'<bpmn:boundaryEvent id="c{name}" attachedToRef="{name}"><bpmn:errorEventDefinition errorRef="bad"/>'
                  "</bpmn:boundaryEvent>")
        return (_sub(draw, name, inner) + caught + draw.person(f"after{name}") + draw.end(f"e{name}")
                + draw.chain(f"c{name}", f"after{name}", f"e{name}") + draw.chain("f", name, "j"))

    body = (draw.start() + '<bpmn:parallelGateway id="f"/><bpmn:parallelGateway id="j"/>' + part("p") + part("q")
            + draw.end() + draw.chain("s", "f") + draw.chain("j", "e"))
    run = Run(definition(body, "", '<bpmn:error id="bad" errorCode="bad"/>'))
    assert run.open == ["tp", "tq"]
    assert run.do("tp").open == ["afterp", "tq"]
    assert run.do("tq").open == ["afterp", "afterq"]


def test_terminate_ends_everything(definition: Callable[..., Any], draw: Any) -> None:
    body = (draw.start() + '<bpmn:parallelGateway id="f"/>' + draw.person("a") + draw.person("b")
            + draw.end("stop", "<bpmn:terminateEventDefinition/>") + draw.end() + draw.chain("s", "f", "a", "stop")
            + draw.chain("f", "b", "e"))
    run = Run(definition(body)).do("a")
    assert run.ended
    assert run.open == []


def test_script_computes_in_feel(definition: Callable[..., Any], draw: Any) -> None:
    script = ('<bpmn:scriptTask id="calc"><bpmn:script>net = amount * 2\ngross = net * 1.06</bpmn:script>'
              "</bpmn:scriptTask>")
    run = Run(definition(draw.start() + script + draw.person("t") + draw.end() + draw.chain("s", "calc", "t", "e")),
              {"amount": Decimal("0.1")})
    assert run.execution.variables["calc"] == {"net": Decimal("0.2"), "gross": Decimal("0.212")}


def _loop(draw: Any) -> str:
    return (draw.start() + '<bpmn:exclusiveGateway id="m"/>' + draw.person("t")
            + '<bpmn:exclusiveGateway id="g" default="g_e"/>' + draw.end() + draw.chain("s", "m", "t", "g")
            + draw.flow("g", "m", 't.comment = "again"') + draw.flow("g", "e"))


def test_state_stays_small_over_a_thousand_rounds(definition: Callable[..., Any], draw: Any) -> None:
    run = Run(definition(_loop(draw)))
    run.do("t", comment="again")
    size = len(run.execution.dump())
    for _ in range(1200):
        run.do("t", comment="again")
    assert len(run.execution.dump()) == size
    assert run.do("t", comment="").ended


def test_state_stays_small_in_loops_of_any_shape(definition: Callable[..., Any], draw: Any) -> None:
    many = ("<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>2</bpmn:loopCardinality>"
            "</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>")
    body = (draw.start() + '<bpmn:exclusiveGateway id="m"/><bpmn:inclusiveGateway id="f" default="f_a"/>'
            '<bpmn:inclusiveGateway id="j"/>' + draw.person("a").replace("</bpmn:userTask>", many)
            + _sub(draw, "p", draw.person("b")) + draw.timer("late", "timeDuration", "P1D", "p", False) + draw.end("x")
            + draw.chain("s", "m", "f") + draw.flow("f", "a") + draw.flow("f", "p", "amount = 1")
            + draw.chain("a", "j") + draw.chain("p", "j", "m") + draw.chain("late", "x"))
    run = Run(definition(body), {"amount": 1})
    sizes = set()
    for _ in range(60):
        assert run.open == ["b"]
        run.do("b")
        sizes.add(len(run.execution.dump()))
    run.names["amount"] = 2
    run.do("b")
    for _ in range(60):
        assert run.open == ["a", "a"]
        run.do("a", outcome="done").do("a", outcome="done")
        sizes.add(len(run.execution.dump()))
    assert len(sizes) <= 3


def test_endless_loop_is_an_error(definition: Callable[..., Any], draw: Any) -> None:
    body = (draw.start() + '<bpmn:exclusiveGateway id="m"/><bpmn:exclusiveGateway id="g" default="g_e"/>' + draw.end()
            + draw.chain("s", "m", "g") + draw.flow("g", "m", "amount = amount") + draw.flow("g", "e"))
    with pytest.raises(engine.EndlessLoop):
        Run(definition(body), {"amount": 1})


def test_join_that_can_never_happen_is_an_error(definition: Callable[..., Any], draw: Any) -> None:
    body = (draw.start() + '<bpmn:exclusiveGateway id="g" default="g_a"/><bpmn:parallelGateway id="j"/>'
            + draw.person("a") + draw.person("b") + draw.end() + draw.chain("s", "g") + draw.flow("g", "a")
            + draw.flow("g", "b", "amount = 1") + draw.chain("a", "j") + draw.chain("b", "j", "e"))
    with pytest.raises(engine.StuckProcess):
        Run(definition(body)).do("a")


def test_no_python_is_evaluated(definition: Callable[..., Any], draw: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = definition(_loop(draw).replace('t.comment = "again"', 't.comment = "again" and amount &gt; 0')
                      + draw.timer("late", "timeDuration", 'duration("PT" + string(amount) + "H")', "t")
                      + draw.end("e9") + draw.chain("late", "e9"))

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("Python was evaluated")

    for name in ("eval", "exec", "compile"):
        monkeypatch.setattr(builtins, name, refuse)
    run = Run(made, {"amount": 1}).do("t", comment="again")
    run.wait(2 * HOUR)
    monkeypatch.undo()
    assert run.ended


values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8) | st.integers(-(10**12), 10**12) | st.dates() | st.timedeltas()
    | st.decimals(allow_nan=False, allow_infinity=False, places=4) | st.builds(YearMonthDuration, st.integers(-99, 99))
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8)


@given(values)
def test_variables_survive_the_codec(value: Any) -> None:
    assert state.decode(state.loads(state.dumps(state.encode(value)))) == value


def test_state_of_another_process_is_refused(definition: Callable[..., Any], draw: Any) -> None:
    text = Run(definition(_loop(draw))).execution.dump()
    other = definition(draw.start() + draw.person("x") + draw.end() + draw.chain("s", "x", "e"))
    with pytest.raises(engine.BadState):
        engine.load(other, text, {}, T0)
