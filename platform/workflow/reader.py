"""BPMN 2.0 as bpmn-js, Camunda Modeler and Signavio write it, read strictly: a process definition, or every problem
with file, line and element.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from formloom import feel
from formloom.errors import Place, Problem, Text
from formloom.feel.static import ANY
from formloom.metadata.catalog import EMPTY, Catalog, Label
from formloom.workflow import (
    approvals,
    calls,
    elements,
    equivalents,
    markup,
    occurrences,
    rounds,
    rule_tasks,
    structure,
    vocabulary,
)
from formloom.workflow.decisions.library import Decisions
from formloom.workflow.definition import Assignment, Flow, Node, ProcessDefinition
from formloom.workflow.markup import BPMN, line, local, namespace, reference, words
from formloom.workflow.reading import Reading, TooSlow, label_of, lacks, naming

MAX_NODES, MAX_FLOWS = 500, 2000
_ID = re.compile(r"[^\W\d][\w.\-]*")
_ASSIGNMENT = re.compile(r"([^\W\d]\w*)\s*=(?!=)\s*(.+)", re.DOTALL)
_PEOPLE = frozenset({"task", "userTask", "manualTask"})
_THROWING = frozenset({"sendTask", "intermediateThrowEvent", "endEvent", "callActivity"})
_CATCHING = frozenset({"receiveTask", "intermediateCatchEvent", "boundaryEvent", "startEvent"})


def read(text: str, file: str, catalog: Catalog, service_tasks: Mapping[str, Any] | None = None,
         decisions: Decisions | None = None, called: Mapping[str, str] | None = None
         ) -> tuple[ProcessDefinition | None, list[Problem]]:
    """Without `service_tasks` the names and parameters of actions are not checked, nor decisions without them.
    `called`: the texts of processes it may call, those of the catalog if not given.
    """
    return _read(text, _reading(file, catalog, service_tasks, decisions, called))


def _read(text: str, reading: Reading) -> tuple[ProcessDefinition | None, list[Problem]]:
    root, problems = markup.parse(text, reading.file)
    if root is None:
        return None, problems
    process = _process(root, reading)
    definition = _guarded(root, process, text, reading) if process is not None else None
    problems = _sorted(reading.problems)
    return (None if any(p.severity == "error" for p in problems) else definition), problems


def spoken(root: etree._Element, text: str, file: str, catalog: Catalog) -> Reading:
    """What a reading of the diagram knows of its names, with every expression of its process."""
    reading = _reading(file, catalog)
    process = _process(root, reading)
    if process is not None:
        _definition(process, text, reading)
    return reading


@dataclass(frozen=True, slots=True)
class Examined:
    """One process of a file. `refused`: what cannot run as drawn. `needed`: what is missing before it is published."""

    key: str
    label: Label
    rewrites: tuple[Problem, ...]
    refused: tuple[Problem, ...]
    needed: tuple[Problem, ...]


def examine(text: str, file: str, catalog: Catalog,
            service_tasks: Mapping[str, Any] | None = None) -> tuple[list[Examined], list[Problem]]:
    """Every process of a file, whether it is marked as executable or not; pools without content are left out. With a
    catalog that holds nothing, names are not asked for.
    """
    root, problems = markup.parse(text, file)
    if root is None:
        return [], problems
    found = []
    for process in root.findall(f"{{{BPMN}}}process") if _is_bpmn(root) else ():
        if any(True for _ in _nodes(process)):
            reading = _reading(file, catalog, service_tasks)
            _check_executable(process, reading)
            definition = _guarded(root, process, text, reading)
            problems = reading.problems if catalog.entities else [
                p for p in reading.problems if not p.code.startswith("unknown-")]
            found.append(_examined(process, definition, _sorted(problems)))
    if not found:
        return [], [Problem("bpmn-process", Text("The file holds no process."), Place(file, 1))]
    return found, []


def _examined(process: etree._Element, definition: ProcessDefinition | None, problems: list[Problem]) -> Examined:
    return Examined(process.get("id", ""), label_of(process), definition.rewrites if definition else (),
                    tuple(p for p in problems if not lacks(p)), tuple(_told_once(p for p in problems if lacks(p))))


def _told_once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """An extension of another tool that stands at every element is told where it comes first."""
    seen: set[str] = set()
    for problem in problems:
        name = problem.message.values.get("name", "") if problem.code == "bpmn-extension" else ""
        if not name or name not in seen:
            yield problem
        seen.add(name)


def _reading(file: str, catalog: Catalog, service_tasks: Mapping[str, Any] | None = None,
             decisions: Decisions | None = None, called: Mapping[str, str] | None = None) -> Reading:
    known = {key: source.text for key, source in catalog.processes.items()} if called is None else called
    return Reading(file, catalog, service_tasks, decisions, called=known)


def _sorted(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda p: (p.place.file, p.place.line, p.code, p.element))


def _guarded(root: etree._Element, process: etree._Element, text: str, reading: Reading) -> ProcessDefinition | None:
    try:
        return _whole(root, process, text, reading)
    except TooSlow as error:
        reading.problem("bpmn-limit", process, error.message)
        return None


def _whole(root: etree._Element, process: etree._Element, text: str, reading: Reading) -> ProcessDefinition:
    elements.check(root, process, reading)
    vocabulary.check(process, reading)
    drawn = _definition(process, text, reading)
    linked, problems = equivalents.link(drawn)
    if not _distinct(process):
        return linked           # what stands in what, and who waits for whom, cannot be told
    reading.problems += [*problems, *structure.check(linked, _refused(process))]
    rewrites = (*reading.rewrites, *linked.rewrites, *equivalents.notes(linked))
    targets = {e.get("id", ""): reference(e.get("calledElement")) for e in _nodes(process)
               if local(e) == "callActivity"}
    whole = calls.expand(linked, targets, reading, lambda key: _called(key, drawn.key, reading))
    return replace(whole, rewrites=rewrites, hash=content_hash(text, whole.called))


def _called(key: str, caller: str, reading: Reading) -> ProcessDefinition | None:
    """Read once, however often it is called: whether it calls itself does not depend on who asks."""
    if key not in reading.known:
        inner = replace(reading, file=f"{key}.bpmn", process="", entity=None, misbound=False, inputs=EMPTY,
                        results=EMPTY, problems=[], rewrites=[], spoken=[], callers=(*reading.callers, caller))
        reading.known[key] = _read(reading.called[key], inner)[0]
    found: ProcessDefinition | None = reading.known[key]
    return found


def content_hash(text: str, called: Mapping[str, str]) -> str:
    parts = [text, *(f"{key}\0{called[key]}" for key in sorted(called))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _is_bpmn(root: etree._Element) -> bool:
    return local(root) == "definitions" and namespace(root) == BPMN


def _process(root: etree._Element, reading: Reading) -> etree._Element | None:
    """The executable one. The others are the pools of partners, drawn to show who talks to whom."""
    if not _is_bpmn(root):
        reading.problem("bpmn-xml", root, Text("This is not a BPMN 2.0 file: its root is {name}.", name=local(root)))
        return None
    found = root.findall(f"{{{BPMN}}}process")
    if not found:
        reading.problem("bpmn-process", root, Text("The file holds no process."))
        return None
    executable = [process for process in found if process.get("isExecutable") == "true"] or found
    for extra in executable[1:]:
        reading.problem("bpmn-process", extra, Text("A file holds one process; {element} is another.",
                                                    element=naming(extra)),
                        Text("Put it into a file of its own."))
    _check_executable(executable[0], reading)
    return executable[0]


def _check_executable(process: etree._Element, reading: Reading) -> None:
    if process.get("isExecutable", "true") != "true":
        reading.problem("bpmn-executable", process, Text("{element} is marked as not executable.",
                                                         element=naming(process)),
                        Text('Set isExecutable="true".'))


def _definition(process: etree._Element, text: str, reading: Reading) -> ProcessDefinition:
    reading.process = process.get("id", "")
    vocabulary.binding(process, reading)
    drawn, flows = list(_nodes(process)), list(_flows(process))
    if len(drawn) > MAX_NODES or len(flows) > MAX_FLOWS:
        reading.problem("bpmn-limit", process, Text("The process has more than {limit} elements.", limit=MAX_NODES))
        drawn, flows = drawn[:MAX_NODES], flows[:MAX_FLOWS]
    _check_ids(process, reading)
    inputs = vocabulary.inputs(process, reading)
    reading.inputs = dict.fromkeys(inputs, ANY)
    results = {e.get("id", ""): vocabulary.result(e) for e in drawn if _gives(e)}
    reading.results = {**results, **dict.fromkeys(rule_tasks.results(drawn), ANY)}
    triggers = (*vocabulary.triggers(process, reading), *occurrences.start_triggers(process, reading))
    reading.inputs |= {trigger.on: ANY for trigger in triggers if trigger.on in ("message", "signal")}
    lanes = _lanes(process)
    nodes = {e.get("id", ""): _node(e, lanes, reading) for e in drawn}
    return ProcessDefinition(
        key=process.get("id", ""), label=label_of(process) or {"en": process.get("id", "")}, hash="",
        entity=reading.entity.name if reading.entity else "", inputs=inputs,
        triggers=triggers, withdrawal=approvals.withdrawal(process, reading), nodes=nodes,
        flows=tuple(_flow(e, reading) for e in flows),
        text=text, place=Place(reading.file, line(process)),
    )


def _nodes(process: etree._Element) -> Iterator[etree._Element]:
    """Not those that compensate: they are refused, and nothing leads to them."""
    connected = {reference(flow.get(end)) for flow in _flows(process) for end in ("sourceRef", "targetRef")}
    return (e for e in _inside(process) if local(e) in elements.FLOW_NODES
            and (e.get("isForCompensation") != "true" or e.get("id") in connected))


def _flows(process: etree._Element) -> Iterator[etree._Element]:
    return (e for e in _inside(process) if local(e) == "sequenceFlow")


def _inside(container: etree._Element) -> Iterator[etree._Element]:
    """Depth first; what is inside something that is refused is not looked at."""
    for element in container.iterchildren(f"{{{BPMN}}}*"):
        yield element
        if local(element) in ("subProcess", "transaction"):
            yield from _inside(element)


def _refused(process: etree._Element) -> set[str]:
    """Ids of elements of kinds that do not run."""
    return {e.get("id", "") for e in _inside(process)
            if e.get("id") and elements.treatment(local(e)) is elements.Treatment.REFUSED}


def _distinct(process: etree._Element) -> bool:
    ids = [element.get("id") for element in (process, *_nodes(process), *_flows(process))]
    return len(ids) == len(set(ids))


def _gives(element: etree._Element) -> bool:
    """Whether later expressions may read a result of the element."""
    kinds = [local(e) for e in element]
    return (local(element) in elements.ACTIVITIES - {"subProcess", "transaction"}
            or "messageEventDefinition" in kinds or "signalEventDefinition" in kinds
            or "multiInstanceLoopCharacteristics" in kinds)


def _lanes(process: etree._Element) -> Mapping[str, list[etree._Element]]:
    """The lanes that each node stands in, the innermost first."""
    found: dict[str, list[etree._Element]] = {}
    for lane in process.iter(f"{{{BPMN}}}lane"):
        for inside in lane.iterfind(f"{{{BPMN}}}flowNodeRef"):
            found.setdefault(reference(inside.text), []).insert(0, lane)
    return found


def _around(element: etree._Element, lanes: Mapping[str, list[etree._Element]]) -> list[etree._Element]:
    """Also those that the sub-processes around it stand in."""
    return [lane for node in (element, *element.iterancestors()) for lane in lanes.get(node.get("id", ""), ())]


def _check_ids(process: etree._Element, reading: Reading) -> None:
    seen: set[str] = set()
    for element in [process, *_nodes(process), *_flows(process)]:
        given = element.get("id", "")
        if not _ID.fullmatch(given) or given in seen:
            reading.problem("bpmn-id", element,
                            Text("{element} needs an id of its own, of letters, digits, underscores, dots and hyphens.",
                                 element=naming(element)))
        elif reading.entity and given in reading.entity.fields and local(element).endswith("Task"):
            reading.problem("bpmn-id", element,
                            Text("The id {id} is also a field of {entity}; expressions could not tell "
                                                     "them apart.", id=given, entity=reading.entity.name),
                            Text("Give the element another id."))
        seen.add(given)


def _node(element: etree._Element, lanes: Mapping[str, list[etree._Element]], reading: Reading) -> Node:
    reading.hurry()
    kind, people = local(element), local(element) in _PEOPLE
    around = _around(element, lanes)
    happens = _occurrence(element, reading)
    parent = element.getparent()
    approval = approvals.read(element, reading) if people else None
    outcomes = vocabulary.outcomes(element, reading) if people else ()
    if approval is not None:
        approvals.check_outcomes(element, outcomes, reading)
    if kind == "task":
        reading.note("bpmn-rewritten", element, Text("{element} runs as a user task.", element=naming(element)))
    return Node(
        id=element.get("id", ""), kind=kind, label=label_of(element), event=happens.kind, code=happens.code,
        timer=happens.timer, condition=happens.condition,
        key=vocabulary.key(element, reading) if kind in _THROWING | _CATCHING else None,
        parameters=vocabulary.parameters(element, reading) if kind in _THROWING else EMPTY,
        scope=parent.get("id", "") if parent is not None and local(parent) != "process" else "",
        handler=element.get("triggeredByEvent") == "true", approval=approval,
        loop=approvals.loop(element, approval, reading) if approval else rounds.read(element, reading),
        attached_to=reference(element.get("attachedToRef")), interrupting=_interrupts(element),
        default=reference(element.get("default")), lane=around[0].get("name", "") if around else "",
        assignment=vocabulary.assignment(element, around, reading) if people else Assignment(),
        fields=vocabulary.fields(element, reading) if people else (),
        outcomes=outcomes,
        action=vocabulary.action(element, reading) if _acts(element) else None,
        decision=rule_tasks.read(element, reading) if kind == "businessRuleTask" else None,
        script=_script(element, reading) if kind == "scriptTask" else {},
        place=Place(reading.file, line(element)),
    )


def _occurrence(element: etree._Element, reading: Reading) -> occurrences.Occurrence:
    happens = local(element).endswith("Event") or local(element) in ("sendTask", "receiveTask")
    return occurrences.read(element, reading) if happens else occurrences.Occurrence()


def _acts(element: etree._Element) -> bool:
    """A send task may be a service task that sends, or throw a message."""
    kind = local(element)
    return kind == "serviceTask" or (kind == "sendTask" and vocabulary.extension(element, "action") is not None)


def _interrupts(element: etree._Element) -> bool:
    return element.get("isInterrupting" if local(element) == "startEvent" else "cancelActivity", "true") == "true"


def _flow(element: etree._Element, reading: Reading) -> Flow:
    text = words(element.find(f"{{{BPMN}}}conditionExpression"))
    return Flow(
        id=element.get("id", ""), source=reference(element.get("sourceRef")),
        target=reference(element.get("targetRef")), label=label_of(element), place=Place(reading.file, line(element)),
        condition=reading.expression(text, element, condition=True) if text else None,
    )


def _script(element: etree._Element, reading: Reading) -> dict[str, feel.Expression]:
    """One `name = expression` per line; later lines see earlier names."""
    language = element.get("scriptFormat") or "feel"
    if language.lower() not in ("feel", "text/feel"):
        reading.problem("bpmn-script", element, Text("{element} is written in {language}; scripts are FEEL.",
                                                     element=naming(element), language=language))
        return {}
    result: dict[str, feel.Expression] = {}
    for text in filter(None, (row.strip() for row in words(element.find(f"{{{BPMN}}}script")).splitlines())):
        match = _ASSIGNMENT.fullmatch(text)
        if not match:
            reading.problem("bpmn-script", element, Text("{element}: {text} is not an assignment.",
                                                         element=naming(element), text=text),
                            Text("Write one per line: total = amount * 1.06"))
            continue
        expression = reading.expression(match[2], element, dict.fromkeys(result, ANY))
        if expression:
            result[match[1]] = expression
    return result
