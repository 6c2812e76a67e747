"""Event definitions as drawn: what an event waits for or tells, and the triggers that start events stand for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC

from lxml import etree

from formloom.errors import Place, Text
from formloom.feel import Expression
from formloom.workflow import moments, vocabulary
from formloom.workflow.definition import Moment, Trigger
from formloom.workflow.markup import BPMN, line, local, namespace, reference, words
from formloom.workflow.reading import Reading, naming

KINDS = {"timerEventDefinition": "timer", "terminateEventDefinition": "terminate", "errorEventDefinition": "error",
         "messageEventDefinition": "message", "signalEventDefinition": "signal", "cancelEventDefinition": "cancel",
         "escalationEventDefinition": "escalation", "conditionalEventDefinition": "conditional",
         "linkEventDefinition": "link"}
REFUSED = "refused"          # an event of a kind that does not run, which `elements` has told
_MOMENTS = {"timeDuration": "duration", "timeDate": "date", "timeCycle": "cycle"}
_CODES = {"error": "errorCode", "escalation": "escalationCode"}
_CALLED = {"message": Text("message"), "signal": Text("signal"), "error": Text("error"),
           "escalation": Text("escalation")}
_WAITING = ("boundaryEvent", "intermediateCatchEvent")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """kind as in `Node.event`; '' for a plain event."""

    kind: str = ""
    code: str = ""
    timer: Moment | None = None
    condition: Expression | None = None


def read(element: etree._Element, reading: Reading) -> Occurrence:
    """Of an event, or of a send or receive task."""
    if local(element) in ("sendTask", "receiveTask"):
        return _of_task(element, reading)
    if any(local(e).endswith("EventDefinition") and local(e) not in KINDS for e in element):
        return Occurrence(REFUSED)
    given = definitions(element)
    if len(given) > 1:
        reading.problem("bpmn-event", element, Text("{element} has several event definitions.",
                                                    element=naming(element)),
                        Text("Draw one event for each."))
    if not given:
        if local(element) in _WAITING:
            reading.problem("bpmn-event", element, Text("{element} waits for nothing.", element=naming(element)),
                            Text("Make it a timer event."))
        return Occurrence()
    kind = KINDS[local(given[0])]
    if kind == "timer":
        return Occurrence(kind, timer=None if _starts(element) else _timer(given[0], reading))
    if kind == "conditional":
        return Occurrence(kind, condition=_condition(given[0], reading))
    return Occurrence(kind, _name(given[0], kind, element, reading))


def definitions(element: etree._Element) -> list[etree._Element]:
    return [e for e in element if namespace(e) == BPMN and local(e) in KINDS]


def _starts(element: etree._Element) -> bool:
    """A start event of the process itself stands for a trigger."""
    parent = element.getparent()
    return local(element) == "startEvent" and parent is not None and local(parent) == "process"


def _of_task(element: etree._Element, reading: Reading) -> Occurrence:
    if local(element) == "sendTask" and vocabulary.extension(element, "action") is not None:
        return Occurrence()
    return Occurrence("message", _referred(element, "message", element.get("messageRef"), reading))


def _name(definition: etree._Element, kind: str, event: etree._Element, reading: Reading) -> str:
    if kind == "link":
        return definition.get("name", "")
    if kind in ("terminate", "cancel"):
        return ""
    given = definition.get(f"{kind}Ref")
    if kind in _CODES and not given:
        return _any_code(kind, event, reading)
    return _referred(definition, kind, given, reading)


def _any_code(kind: str, event: etree._Element, reading: Reading) -> str:
    """Without a code every error is caught; thrown, it needs one to be caught by."""
    if local(event) in ("endEvent", "intermediateThrowEvent") and kind == "escalation":
        reading.problem("bpmn-escalation", event, Text("{element} names no {kind} of the file.",
                                                       element=naming(event), kind=_CALLED[kind]))
    return ""


def _referred(element: etree._Element, kind: str, given: str | None, reading: Reading) -> str:
    """The name or code of a message, signal, error or escalation, which stands at the top of the file."""
    found = _found(element, kind, given)
    if found:
        return found
    if given and kind == "error":
        reading.problem("bpmn-error", element, Text("{element} names an error that is not in the file: {error}.",
                                                    element=naming(element), error=given))
        return reference(given)
    reading.problem(f"bpmn-{kind}", element, Text("{element} names no {kind} of the file.", element=naming(element),
                                                  kind=_CALLED[kind]),
                    Text("Choose it in the modeler, by name."))
    return ""


def _found(element: etree._Element, kind: str, given: str | None) -> str:
    for known in element.getroottree().getroot().findall(f"{{{BPMN}}}{kind}"):
        if given and known.get("id") == reference(given):
            return known.get(_CODES.get(kind, "name")) or known.get("name") or reference(given)
    return ""


def _timer(element: etree._Element, reading: Reading) -> Moment | None:
    given = [e for e in element if local(e) in _MOMENTS]
    if len(given) != 1 or not words(given[0]):
        reading.problem("bpmn-timer", element, Text("{element} does not say when.", element=naming(element)),
                        Text("Give one duration such as PT24H, one date, or one cycle."))
        return None
    moment = vocabulary.moment(_MOMENTS[local(given[0])], words(given[0]), given[0], reading)
    owner = element.getparent()
    cycle = None if owner is None else vocabulary.extension(owner, "cycle")
    return replace(moment, missed=vocabulary.missed(cycle, reading)) if moment else None


def _condition(element: etree._Element, reading: Reading) -> Expression | None:
    text = words(element.find(f"{{{BPMN}}}condition"))
    if not text:
        reading.problem("bpmn-condition", element, Text("{element} does not say for what it waits.",
                                                        element=naming(element)),
                        Text("Write a condition in FEEL, such as amount > 1000."))
        return None
    return reading.expression(text, element, condition=True)


def start_triggers(process: etree._Element, reading: Reading) -> Iterator[Trigger]:
    """A start event with a timer, message, signal or condition says the same as a trigger."""
    for event in process.findall(f"{{{BPMN}}}startEvent"):
        for given in definitions(event)[:1]:
            yield from _TRIGGERS.get(local(given), _no_trigger)(given, event.get("id", ""), reading)


def _no_trigger(element: etree._Element, start: str, reading: Reading) -> Iterator[Trigger]:
    reading.problem("bpmn-start", element, Text("{element} cannot start a process.", element=naming(element)),
                    Text("Errors and escalations start event sub-processes only."))
    yield from ()


def _scheduled(timer: etree._Element, start: str, reading: Reading) -> Iterator[Trigger]:
    given = words(timer.find(f"{{{BPMN}}}timeCycle"))
    repeated = moments.cycle(given)
    every = given.partition("/")[2] if repeated and repeated.count == -1 else given
    if moments.next_time(every, moments.FIRST, UTC) is None:
        reading.problem("bpmn-timer", timer, Text("{element} does not say how often.", element=naming(timer)),
                        Text("Give a time cycle such as R/PT1H, or a cron line such as 0 8 * * 1-5."))
    else:
        yield Trigger(on="schedule", every=every, start=start, place=Place(reading.file, line(timer)))


def _named(element: etree._Element, start: str, reading: Reading) -> Iterator[Trigger]:
    """One that names nothing is told of where the event itself is read."""
    kind = KINDS[local(element)]
    name = _found(element, kind, element.get(f"{kind}Ref"))
    if name:
        yield Trigger(on=kind, message=name, start=start, place=Place(reading.file, line(element)))


def _fulfilled(element: etree._Element, start: str, reading: Reading) -> Iterator[Trigger]:
    if reading.entity is None and not reading.misbound:
        reading.problem("bpmn-condition", element, Text("{element} asks about a record, and none is bound.",
                                                        element=naming(element)),
                        Text('Add <formloom:binding entity="..."/> to the process.'))
    text = words(element.find(f"{{{BPMN}}}condition"))
    condition = reading.expression(text, element, results=False, condition=True) if text else None
    if condition is not None:
        yield Trigger(on="condition", when=condition, start=start, place=Place(reading.file, line(element)))


_TRIGGERS = {"timerEventDefinition": _scheduled, "messageEventDefinition": _named, "signalEventDefinition": _named,
             "conditionalEventDefinition": _fulfilled}
