"""How state and step time grow while a process loops: the last rounds against the first, measured in one run.

    python benchmarks/engine_loops.py [--rounds 1000]

Each round of each process goes through parallel branches, a sub-process with a boundary timer, an inclusive join and a
multi-instance task; after every task the state is stored and restored, as in the platform.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from time import perf_counter

from formloom.metadata import builtin_types, compiler
from formloom.workflow import engine, reader

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TASK = ('<bpmn:userTask id="{}"><bpmn:extensionElements><formloom:assignment assignee="1"/></bpmn:extensionElements>{}'
        "</bpmn:userTask>")
MANY = ("<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality>"
        "</bpmn:multiInstanceLoopCharacteristics>")
BODIES = {
    "one task": '<bpmn:exclusiveGateway id="m"/>' + TASK.format("t", "") + "{flow:s m t g}",
    "parallel branches": ('<bpmn:exclusiveGateway id="m"/><bpmn:parallelGateway id="f"/><bpmn:parallelGateway id="j"/>'
                          + TASK.format("t", "") + TASK.format("u", "") + "{flow:s m f t j g}{flow:f u j}"),
    "inclusive join": ('<bpmn:exclusiveGateway id="m"/><bpmn:inclusiveGateway id="f" default="f_t"/>'
                       '<bpmn:inclusiveGateway id="j"/>' + TASK.format("t", "") + "{flow:s m f t j g}"),
    "sub-process with a timer": (
        '<bpmn:exclusiveGateway id="m"/><bpmn:subProcess id="p">' + TASK.format("t", "") + "</bpmn:subProcess>"
        '<bpmn:boundaryEvent id="b" attachedToRef="p"><bpmn:timerEventDefinition><bpmn:timeDuration>P1D'
        '</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>{flow:s m p g}{flow:b e}'),
    "multi-instance": '<bpmn:exclusiveGateway id="m"/>' + TASK.format("t", MANY) + "{flow:s m t g}",
}


def diagram(body: str) -> str:
    while "{flow:" in body:
        before, _, rest = body.partition("{flow:")
        path, _, after = rest.partition("}")
        ids = path.split()
        flows = "".join(f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>'
                        for a, b in pairwise(ids))
        body = before + flows + after
    return f"""<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
      xmlns:formloom="https://formloom.org/bpmn/1.0"><bpmn:process id="loop" isExecutable="true">
      <bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="g" default="g_m"/><bpmn:endEvent id="e"/>{body}
      <bpmn:sequenceFlow id="g_m" sourceRef="g" targetRef="m"/>
      <bpmn:sequenceFlow id="g_e" sourceRef="g" targetRef="e"><bpmn:conditionExpression>1 = 2</bpmn:conditionExpression>
      </bpmn:sequenceFlow></bpmn:process></bpmn:definitions>"""


def measure(body: str, rounds: int) -> tuple[list[float], list[int]]:
    definition, problems = reader.read(diagram(body), "loop.bpmn", compiler.compile([], builtin_types.TYPES))
    if definition is None:
        raise SystemExit("\n".join(map(str, problems)))
    text = engine.start(definition, {}, NOW).dump()
    times, sizes = [], []
    for _ in range(rounds):
        began = perf_counter()
        for _ in range(len([t for t in engine.load(definition, text, {}, NOW).waiting() if t.kind == "user"])):
            execution = engine.load(definition, text, {}, NOW)
            token = next(t for t in execution.waiting() if t.kind == "user")
            execution.complete(token.id, {"outcome": "done"}, NOW)
            text = execution.dump()
        times.append(perf_counter() - began)
        sizes.append(len(text))
    return times, sizes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000)
    rounds = parser.parse_args().rounds
    tenth = max(1, rounds // 10)
    print(f"{'':26} {'time, last to first tenth':>26} {'state, last to first':>22} {'round':>10} {'state':>8}")
    for name, body in BODIES.items():
        times, sizes = measure(body, rounds)
        ratio = median(times[-tenth:]) / median(times[:tenth])
        print(f"{name:26} {ratio:26.2f} {sizes[-1] / sizes[0]:22.2f} {median(times) * 1000:7.2f} ms {sizes[-1]:6} B")


if __name__ == "__main__":
    main()
