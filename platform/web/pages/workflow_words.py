"""What the pages of processes call things: elements, actions, changes, the way out of problems. No notation in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from formloom.errors import Text
from formloom.workflow import moments
from formloom.workflow.drawn import Part

# By the BPMN name, with the kind of an event behind a colon where it makes another thing of it.
ELEMENTS: Final[Mapping[str, Text]] = {
    "process": Text("Process"), "sequenceFlow": Text("Way"), "startEvent": Text("Start"), "endEvent": Text("End"),
    "startEvent:timer": Text("Start by the clock"), "startEvent:message": Text("Start by a message"),
    "startEvent:signal": Text("Start by a signal"), "startEvent:conditional": Text("Start when a condition holds"),
    "userTask": Text("Approval step"), "task": Text("Step"), "manualTask": Text("Step"),
    "serviceTask": Text("Do automatically"), "businessRuleTask": Text("Decide by table"),
    "scriptTask": Text("Calculate"), "sendTask": Text("Send a message"), "receiveTask": Text("Wait for a message"),
    "callActivity": Text("Run another process"), "subProcess": Text("Group of steps"),
    "transaction": Text("Group, all or nothing"), "exclusiveGateway": Text("Split by condition"),
    "parallelGateway": Text("Do at the same time"), "inclusiveGateway": Text("Every way that fits"),
    "eventBasedGateway": Text("Whatever comes first"), "intermediateCatchEvent": Text("Wait"),
    "intermediateCatchEvent:timer": Text("Wait until"), "intermediateCatchEvent:message": Text("Wait for a message"),
    "intermediateCatchEvent:signal": Text("Wait for a signal"),
    "intermediateCatchEvent:conditional": Text("Wait for a condition"),
    "intermediateCatchEvent:link": Text("Arrive from afar"), "intermediateThrowEvent": Text("Milestone"),
    "intermediateThrowEvent:message": Text("Send a message"), "intermediateThrowEvent:signal": Text("Send a signal"),
    "intermediateThrowEvent:escalation": Text("Escalate"), "intermediateThrowEvent:link": Text("Go on elsewhere"),
    "boundaryEvent": Text("On the border"), "boundaryEvent:timer": Text("Time limit"),
    "boundaryEvent:error": Text("If it fails"), "boundaryEvent:message": Text("If a message comes"),
    "boundaryEvent:signal": Text("If a signal comes"), "boundaryEvent:conditional": Text("If a condition holds"),
    "boundaryEvent:escalation": Text("If it is escalated"), "boundaryEvent:cancel": Text("If it is cancelled"),
    "endEvent:terminate": Text("End everything"), "endEvent:error": Text("End with a failure"),
    "endEvent:message": Text("End with a message"), "endEvent:signal": Text("End with a signal"),
    "endEvent:escalation": Text("End with an escalation"), "endEvent:cancel": Text("Cancel the group"),
}
ACTIONS: Final[Mapping[str, tuple[Text, Text]]] = {
    "update_record": (Text("Change the record"), Text("Writes values into fields of the record.")),
    "create_record": (Text("Create a record"), Text("Makes one new record with these values.")),
    "create_records": (Text("Create several records"), Text("Makes one new record for each entry of a list.")),
    "delete_record": (Text("Delete the record"), Text("Removes the record, or another one.")),
    "run_action": (Text("Run an action"), Text("As if somebody had pressed its button.")),
    "notify": (Text("Tell somebody"), Text("A notice in the inbox, and a mail if you say so.")),
    "send_mail": (Text("Send a mail"), Text("To one address or a list of them.")),
    "webhook": (Text("Call another system"), Text("Posts data to an address of another system.")),
}
PARAMETERS: Final[Mapping[str, Text]] = {
    "user": Text("Person"), "users": Text("People"), "role": Text("Role"), "text": Text("Words"), "link": Text("Link"),
    "mail": Text("Send a mail as well"), "to": Text("Address"), "subject": Text("Subject"), "body": Text("Content"),
    "html": Text("Content as HTML"), "url": Text("Address"), "entity": Text("Kind of record"),
    "id": Text("Number of the record"), "action": Text("Action"), "for": Text("Once for each of"),
}
ASPECTS: Final[Mapping[str, Text]] = {
    "kind": Text("what it does"), "name": Text("name"), "who": Text("who does it, or until when"),
    "approval": Text("how it is decided"), "fields": Text("fields"), "outcomes": Text("outcomes"),
    "action": Text("action"), "decision": Text("decision"),
    "condition": Text("condition"), "default": Text("the way for everything else"), "when": Text("time"),
    "message": Text("message"), "inputs": Text("inputs"), "rounds": Text("repetition"), "script": Text("calculation"),
    "trigger": Text("what starts it"), "entity": Text("kind of record"), "path": Text("connection"),
    "called": Text("process that runs"), "interrupts": Text("whether it interrupts"), "other": Text("details"),
}
CHANGES: Final[Mapping[str, Text]] = {
    "added": Text("New: {element}", element="{element}"), "removed": Text("Gone: {element}", element="{element}"),
    "changed": Text("Changed: {element} ({aspects})", element="{element}", aspects="{aspects}"),
}
# The way out of a problem, where the reader speaks of notation.
HINTS: Final[Mapping[str, Text]] = {
    "bpmn-assignment": Text("Select it and choose under “Who does it” a person or a role."),
    "bpmn-approval": Text("Select it and mend “How it is decided”: a number needs how many, and among the outcomes one "
                          "refuses and one does not."),
    "bpmn-action": Text("Select it and choose under “What to do” an action, then fill in what it needs."),
    "bpmn-decision": Text("Select it and choose a decision."),
    "bpmn-gateway": Text("Select one of its ways and tick “Otherwise this way”, and give the others conditions."),
    "bpmn-unreachable": Text("Draw a way to it from an earlier step, or remove it."),
    "bpmn-timer": Text("Select it and say after how long, or when."),
    "bpmn-empty": Text("Draw a start, the steps, and an end."),
    "bpmn-binding": Text("Select the process, by clicking on the ground, and choose a kind of record."),
    "bpmn-script": Text("Write one line for each value: total = amount * 1.06"),
    "bpmn-call": Text("Select it and choose the process that runs."),
    "bpmn-message": Text("Select it and write the name of the message."),
    "bpmn-signal": Text("Select it and write the name of the signal."),
    "bpmn-error": Text("Select it and write the code of the failure."),
    "bpmn-event": Text("Select it and choose what it waits for."),
    "bpmn-boundary": Text("Drag it to the border of a step."),
    "bpmn-trigger": Text("Select the process, by clicking on the ground, and mend what starts it."),
    "bpmn-loop": Text("Select it and say for each of what it runs."),
    "bpmn-condition": Text("Remove the condition, or put it on one of several ways behind a split."),
}
STARTS: Final[Mapping[str, Text]] = {
    "action": Text("Action “{action}” of {entity}", action="{action}", entity="{entity}"),
    "created": Text("{entity} is created", entity="{entity}"),
    "updated": Text("{entity} is changed", entity="{entity}"),
    "schedule": Text("By the clock: {every}", every="{every}"),
    "message": Text("Message “{message}” comes", message="{message}"),
    "signal": Text("Signal “{message}” comes", message="{message}"),
    "sla": Text("{entity}, “{level}”: {at}", entity="{entity}", level="{level}", at="{at}"),
    "manual": Text("By hand"),
}
STRANGE: Final = Text("Something else: {kind}", kind="{kind}")
# What happens to the clock of a service level, in the order of its life.
CLOCK: Final[Mapping[str, Text]] = {
    "started": Text("the time begins to run"), "paused": Text("it pauses"), "resumed": Text("it goes on"),
    "breached": Text("the promise is broken"), "met": Text("the promise is kept"),
    "stopped": Text("it is answered after all, too late"), "reopened": Text("it is taken up again"),
    "retargeted": Text("another target holds"), "moved": Text("another calendar holds"),
    "recomputed": Text("it was calculated anew"),
}
USED_UP: Final = Text("{n}% of the time is used up", n="{n}")
_UNITS: Final = ((1440, Text("every {n} days", n="{n}")),
                 (60, Text("every {n} hours", n="{n}")), (1, Text("every {n} minutes", n="{n}")))
_DAYS: Final[Mapping[str, Text]] = {"*": Text("every day"), "1-5": Text("Monday to Friday")}
_DAILY: Final = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (\*|1-5)")


def often(every: str) -> Text:
    """A schedule as people say it; as it is written where that has no plain words."""
    step, daily = moments.duration(every), _DAILY.fullmatch(every.strip())
    minutes = int(step.total_seconds()) // 60 if step else 0
    if minutes:
        size, words = next((size, words) for size, words in _UNITS if minutes % size == 0)
        return words.saying(n=minutes // size)
    if daily:
        return Text("{days} at {time}", days=_DAYS[daily[3]], time=f"{int(daily[2]):02}:{int(daily[1]):02}")
    return Text("{name}", name=every)


def happens(at: str) -> Text:
    """What happens to a clock; as it is written where that has no words."""
    if at.endswith("%"):
        return USED_UP.saying(n=at[:-1])
    return CLOCK.get(at, Text("{name}", name=at))


def kind(part: Part) -> Text:
    return ELEMENTS.get(f"{part.kind}:{part.event}") or ELEMENTS.get(part.kind) or Text("{name}", name=part.kind)


def element(part: Part, parts: Mapping[str, Part]) -> Text:
    """An element as a person would point at it."""
    if part.kind == "sequenceFlow" and not part.label:
        source, target = (element(parts[one], parts) if one in parts else one for one in part.ends)
        return Text("the way from {source} to {target}", source=source, target=target)
    if not part.label:
        return Text("{kind} without a name", kind=kind(part))
    return Text("{kind} “{name}”", kind=kind(part), name=part.label)
