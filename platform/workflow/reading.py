"""What one reading of a diagram knows and collects: the catalog around it, the names in it, the problems found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from lxml import etree

from formloom import feel
from formloom.errors import KINDS, FormloomError, Place, Problem, Text, near
from formloom.feel import functions
from formloom.metadata.catalog import EMPTY, Catalog, Entity, Label
from formloom.workflow.markup import BPMN, FORMLOOM, MAX_SECONDS, line, local, namespace

ROUND = frozenset({"loopCounter"})
COUNTS = frozenset({"numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances",
                    "numberOfTerminatedInstances"}) | ROUND
# What a process still needs before it can be put into force, though its drawing can run.
LACKING = frozenset({
    "bpmn-executable", "bpmn-assignment", "bpmn-action", "bpmn-expression", "bpmn-script", "bpmn-timer", "bpmn-message",
    "bpmn-signal", "bpmn-error", "bpmn-escalation", "bpmn-cancel", "bpmn-condition", "bpmn-gateway", "bpmn-loop",
    "bpmn-call", "bpmn-data", "bpmn-extension", "bpmn-empty", "bpmn-idle", "bpmn-trigger", "bpmn-binding", "bpmn-field",
    "bpmn-outcome"})
AMBIENT = frozenset({"record", "user"})     # what every expression of a bound process sees besides fields and results


class TooSlow(FormloomError):
    """A diagram that takes too long to read."""

    code = "slow-diagram"


@dataclass(slots=True)
class Reading:
    file: str
    catalog: Catalog
    service_tasks: Mapping[str, Any] | None = None
    entity: Entity | None = None
    misbound: bool = False                      # bound to an entity that does not exist: its names cannot be checked
    inputs: frozenset[str] = frozenset()        # what a call may give this process
    results: frozenset[str] = frozenset()       # ids of elements whose result later expressions may read
    problems: list[Problem] = field(default_factory=list)
    rewrites: list[Problem] = field(default_factory=list)
    called: Mapping[str, str] = EMPTY           # texts of processes that may be called, by key
    callers: tuple[str, ...] = ()               # keys of the processes that are being read around this one
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

    @property
    def names(self) -> frozenset[str]:
        fields = frozenset(self.entity.fields) if self.entity else frozenset()
        return fields | self.results | self.inputs | AMBIENT

    def expression(self, text: str, element: etree._Element, extra: Iterable[str] = (),
                   names: frozenset[str] | None = None) -> feel.Expression | None:
        """Compiled, or None with the problem noted: bad syntax, or a name that means nothing here."""
        known = (self.names if names is None else names) | frozenset(extra) | rounds(element)
        try:
            expression = feel.compile(text.strip(), known)
        except feel.FeelSyntaxError as error:
            self.problem("bpmn-expression", element,
                         Text("{element}: {text} is not FEEL: {reason}",
                              element=naming(element), text=text.strip(), reason=error.reason), error.hint)
            return None
        if not self.misbound:
            for name in sorted(expression.names - known - functions.NAMES):
                self.unknown("name", name, known, element)
            self._check_paths(expression, element)
        return expression

    def _check_paths(self, expression: feel.Expression, element: etree._Element) -> None:
        """A field read through a reference must be one of the entity it points at."""
        for path in sorted(expression.paths):
            entity = self.entity
            for step in path[1:] if path[0] == "record" else path:
                found = entity.fields.get(step) if entity else None
                if entity and not found and step != path[0]:
                    self.unknown("field", step, entity.fields, element)
                target = found.target if found and found.type.name == "reference" else None
                entity = self.catalog.entities.get(target) if target else None


def lacks(problem: Problem) -> bool:
    """Whether the process only needs something more, or cannot run as it is drawn."""
    return problem.code in LACKING or problem.code.startswith("unknown-")


def rounds(element: etree._Element) -> frozenset[str]:
    """Names that exist inside activities which run more than once."""
    found: set[str] = set()
    for node in (element, *element.iterancestors()):
        for loop in node.iterfind(f"{{{BPMN}}}multiInstanceLoopCharacteristics"):
            found |= {item_name(loop), *COUNTS}
        if node.find(f"{{{BPMN}}}standardLoopCharacteristics") is not None:
            found |= ROUND
    return frozenset(found)


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
