"""What decision logic reads has to be required: an edited column finds its input, or gets one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from formloom import feel
from formloom.feel import FeelSyntaxError
from formloom.workflow import markup
from formloom.workflow.decisions import layout
from formloom.workflow.decisions.arrangement import Names, attribute, inserted
from formloom.workflow.decisions.boxed import child, children
from formloom.workflow.decisions.editing import KINDS, Part

_WORDS: Final = re.compile(r"[^\W\d]\w*(?: \w+)*")
_BEFORE_LOGIC: Final = ("description", "extensionElements", "question", "allowedAnswers", "variable",
                        "informationRequirement", "knowledgeRequirement", "authorityRequirement")
_BEFORE_DECISIONS: Final = ("description", "extensionElements", "import", "itemDefinition", "inputData")


def complete(
    root: etree._Element, decision: etree._Element, before: Part | None, part: Part, names: Names
) -> None:
    """Adds what the edits of a decision need; a requirement too many does no harm and stays."""
    known = known_names(root)
    settled = dict(_read_by(before, known)) if before is not None else {}
    wanted = {name: type_ for name, type_ in dict(_read_by(part, known)).items() if name not in settled}
    drawn = child(root, "inputData") is not None     # otherwise what the columns ask for is an input without saying
    seen = {_name_of(root, href) for href in _hrefs(decision)}
    for name, type_ in wanted.items():
        if not name or name in seen or name == part.name:
            continue
        found = next((one for one in children(root)
                      if one.get("name") == name and markup.local(one) in ("inputData", *KINDS)), None)
        if found is None and drawn and type_ is not None and name not in known:
            found = new_input(root, name, type_, names)
        if found is not None:
            _require(decision, found, names)


def free_names(text: str, known: frozenset[str], unary: bool = False) -> frozenset[str]:
    """Names that an expression reads from around it; none of a text that is no FEEL."""
    try:
        return feel.compile(text, known, unary).names if text.strip() else frozenset()
    except FeelSyntaxError:
        return frozenset()


def feel_reads(text: str, known: frozenset[str]) -> bool:
    try:
        feel.compile(text, known)
    except FeelSyntaxError:
        return False
    return True


def known_names(root: etree._Element) -> frozenset[str]:
    """What any logic of the file may read: its elements, and the names of imports."""
    held = ("inputData", "import", *KINDS)
    return frozenset(one.get("name", "") for one in children(root) if markup.local(one) in held) - {""}


def _read_by(part: Part, known: frozenset[str]) -> Iterator[tuple[str, str | None]]:
    """Names with the type of the input column that is just that name; None for a name inside an expression."""
    texts = [part.expression or ""]
    if part.grid is not None:
        texts += [text for row in part.grid.rows for text in row.results]
        tests = [text for row in part.grid.rows for text in row.tests]
        for text in tests:
            yield from ((name, None) for name in free_names(text, known, unary=True))
    for text in texts:
        yield from ((name, None) for name in free_names(text, known))
    for column in part.grid.inputs if part.grid is not None else ():
        text = column.expression.strip()
        if not feel_reads(text, known) and _WORDS.fullmatch(text):
            known |= {text}                 # a name of several words, which nobody has given yet
        for name in free_names(text, known):
            yield name, column.type if name == text else ""


def _hrefs(decision: etree._Element) -> list[str]:
    return [one.get("href", "") for holder in children(decision) for one in children(holder) if one.get("href")]


def _name_of(root: etree._Element, href: str) -> str:
    identity = href.rpartition("#")[2]
    return next((one.get("name", "") for one in children(root) if one.get("id") == identity), "")


def new_input(root: etree._Element, name: str, type_: str, names: Names) -> etree._Element:
    made = inserted(root, "inputData", _BEFORE_DECISIONS, names)
    made.set("name", name)
    variable = inserted(made, "variable", ("variable",))
    variable.set("name", name)
    attribute(variable, "typeRef", type_)
    return made


def _require(decision: etree._Element, needed: etree._Element, names: Names) -> None:
    knowledge = markup.local(needed) in ("businessKnowledgeModel", "decisionService")
    kind, target = ("knowledgeRequirement", "requiredKnowledge") if knowledge else (
        "informationRequirement", "requiredInput" if markup.local(needed) == "inputData" else "requiredDecision")
    if not needed.get("id"):
        needed.set("id", names.fresh("input"))
    made = inserted(decision, kind, _BEFORE_LOGIC, names)
    inserted(made, target, (target,)).set("href", f"#{needed.get('id')}")
    layout.connect(made, needed, decision, names)
