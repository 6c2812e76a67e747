"""What a DMN file must not leave out or contradict: names, logic, what requirements and types point at, circles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from formloom import feel
from formloom.errors import Place, Problem, Text, near
from formloom.workflow import markup
from formloom.workflow.decisions.boxed import child, children, label_of, logic_in, text_of
from formloom.workflow.decisions.types import NAMES, Types, local

_KINDS = ("inputData", "decision", "businessKnowledgeModel", "decisionService")
_POINTERS = ("requiredInput", "requiredDecision", "requiredKnowledge", "inputData", "inputDecision", "outputDecision",
             "encapsulatedDecision")


@dataclass(frozen=True, slots=True)
class _File:
    root: etree._Element
    name: str
    types: Types
    has: Callable[[str], bool]

    @property
    def nodes(self) -> list[etree._Element]:
        return [one for one in children(self.root) if markup.local(one) in _KINDS]

    def problem(self, code: str, element: etree._Element, message: Text, hint: Text | None = None) -> Problem:
        return Problem(code, message, Place(self.name, markup.line(element)), hint, element=element.get("id", ""))


def check(root: etree._Element, file: str, types: Types, has: Callable[[str], bool]) -> Iterator[Problem]:
    """`has`: whether a href names an element of this file or of one that it imports."""
    given = _File(root, file, types, has)
    yield from _names(given)
    for node in given.nodes:
        yield from _logic(given, node)
        yield from _requirements(given, node)
    yield from _types(given)
    yield from _circle(given)


def _names(file: _File) -> Iterator[Problem]:
    counts = Counter(node.get("id", "") for node in file.nodes)
    for node in file.nodes:
        if not node.get("name", "").strip():
            yield file.problem("dmn-name", node, Text("The {kind} {id} needs a name.", kind=markup.local(node),
                                                      id=node.get("id", "")))
        if counts[node.get("id", "")] > 1:
            yield file.problem("dmn-id", node, Text("{name} needs an id of its own.", name=node.get("name", "")))


def _logic(file: _File, node: etree._Element) -> Iterator[Problem]:
    kind, name = markup.local(node), label_of(node, node.get("name", ""))
    if kind == "decision":
        held = logic_in(node)
        if held is None or (markup.local(held) == "literalExpression" and not text_of(held).strip()):
            yield file.problem("dmn-logic", node, Text("The decision {name} has no logic.", name=name),
                               Text("Give it a decision table or an expression."))
    elif kind == "businessKnowledgeModel":
        held = child(node, "encapsulatedLogic")
        if held is None or logic_in(held) is None:
            yield file.problem("dmn-logic", node, Text("The knowledge model {name} has no logic.", name=name))
    elif kind == "decisionService" and child(node, "outputDecision") is None:
        yield file.problem("dmn-logic", node, Text("The decision service {name} has no output decision.", name=name))


def _requirements(file: _File, node: etree._Element) -> Iterator[Problem]:
    for element in node.iter():
        href = element.get("href")
        if href is not None and isinstance(element.tag, str) and markup.local(element) in _POINTERS \
                and not file.has(href):
            yield file.problem("dmn-requirement", element,
                               Text("{name} requires {href}, which does not exist.",
                                    name=label_of(node, node.get("name", "")), href=href),
                               Text("Draw the requirement again, or delete it."))


def _types(file: _File) -> Iterator[Problem]:
    known = {*file.types.items, *NAMES}
    for element in file.root.iter():
        if not isinstance(element.tag, str):
            continue
        held = markup.words(element) if markup.local(element) == "typeRef" else element.get("typeRef")
        name = local(held or "Any")
        if name and name not in known:
            guess = near(name, known)
            yield file.problem("dmn-type", element, Text("There is no type {name}.", name=name),
                               Text("Did you mean {near}?", near=guess) if guess else None)
        if markup.local(element) in ("allowedValues", "typeConstraint"):
            yield from _allowed(file, element)


def _allowed(file: _File, element: etree._Element) -> Iterator[Problem]:
    try:
        feel.compile(text_of(element), unary=True)
    except feel.FeelSyntaxError as error:
        yield file.problem("dmn-expression", element, Text("The allowed values {text} are not FEEL: {reason}",
                                                           text=text_of(element).strip(), reason=error.reason))


def _circle(file: _File) -> Iterator[Problem]:
    """Decisions that require each other: what is left when those that need nothing more are taken away."""
    decisions = {node.get("id", ""): node for node in file.nodes if markup.local(node) == "decision"}
    needs = {
        key: {one.get("href", "").rpartition("#")[2] for held in children(node, "informationRequirement")
              for one in children(held, "requiredDecision")} & decisions.keys()
        for key, node in decisions.items()}
    while free := [key for key, required in needs.items() if not required & needs.keys()]:
        for key in free:
            del needs[key]
    for key in needs:
        yield file.problem("dmn-circle", decisions[key],
                           Text("The decision {name} needs itself, directly or through others.",
                                name=label_of(decisions[key], decisions[key].get("name", ""))))
