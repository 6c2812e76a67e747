"""BPMN 2.0 as drawn in bpmn-js, read strictly: a process definition, or every problem with file, line and element."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

from lxml import etree

from formloom import feel
from formloom.errors import Place, Problem, Text
from formloom.metadata.catalog import Catalog
from formloom.workflow import elements, markup, moments, structure, vocabulary
from formloom.workflow.definition import Assignment, Flow, Moment, Node, ProcessDefinition, Trigger
from formloom.workflow.markup import BPMN, line, local, namespace, words
from formloom.workflow.reading import Reading, label_of, naming

MAX_NODES = 500
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNMENT = re.compile(r"([^\W\d]\w*)\s*=(?!=)\s*(.+)", re.DOTALL)
_EVENTS = {"timerEventDefinition": "timer", "terminateEventDefinition": "terminate", "errorEventDefinition": "error",
           "messageEventDefinition": "message"}
_MOMENTS = {"timeDuration": "duration", "timeDate": "date", "timeCycle": "cycle"}


def read(text: str, file: str, catalog: Catalog,
         service_tasks: Mapping[str, Any] | None = None) -> tuple[ProcessDefinition | None, list[Problem]]:
    """Without `service_tasks` the names and parameters of actions are not checked."""
    root, problems = markup.parse(text, file)
    if root is None:
        return None, problems
    reading = Reading(file, catalog, service_tasks)
    elements.check(root, reading)
    vocabulary.check(root, reading)
    process = _process(root, reading)
    if process is None:
        return None, _sorted(reading.problems)
    definition = _definition(process, text, reading)
    problems = _sorted([*reading.problems, *structure.check(definition)])
    return (None if any(p.severity == "error" for p in problems) else definition), problems


def _sorted(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda p: (p.place.file, p.place.line, p.code, p.element))


def _process(root: etree._Element, reading: Reading) -> etree._Element | None:
    if local(root) != "definitions" or namespace(root) != BPMN:
        reading.problem("bpmn-xml", root, Text("This is not a BPMN 2.0 file: its root is {name}.", name=local(root)))
        return None
    found = root.findall(f"{{{BPMN}}}process")
    for extra in found[1:]:
        reading.problem("bpmn-process", extra, Text("A file holds one process; {element} is another.",
                                                    element=naming(extra)),
                        Text("Put it into a file of its own."))
    if not found:
        reading.problem("bpmn-process", root, Text("The file holds no process."))
        return None
    if found[0].get("isExecutable", "true") != "true":
        reading.problem("bpmn-process", found[0], Text("{element} is marked as not executable.",
                                                       element=naming(found[0])),
                        Text('Set isExecutable="true".'))
    return found[0]


def _definition(process: etree._Element, text: str, reading: Reading) -> ProcessDefinition:
    vocabulary.binding(process, reading)
    drawn = list(_nodes(process))
    if len(drawn) > MAX_NODES:
        reading.problem("bpmn-limit", process, Text("The process has more than {limit} elements.", limit=MAX_NODES))
    _check_ids(process, reading)
    reading.results = frozenset(
        e.get("id", "") for e in drawn if local(e) in ("userTask", "manualTask", "serviceTask", "scriptTask"))
    nodes = {e.get("id", ""): _node(e, reading) for e in drawn}
    flows = tuple(_flow(e, reading) for e in process.iter(f"{{{BPMN}}}sequenceFlow"))
    return ProcessDefinition(
        key=process.get("id", ""), label=label_of(process) or {"en": process.get("id", "")},
        hash=hashlib.sha256(text.encode()).hexdigest(), entity=reading.entity.name if reading.entity else "",
        triggers=(*vocabulary.triggers(process, reading), *_start_triggers(process, reading)),
        nodes=nodes, flows=flows, text=text, place=Place(reading.file, line(process)),
    )


def _nodes(process: etree._Element) -> Iterator[etree._Element]:
    return (e for e in process.iter(f"{{{BPMN}}}*") if local(e) in elements.FLOW_NODES)


def _check_ids(process: etree._Element, reading: Reading) -> None:
    seen: set[str] = set()
    for element in [process, *_nodes(process), *process.iter(f"{{{BPMN}}}sequenceFlow")]:
        given = element.get("id", "")
        if not _ID.fullmatch(given) or given in seen:
            reading.problem("bpmn-id", element,
                            Text("{element} needs an id of its own, of letters, digits and underscores.",
                                                     element=naming(element)))
        elif reading.entity and given in reading.entity.fields and local(element).endswith("Task"):
            reading.problem("bpmn-id", element,
                            Text("The id {id} is also a field of {entity}; expressions could not tell "
                                                     "them apart.", id=given, entity=reading.entity.name),
                            Text("Give the element another id."))
        seen.add(given)


def _node(element: etree._Element, reading: Reading) -> Node:
    kind, people = local(element), local(element) in ("userTask", "manualTask")
    event, timer, error = _event(element, reading)
    parent = element.getparent()
    return Node(
        id=element.get("id", ""), kind=kind, label=label_of(element), event=event, timer=timer, error=error,
        scope=parent.get("id", "") if parent is not None and local(parent) == "subProcess" else "",
        attached_to=element.get("attachedToRef", ""), interrupting=element.get("cancelActivity", "true") == "true",
        default=element.get("default", ""),
        assignment=vocabulary.assignment(element, reading) if people else Assignment(),
        fields=vocabulary.fields(element, reading) if people else (),
        outcomes=vocabulary.outcomes(element, reading) if people else (),
        action=vocabulary.action(element, reading) if kind == "serviceTask" else None,
        script=_script(element, reading) if kind == "scriptTask" else {},
        place=Place(reading.file, line(element)),
    )


def _event(element: etree._Element, reading: Reading) -> tuple[str, Moment | None, str]:
    given = [e for e in element if namespace(e) == BPMN and local(e) in _EVENTS]
    if len(given) > 1:
        reading.problem("bpmn-event", element, Text("{element} has several event definitions.",
                                                    element=naming(element)))
    if not given:
        if local(element) in ("boundaryEvent", "intermediateCatchEvent"):
            reading.problem("bpmn-event", element, Text("{element} waits for nothing.", element=naming(element)),
                            Text("Make it a timer event."))
        return "", None, ""
    event = _EVENTS[local(given[0])]
    if event == "message":       # a message start is a trigger; the event itself is passed at once
        return event, None, ""
    if event == "timer" and local(element) == "startEvent":
        return event, None, ""
    return event, _timer(given[0], reading) if event == "timer" else None, _error(given[0],
                                                                                  reading) if event == "error" else ""


def _timer(element: etree._Element, reading: Reading) -> Moment | None:
    given = [e for e in element if local(e) in _MOMENTS]
    if len(given) != 1 or not words(given[0]):
        reading.problem("bpmn-timer", element, Text("{element} does not say when.", element=naming(element)),
                        Text("Give one duration such as PT24H, one date, or one cycle."))
        return None
    moment = vocabulary.moment(_MOMENTS[local(given[0])], words(given[0]), given[0], reading)
    owner = element.getparent()
    cycle = None if owner is None else next(vocabulary.extensions(owner, "cycle"), None)
    return replace(moment, missed=vocabulary.missed(cycle, reading)) if moment else None


def _error(element: etree._Element, reading: Reading) -> str:
    reference = element.get("errorRef", "")
    if not reference:
        return ""
    for error in element.getroottree().getroot().findall(f"{{{BPMN}}}error"):
        if error.get("id") == reference:
            return error.get("errorCode") or error.get("name") or reference
    reading.problem("bpmn-error", element, Text("{element} names an error that is not in the file: {error}.",
                                                element=naming(element), error=reference))
    return reference


def _start_triggers(process: etree._Element, reading: Reading) -> Iterator[Trigger]:
    """A timer or message start event says the same as a trigger."""
    for timer in process.findall(f"{{{BPMN}}}startEvent/{{{BPMN}}}timerEventDefinition"):
        given = timer.findtext(f"{{{BPMN}}}timeCycle", "").strip()
        repeated = moments.cycle(given)
        every = given.partition("/")[2] if repeated and repeated.count == -1 else given
        if moments.next_time(every, moments.FIRST, UTC) is None:
            reading.problem("bpmn-timer", timer, Text("{element} does not say how often.", element=naming(timer)),
                            Text("Give a time cycle such as R/PT1H, or a cron line such as 0 8 * * 1-5."))
        else:
            yield Trigger(on="schedule", every=every, place=Place(reading.file, line(timer)))
    for message in process.findall(f"{{{BPMN}}}startEvent/{{{BPMN}}}messageEventDefinition"):
        yield from _message_trigger(message, reading)


def _message_trigger(element: etree._Element, reading: Reading) -> Iterator[Trigger]:
    known = {m.get("id"): m.get("name", "") for m in element.getroottree().getroot().findall(f"{{{BPMN}}}message")}
    name = known.get(element.get("messageRef"))
    if name:
        yield Trigger(on="message", message=name, place=Place(reading.file, line(element)))
    else:
        reading.problem("bpmn-message", element, Text("{element} names no message of the file.",
                                                      element=naming(element)))


def _flow(element: etree._Element, reading: Reading) -> Flow:
    condition = element.find(f"{{{BPMN}}}conditionExpression")
    text = words(condition) if condition is not None else ""
    return Flow(
        id=element.get("id", ""), source=element.get("sourceRef", ""), target=element.get("targetRef", ""),
        label=label_of(element), place=Place(reading.file, line(element)),
        condition=reading.expression(text, element) if text else None,
    )


def _script(element: etree._Element, reading: Reading) -> dict[str, feel.Expression]:
    """One `name = expression` per line; later lines see earlier names."""
    if element.get("scriptFormat", "feel").lower() not in ("feel", "text/feel"):
        reading.problem("bpmn-script", element, Text("{element} is written in {language}; scripts are FEEL.",
                                                     element=naming(element), language=element.get("scriptFormat")))
        return {}
    result: dict[str, feel.Expression] = {}
    script = element.findtext(f"{{{BPMN}}}script", "")
    for text in filter(None, (row.strip() for row in script.splitlines())):
        match = _ASSIGNMENT.fullmatch(text)
        if not match:
            reading.problem("bpmn-script", element, Text("{element}: {text} is not an assignment.",
                                                         element=naming(element), text=text),
                            Text("Write one per line: total = amount * 1.06"))
            continue
        expression = reading.expression(match[2], element, result)
        if expression:
            result[match[1]] = expression
    return result
