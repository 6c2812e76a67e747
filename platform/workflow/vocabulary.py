"""What our extension elements say: binding, triggers, assignment, form fields, outcomes, actions."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from typing import Any

from lxml import etree

from formloom import feel
from formloom.errors import Place, Text
from formloom.feel import static
from formloom.feel.inference import infer
from formloom.feel.static import ANY, MOMENT, NUMBER, STRING, Type
from formloom.metadata import expressions
from formloom.metadata.catalog import Field, Label
from formloom.metadata.scopes import Scopes
from formloom.storage import query
from formloom.workflow import moments
from formloom.workflow.definition import Action, Assignment, Moment, Outcome, TaskField, Trigger
from formloom.workflow.markup import BPMN, FORMLOOM, line, local, words
from formloom.workflow.reading import Reading, naming

EVENTS = ("action", "created", "updated", "schedule", "message", "signal", "manual", "sla")
MISSED = ("once", "all", "skip")
CLOCK = ("started", "paused", "resumed", "reopened", "retargeted", "moved", "recomputed", "breached", "met", "stopped")
_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "binding": frozenset({"entity"}),
    "trigger": frozenset({"on", "action", "when", "every", "missed", "message", "for-each", "level", "at"}),
    "assignment": frozenset({"assignee", "role", "users", "due", "roles", "line", "line-until", "head", "fallback"}),
    "approval": frozenset({"mode", "order", "needed", "weight", "self", "return", "resume", "forbid"}),
    "withdraw": frozenset({"while"}),
    "field": frozenset({"name", "access", "revise"}),
    "outcome": frozenset({"value", "label", "tone", "comment"}),
    "action": frozenset({"name"}),
    "param": frozenset({"name"}),
    "decision": frozenset({"ref", "result"}),
    "correlation": frozenset({"key"}),
    "loop": frozenset({"items", "item"}),
    "input": frozenset({"name"}),
    "cycle": frozenset({"missed"}),
}
_PERSON = frozenset({"assignment", "approval", "field", "outcome", "label"})
_WHO = ("assignee", "role", "users", "roles", "line", "head")
_THROWN = frozenset({"correlation", "param", "label"})
_PLACES: Mapping[str, frozenset[str]] = {
    "process": frozenset({"binding", "trigger", "input", "withdraw", "label"}),
    "userTask": _PERSON, "manualTask": _PERSON, "task": _PERSON,
    "serviceTask": frozenset({"action", "label"}),
    "sendTask": _THROWN | {"action"},
    "intermediateThrowEvent": _THROWN, "endEvent": _THROWN,
    "receiveTask": frozenset({"correlation", "label"}), "intermediateCatchEvent": frozenset({"correlation", "label"}),
    "boundaryEvent": frozenset({"correlation", "cycle", "label"}), "startEvent": frozenset({"correlation", "label"}),
    "callActivity": frozenset({"param", "label"}),
    "lane": frozenset({"assignment", "label"}),
    "multiInstanceLoopCharacteristics": frozenset({"loop"}),
    "businessRuleTask": frozenset({"decision", "label"}),
}


def check(root: etree._Element, reading: Reading) -> None:
    """Notes extension elements and attributes that are misspelled or in the wrong place."""
    for element in root.iter(f"{{{FORMLOOM}}}*"):
        name, owner = local(element), element.getparent()
        if name == "param" and owner is not None and local(owner) in ("action", "decision", "withdraw"):
            _check_attributes(element, reading)
            continue
        holder = owner.getparent() if owner is not None and local(owner) == "extensionElements" else None
        allowed = _PLACES.get(local(holder), frozenset({"label"})) if holder is not None else frozenset()
        if name not in allowed:
            reading.unknown("extension element", name, allowed, element)
        else:
            _check_attributes(element, reading)


def _check_attributes(element: etree._Element, reading: Reading) -> None:
    known = _ATTRIBUTES.get(local(element))
    for name in element.attrib:
        labels = local(element) == "outcome" and str(name).startswith("label-")
        if known is not None and name not in known and not labels:
            reading.unknown("attribute", str(name), known, element)


def extension(element: etree._Element, name: str) -> etree._Element | None:
    return next(extensions(element, name), None)


def extensions(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return element.iterfind(f"{{{BPMN}}}extensionElements/{{{FORMLOOM}}}{name}")


def binding(process: etree._Element, reading: Reading) -> None:
    found = list(extensions(process, "binding"))
    for extra in found[1:]:
        reading.problem("bpmn-binding", extra, Text("A process is bound to one entity; this is a second binding."))
    for element in found[:1]:
        name = element.get("entity", "")
        reading.entity = reading.catalog.entities.get(name)
        reading.misbound = reading.entity is None
        if reading.misbound:
            reading.unknown("entity", name, reading.catalog.entities, element)


def triggers(process: etree._Element, reading: Reading) -> tuple[Trigger, ...]:
    return tuple(filter(None, (_trigger(e, reading) for e in extensions(process, "trigger"))))


def _trigger(element: etree._Element, reading: Reading) -> Trigger | None:
    on = element.get("on", "")
    if on not in EVENTS:
        reading.unknown("trigger", on, EVENTS, element)
        return None
    _needs(element, on, reading)
    when, each = element.get("when"), element.get("for-each")
    before = {"old": Scopes(reading.catalog.entities).before(reading.entity) if reading.entity else ANY}
    return Trigger(
        on=on, action=element.get("action", ""), every=element.get("every", ""), message=element.get("message", ""),
        missed=missed(element, reading), level=element.get("level", ""), at=element.get("at", ""),
        when=reading.expression(when, element, before, results=False, condition=True) if when else None,
        for_each=_filter(each, element, reading) if each else None,
        place=Place(reading.file, line(element)),
    )


def _filter(text: str, element: etree._Element, reading: Reading) -> feel.Expression | None:
    """Asked of the database, so it must have an equivalent there."""
    known = len(reading.problems)
    expression = reading.expression(text, element, results=False, condition=True)
    if expression is not None and reading.entity is not None and len(reading.problems) == known:
        for _, reason in query.check(expression, reading.entity, reading.catalog):
            reading.problem("bpmn-trigger", element, Text("for-each cannot be asked of the database: {reason}",
                                                          reason=reason))
    return expression


def missed(element: etree._Element | None, reading: Reading) -> str:
    """What becomes of times that passed while nothing ran."""
    given = "once" if element is None else element.get("missed", "once")
    if given not in MISSED and element is not None:
        reading.problem("bpmn-timer", element, Text("{value} does not say what becomes of missed times.", value=given),
                        Text("Use once, all or skip."))
    return given


def _needs_level(element: etree._Element, reading: Reading) -> None:
    levels = reading.entity.levels if reading.entity else {}
    level = levels.get(element.get("level", ""))
    if level is None:
        reading.unknown("service level", element.get("level", ""), levels, element)
        return
    known = (*CLOCK, *(f"{percent}%" for percent in level.warn))
    if element.get("at", "") not in known:
        reading.problem("bpmn-trigger", element,
                        Text("{value} is nothing that happens to the clock {level}.", value=element.get("at") or '""',
                             level=level.name), Text("Known: {names}.", names=", ".join(known)))


def _needs(element: etree._Element, on: str, reading: Reading) -> None:
    """What each kind of trigger cannot do without."""
    if on in ("action", "created", "updated", "sla") and reading.entity is None and not reading.misbound:
        reading.problem("bpmn-trigger", element, Text("A trigger on {on} needs a bound entity.", on=on),
                        Text('Add <formloom:binding entity="..."/> to the process.'))
    if on == "action" and reading.entity and element.get("action", "") not in reading.entity.actions:
        reading.unknown("action", element.get("action", ""), reading.entity.actions, element)
    if on == "sla" and reading.entity:
        _needs_level(element, reading)
    if on in ("message", "signal") and not element.get("message"):
        reading.problem("bpmn-trigger", element, Text("A {on} trigger needs the name of its {on}: message=\"...\".",
                                                      on=on))
    every = element.get("every", "")
    if on == "schedule" and moments.next_time(every, moments.FIRST, UTC) is None:
        reading.problem("bpmn-trigger", element, Text("{every} is not a schedule.", every=every or '""'),
                        Text("Use a duration of a minute or more such as PT1H, or a cron line such as 0 8 * * 1-5."))


def assignment(element: etree._Element, lanes: Iterable[etree._Element], reading: Reading) -> Assignment:
    """`lanes`: those the task stands in, the innermost first; without an assignment of its own, they name the role."""
    found = list(extensions(element, "assignment"))
    role = "" if found else _lane_role(element, lanes, reading) or _camunda_role(element, reading)
    if role:
        return Assignment(role=role)
    if len(found) != 1 or not any(found[0].get(name) for name in _WHO):
        reading.problem("bpmn-assignment", element,
                        Text("{element} does not say who does it.", element=naming(element)),
                        Text('Add one <formloom:assignment role="..."/>, or assignee or users.'))
        return Assignment()
    given = found[0]
    due = given.get("due")
    for name in ("role", "line-until", "fallback"):
        if given.get(name) and given.get(name) not in reading.catalog.roles:
            reading.unknown("role", given.get(name, ""), reading.catalog.roles, given)
    if given.get("line-until") and not given.get("line"):
        reading.problem("bpmn-assignment", given, Text("line-until ends a line of managers, and none is asked."),
                        Text('Say how many managers are asked at most: line="3".'))
    asked = {name: _optional(given, name, reading) for name in ("assignee", "users", "roles", "line")}
    return Assignment(
        **asked, role=given.get("role", ""), due=moment("any", due, given, reading) if due else None,
        line_until=given.get("line-until", ""), head=given.get("head", ""), fallback=given.get("fallback", ""))


def _lane_role(element: etree._Element, lanes: Iterable[etree._Element], reading: Reading) -> str:
    for lane in lanes:
        given = extension(lane, "assignment")
        role = given.get("role", "") if given is not None else _role_called(lane.get("name", ""), reading)
        if role and role in reading.catalog.roles:
            reading.note("bpmn-rewritten", element, Text("{element} is for the role {role}, as its lane says.",
                                                         element=naming(element), role=role))
            return role
    return ""


def _role_called(name: str, reading: Reading) -> str:
    """A role by its name, or by its label in any language."""
    wanted = " ".join(name.split()).casefold()
    return next((role.name for role in reading.catalog.roles.values() if wanted and wanted in
                 {role.name.casefold(), *(words.casefold() for words in role.label.values())}), "")


def _camunda_role(element: etree._Element, reading: Reading) -> str:
    """Camunda's candidate groups, where that is one role of the catalog."""
    given = element.get("{http://camunda.org/schema/1.0/bpmn}candidateGroups", "").strip()
    if given not in reading.catalog.roles:
        return ""
    reading.note("bpmn-rewritten", element, Text("{element} is for the role {role}, as its candidate group says.",
                                                 element=naming(element), role=given))
    return given


