"""Tiny diagrams, and the small pack that they are read against."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from formloom.errors import Problem
from formloom.metadata import builtin_types, compiler, loader
from formloom.metadata.catalog import Catalog
from formloom.workflow import reader
from formloom.workflow.definition import ProcessDefinition

PACK = Path(__file__).parents[1] / "packs" / "approval"
_FRAME = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:formloom="https://formloom.org/bpmn/1.0">
<bpmn:process id="tiny" isExecutable="true">
<bpmn:extensionElements><formloom:binding entity="contract"/>{triggers}</bpmn:extensionElements>
{body}
</bpmn:process>{after}</bpmn:definitions>"""

Read = Callable[..., tuple[ProcessDefinition | None, list[Problem]]]


class Draw:
    """Pieces of a diagram."""

    def flow(self, source: str, target: str, condition: str = "") -> str:
        inner = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
        return (f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
                f"{inner}</bpmn:sequenceFlow>")

    def chain(self, *ids: str) -> str:
        return "".join(self.flow(a, b) for a, b in itertools.pairwise(ids))

    def start(self, node_id: str = "s") -> str:
        return f'<bpmn:startEvent id="{node_id}"/>'

    def end(self, node_id: str = "e", inner: str = "") -> str:
        return f'<bpmn:endEvent id="{node_id}">{inner}</bpmn:endEvent>'

    def person(self, node_id: str) -> str:
        return (f'<bpmn:userTask id="{node_id}"><bpmn:extensionElements><formloom:assignment role="legal"/>'
                "</bpmn:extensionElements></bpmn:userTask>")

    def timer(self, node_id: str, kind: str, text: str, attached: str = "", interrupting: bool = True) -> str:
        host = f'attachedToRef="{attached}" cancelActivity="{str(interrupting).lower()}"' if attached else ""
        element = "boundaryEvent" if attached else "intermediateCatchEvent"
        return (f'<bpmn:{element} id="{node_id}" {host}><bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}>'
                f"</bpmn:timerEventDefinition></bpmn:{element}>")

    def diagram(self, body: str, triggers: str = "", after: str = "") -> str:
        return _FRAME.format(body=body, triggers=triggers, after=after)


@pytest.fixture(scope="session")
def draw() -> Draw:
    return Draw()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return compiler.compile(loader.read_pack(PACK), builtin_types.TYPES)


@pytest.fixture
def read(catalog: Catalog, draw: Draw) -> Read:
    def read_body(body: str, triggers: str = "", after: str = "") -> tuple[ProcessDefinition | None, list[Problem]]:
        return reader.read(draw.diagram(body, triggers, after), "tiny.bpmn", catalog)
    return read_body


@pytest.fixture
def definition(read: Read) -> Callable[..., ProcessDefinition]:
    def made(body: str, triggers: str = "", after: str = "") -> ProcessDefinition:
        found, problems = read(body, triggers, after)
        assert found is not None, "\n".join(map(str, problems))
        return found
    return made
