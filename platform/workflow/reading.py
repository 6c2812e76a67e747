"""What one reading of a diagram knows and collects: the catalog around it, the names in it, the problems found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from lxml import etree

from formloom import feel
from formloom.errors import KINDS, FormloomError, Place, Problem, Text, near
from formloom.feel import findings
from formloom.feel.findings import Finding
from formloom.feel.inference import infer
from formloom.feel.static import ANY, NUMBER, Environment, Type
from formloom.metadata.catalog import EMPTY, Catalog, Entity, Label
from formloom.metadata.scopes import STARTER, Scopes
from formloom.workflow.decisions.library import Decisions
from formloom.workflow.markup import BPMN, FORMLOOM, MAX_SECONDS, line, local, namespace

ROUND: Mapping[str, Type] = {"loopCounter": NUMBER}
COUNTS: Mapping[str, Type] = dict.fromkeys(
    ("numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances", "numberOfTerminatedInstances",
     "loopCounter"), NUMBER)
# What a process still needs before it can be put into force, though its drawing can run.
LACKING = frozenset({
    "bpmn-executable", "bpmn-assignment", "bpmn-action", "bpmn-expression", "bpmn-script", "bpmn-timer", "bpmn-message",
    "bpmn-signal", "bpmn-error", "bpmn-escalation", "bpmn-cancel", "bpmn-condition", "bpmn-gateway", "bpmn-loop",
    "bpmn-call", "bpmn-data", "bpmn-extension", "bpmn-empty", "bpmn-idle", "bpmn-trigger", "bpmn-binding", "bpmn-field",
    "bpmn-outcome", "bpmn-decision", "bpmn-approval"})


class TooSlow(FormloomError):
    """A diagram that takes too long to read."""

    code = "slow-diagram"


@dataclass(frozen=True, slots=True)
class Spoken:
    """An expression with what its names mean; the element says it, in an attribute, in its text or just below."""

    element: etree._Element
    text: str
    environment: Environment


@dataclass(slots=True)
class Reading:
    file: str
    catalog: Catalog
    service_tasks: Mapping[str, Any] | None = None
    decisions: Decisions | None = None
    process: str = ""
    entity: Entity | None = None
    misbound: bool = False                      # bound to an entity that does not exist: its names cannot be checked
    inputs: Mapping[str, Type] = EMPTY          # what a call gives this process, or the message that starts it
    results: Mapping[str, Type] = EMPTY         # by id of the element: what later expressions may read
    problems: list[Problem] = field(default_factory=list)
    rewrites: list[Problem] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)      # every expression, with what its names mean
    called: Mapping[str, str] = EMPTY           # texts of processes that may be called, by key
    callers: tuple[str, ...] = ()               # keys of the processes that are being read around this one
    known: dict[str, Any] = field(default_factory=dict)     # called processes that were read already, by key
    deadline: float = field(default_factory=lambda: monotonic() + MAX_SECONDS)

    def hurry(self) -> None:
        """Ends a reading that takes too long: a drawing must not keep the server busy."""
        if monotonic() > self.deadline:
            raise TooSlow(Text("The diagram takes longer than {limit} seconds to read.", limit=MAX_SECONDS))

    def note(self, code: str, element: etree._Element, message: Text) -> None:
        """Something that runs as an equivalent, for whoever drew it."""
        self.rewrites.append(Problem(code, message, Place(self.file, line(element)), None, "note",
                                     element=naming(element)))

    def problem(self, code: str, element: etree._Element, message: Text, hint: Text | None = None,
                severity: str = "error", guess: str | None = None) -> None:
        self.problems.append(Problem(code, message, Place(self.file, line(element)), hint, severity,
                                     element=naming(element), near=guess))

    def unknown(self, kind: str, name: str, known: Iterable[str], element: etree._Element) -> None:
        """A name that should be one of `known`: says so, and which one it probably is."""
        names = sorted(known)
        guess = near(name, names)
        hint = Text("Did you mean {near}?", near=guess) if guess else Text("Known: {names}.", names=", ".join(names))
        self.problem(f"unknown-{kind.replace(' ', '-')}", element,
                     Text("{element} names the {kind} {name}, which does not exist.",
                          element=naming(element), kind=KINDS[kind], name=name), hint, guess=guess)

    def environment(self, own: Mapping[str, Type] = EMPTY, results: bool = True) -> Environment:
        """What an expression may use: fields of the bound record, `record`, `user`, and results of tasks."""
        named = {"user": STARTER, **(self.results if results else {}), **self.inputs, **own}
        if self.entity is None:
            return Environment({"record": ANY, **named}, open=self.misbound)
        around = Scopes(self.catalog.entities).environment(self.entity)
        return around.knowing(**named)

    def expression(self, text: str, element: etree._Element, own: Mapping[str, Type] = EMPTY, *,
                   results: bool = True, condition: bool = False) -> feel.Expression | None:
        """Compiled, or None with the problem noted: what is wrong with it otherwise is noted as well."""
        around = self.environment({**rounds(element), **own}, results)
        self.spoken.append(Spoken(element, text.strip(), around))
        try:
            expression = feel.compile(text.strip(), around.names())
        except feel.FeelSyntaxError as error:
            self.problem("bpmn-expression", element,
                         Text("{element}: {text} is not FEEL: {reason}",
                              element=naming(element), text=text.strip(), reason=error.reason), error.hint)
            return None
        found = infer(expression.ast, around)
        for finding in found.findings:
            self.finding(finding, element, text)
        if condition and found.type.name not in ("boolean", "any", "null"):
            self.finding(findings.not_a_condition(found.type, expression.ast), element, text)
        return expression

    def finding(self, finding: Finding, element: etree._Element, text: str) -> None:
        """What is wrong with an expression, at the element that it belongs to."""
        message = Text("{element}: {text}: {what}", element=naming(element), text=text.strip(), what=finding.message)
        self.problem(finding.code, element, message, finding.hint, guess=finding.near)


def lacks(problem: Problem) -> bool:
    """Whether the process only needs something more, or cannot run as it is drawn."""
    return problem.code in LACKING or not problem.code.startswith("bpmn-")


def rounds(element: etree._Element) -> Mapping[str, Type]:
    """Names that exist inside activities which run more than once."""
    found: dict[str, Type] = {}
    for node in (element, *element.iterancestors()):
        for loop in node.iterfind(f"{{{BPMN}}}multiInstanceLoopCharacteristics"):
            found |= {**COUNTS, item_name(loop): ANY}
        if node.find(f"{{{BPMN}}}standardLoopCharacteristics") is not None:
            found |= ROUND
    return found


def item_name(loop: etree._Element) -> str:
    given = loop.find(f"{{{BPMN}}}extensionElements/{{{FORMLOOM}}}loop")
    data = loop.find(f"{{{BPMN}}}inputDataItem")
    names = [given.get("item") if given is not None else "", data.get("name") if data is not None else ""]
    return next(filter(None, names), "item")


def naming(element: etree._Element) -> str:
    """The element as a person finds it in the diagram: `userTask review "Review"`, also from inside it."""
    node: etree._Element | None = element
    while node is not None and not (namespace(node) == BPMN and node.get("id")):
        node = node.getparent()
    if node is None:
        return local(element)
    name = f' "{node.get("name")}"' if node.get("name") else ""
    return f"{local(node)} {node.get('id')}{name}"


def label_of(element: etree._Element) -> Label:
    """English is the element's name; `<formloom:label zh="..."/>` adds other languages."""
    label = {"en": element.get("name", "")} if element.get("name") else {}
    for given in element.findall(f"{{{BPMN}}}extensionElements/{{{FORMLOOM}}}label"):
        label |= {str(key): str(value) for key, value in given.attrib.items()}
    return label or EMPTY