def key(element: etree._Element, reading: Reading) -> feel.Expression | None:
    """What a message is correlated by; without it, by the record."""
    given = extension(element, "correlation")
    return _optional(given, "key", reading) if given is not None else None


def parameters(element: etree._Element, reading: Reading) -> dict[str, feel.Expression]:
    """Of a message, signal or call: `<formloom:param name="...">` right below the extension elements."""
    holder = element.find(f"{{{BPMN}}}extensionElements")
    return _parameters(holder, reading) if holder is not None else {}


def inputs(process: etree._Element, reading: Reading) -> tuple[str, ...]:
    names = [given.get("name", "") for given in extensions(process, "input")]
    for given in extensions(process, "input"):
        if not given.get("name", "").isidentifier():
            reading.problem("bpmn-call", given, Text("An input needs a name of letters, digits and underscores."))
    return tuple(dict.fromkeys(names))


def _optional(element: etree._Element, name: str, reading: Reading) -> feel.Expression | None:
    text = element.get(name)
    return reading.expression(text, element) if text else None


def moment(kind: str, text: str, element: etree._Element, reading: Reading) -> Moment | None:
    """ISO 8601 where the text is that, else FEEL."""
    text = text.strip()
    if moments.valid_iso(kind, text):
        return Moment(kind, iso=text)
    if text.startswith(("P", "R")) and "(" not in text and kind != "date":
        reading.problem("bpmn-timer", element,
                        Text("{element}: {text} is not a duration or cycle that can run.", element=naming(element),
                             text=text),
                        Text("Use days, hours, minutes and seconds such as P1DT2H; repeat at least PT1M apart."))
        return None
    expression = reading.expression(text, element)
    return Moment(kind, expression=expression) if expression else None


