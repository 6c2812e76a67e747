"""Loop markers as drawn: once for each of a list, or again as long as a condition holds."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from formloom.errors import Text
from formloom.feel import Expression
from formloom.feel.static import Type
from formloom.workflow import vocabulary
from formloom.workflow.definition import Loop
from formloom.workflow.markup import BPMN, words
from formloom.workflow.reading import COUNTS, ROUND, Reading, item_name, naming


def read(activity: etree._Element, reading: Reading) -> Loop | None:
    many = activity.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics")
    if many is not None:
        return _each(many, reading)
    again = activity.find(f"{{{BPMN}}}standardLoopCharacteristics")
    return _again(again, reading) if again is not None else None


def _each(element: etree._Element, reading: Reading) -> Loop:
    kind = "sequential" if element.get("isSequential") == "true" else "parallel"
    given = vocabulary.extension(element, "loop")
    texts = [given.get("items", "") if given is not None else "",
             *(words(element.find(f"{{{BPMN}}}{name}")) for name in ("loopCardinality", "loopDataInputRef"))]
    stated = [text for text in texts if text]
    if len(stated) != 1:
        reading.problem("bpmn-loop", element, Text("{element} does not say for how many it runs.",
                                                   element=naming(element)),
                        Text('Give a number as its cardinality, or a list: <formloom:loop items="..." item="..."/>.'))
    until = words(element.find(f"{{{BPMN}}}completionCondition"))
    return Loop(kind, items=reading.expression(stated[0], element) if stated else None, item=item_name(element),
                until=_condition(until, element, COUNTS, reading))


def _again(element: etree._Element, reading: Reading) -> Loop:
    condition, most = words(element.find(f"{{{BPMN}}}loopCondition")), element.get("loopMaximum", "")
    if most and not (most.isascii() and most.isdigit()):
        reading.problem("bpmn-loop", element, Text("{element} has a maximum that is no number: {text}.",
                                                   element=naming(element), text=most))
        most = ""
    if not condition and not most:
        reading.problem("bpmn-loop", element, Text("{element} does not say for how long it is repeated.",
                                                   element=naming(element)),
                        Text("Write a loop condition in FEEL, or a maximum."))
    return Loop("standard", again=_condition(condition, element, ROUND, reading),
                before=element.get("testBefore") == "true", most=int(most) if most else None)


def _condition(text: str, element: etree._Element, names: Mapping[str, Type], reading: Reading) -> Expression | None:
    return reading.expression(text, element, names, condition=True) if text else None