def fields(element: etree._Element, reading: Reading) -> tuple[TaskField, ...]:
    result: list[TaskField] = []
    if reading.misbound:
        return ()
    for given in extensions(element, "field"):
        name, access = given.get("name", ""), given.get("access", "show")
        if reading.entity is None or name not in reading.entity.fields:
            reading.unknown("field", name, reading.entity.fields if reading.entity else (), given)
        elif access not in ("show", "edit", "required"):
            reading.unknown("access", access, ("show", "edit", "required"), given)
        elif access != "show" and (reading.entity.fields[name].type.computed or reading.entity.fields[name].system):
            reading.problem("bpmn-field", given, Text("{field} is computed and cannot be edited.", field=name))
        else:
            result.append(TaskField(name, access, given.get("revise") == "true"))
    return tuple(result)


def outcomes(element: etree._Element, reading: Reading) -> tuple[Outcome, ...]:
    result: dict[str, Outcome] = {}
    for given in extensions(element, "outcome"):
        value, comment = given.get("value", ""), given.get("comment", "optional")
        if not value or value in result:
            reading.problem("bpmn-outcome", given, Text("Each outcome needs a value of its own; this one has {value}.",
                                                        value=value or '""'))
        if comment not in ("optional", "required"):
            reading.unknown("comment", comment, ("optional", "required"), given)
        result[value] = Outcome(value, _outcome_label(given, value), given.get("tone", "done"), comment)
    return tuple(result.values()) or (Outcome("done", {"en": "Done", "zh": "完成"}),)


def result(element: etree._Element) -> Type:
    """What later expressions read under the id of a task: of one that people do, who decided what, and when."""
    if local(element) not in ("userTask", "manualTask", "task") or _many(element):
        return ANY
    chosen = [given.get("value", "") for given in extensions(element, "outcome")] or ["done"]
    votes = {"votes": ANY} if extension(element, "approval") is not None else {}
    return static.context_of({"outcome": static.choice_of(chosen), "comment": STRING, "by": NUMBER, "at": MOMENT,
                              **votes}, element.get("id", ""))


def _many(element: etree._Element) -> bool:
    """Several results, of one round each."""
    return element.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics") is not None


def _outcome_label(element: etree._Element, value: str) -> Label:
    others = {str(k).removeprefix("label-"): str(v) for k, v in element.attrib.items() if str(k).startswith("label-")}
    return {"en": element.get("label", value), **others}


def action(element: etree._Element, reading: Reading) -> Action | None:
    found = list(extensions(element, "action"))
    if len(found) != 1 or not found[0].get("name"):
        reading.problem("bpmn-action", element, Text("{element} does not say what it does.", element=naming(element)),
                        Text('Add one <formloom:action name="..."/>.'))
        return None
    given = found[0]
    name, parameters = given.get("name", ""), _parameters(given, reading)
    if reading.service_tasks is not None:
        if name not in reading.service_tasks:
            reading.unknown("service task", name, reading.service_tasks, given)
        else:
            _check_parameters(given, reading.service_tasks[name], parameters, reading)
    return Action(name, parameters, _leaves(name, parameters, reading))


def _leaves(name: str, parameters: Mapping[str, feel.Expression], reading: Reading) -> bool:
    """A registered task says so by its attribute `leaves`: True, or the name of the parameter that makes it leave."""
    if reading.service_tasks is None:
        return True
    said = getattr(reading.service_tasks.get(name), "leaves", False)
    return said is True or said in parameters


def _parameters(element: etree._Element, reading: Reading) -> dict[str, feel.Expression]:
    result: dict[str, feel.Expression] = {}
    given = list(element.iterfind(f"{{{FORMLOOM}}}param"))
    looped = any(param.get("name") == "for" for param in given)
    for param in given:
        name = param.get("name", "")
        if not name or name in result:
            reading.problem("bpmn-action", param,
                            Text("Each parameter needs a name of its own; this one is called {name}.",
                                                       name=name or '""'))
        own = {"item": ANY} if looped and name != "for" else {}
        expression = reading.expression(words(param), param, own)
        if expression:
            result[name] = expression
    return result


def field_values(element: etree._Element, reading: Reading) -> dict[str, feel.Expression]:
    """What is written to fields of the bound record, by name."""
    return _parameters(element, reading)


def _check_parameters(element: etree._Element, task: Any, given: Mapping[str, feel.Expression],
                      reading: Reading) -> None:
    """A service task declares by its signature: keyword parameters, and `**fields` for the fields of a record."""
    declared = [p for p in inspect.signature(task).parameters.values() if p.kind is p.KEYWORD_ONLY]
    rest = next((p.name for p in inspect.signature(task).parameters.values() if p.kind is p.VAR_KEYWORD), "")
    named = {p.name for p in declared}
    for missing in sorted(p.name for p in declared if p.default is p.empty and p.name not in given):
        reading.problem("bpmn-action", element, Text("The action {action} needs the parameter {name}.",
                                                     action=element.get("name", ""), name=missing))
    entity = reading.entity
    if "entity" in given:
        target = given["entity"].constant
        entity = reading.catalog.entities.get(target) if isinstance(target, str) else None
        if isinstance(target, str) and entity is None:
            reading.unknown("entity", target, reading.catalog.entities, element)
    for name in sorted(set(given) - named - {"for"}):
        if not rest:
            reading.unknown("parameter", name, named, element)
        elif rest == "fields" and entity is not None and name not in entity.fields:
            reading.unknown("field", name, entity.fields, element)
        elif rest == "fields" and entity is not None and name in given:
            _check_value(element, entity.fields[name], given[name], reading)


def _check_value(element: etree._Element, field: Field, value: feel.Expression, reading: Reading) -> None:
    """What the field cannot take, whatever comes out."""
    found = infer(value.ast, reading.environment({"item": ANY}))
    for finding in expressions.misfit(field, value, found.type, Scopes(reading.catalog.entities)):
        reading.finding(finding, element, value.text)
