"""Writes an edited document into the XML it was read from; what was not edited stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from lxml import etree

from formloom.errors import BadRequest, Text
from formloom.workflow import markup
from formloom.workflow.decisions import requirements
from formloom.workflow.decisions.arrangement import Names, arranged, attribute, inserted, labelled, texted
from formloom.workflow.decisions.boxed import child, children, logic_in, text_of
from formloom.workflow.decisions.editing import (
    Document,
    Grid,
    InputColumn,
    OutputColumn,
    Part,
    Row,
    by_key,
    logic_holders,
    note_in,
    parsed,
    read,
)

Column = TypeVar("Column", InputColumn, OutputColumn)
_PROLOGUE: Final = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_TABLE: Final = ("description", "extensionElements", "input", "output", "annotation", "rule")
_RULE: Final = ("description", "extensionElements", "inputEntry", "outputEntry", "annotationEntry")
_CLAUSE: Final = ("description", "extensionElements", "inputExpression", "inputValues", "outputValues",
                  "defaultOutputEntry")
_DECISION: Final = ("description", "extensionElements", "question", "allowedAnswers", "variable")


def write(text: str, file: str, document: Document) -> str:
    """The file with the edits in it; the very text where there are none. Raises BadConfiguration, BadRequest.

    What a column or an expression reads becomes a requirement of its decision, with an input of the file where no
    element has that name.
    """
    old = read(text, file)
    if document == old:
        return text
    root = parsed(text, file)
    names = Names(root)
    elements = by_key(logic_holders(root))
    for part in document.parts:
        before = old.part(part.key)
        if before is None:
            raise BadRequest(Text("This file has no decision {name}.", name=part.name or part.key))
        if part != before:
            _part(elements[part.key], before, part, names)
    for part in document.parts:
        requirements.complete(root, elements[part.key], old.part(part.key), part, names)
    return serialised(root, text)


def serialised(root: etree._Element, text: str) -> str:
    """What stands around the root element, such as the declaration, stays as it is in `text`."""
    head = _PROLOGUE.match(text)
    rest = [str(etree.tostring(one, encoding="unicode", with_tail=False)) for one in root.itersiblings()]
    end = "\n" if text.endswith("\n") else ""
    return (head[0] if head else "") + str(etree.tostring(root, encoding="unicode", with_tail=False)) + "".join(
        f"\n{one}" for one in rest) + end


def _part(element: etree._Element, old: Part, new: Part, names: Names) -> None:
    labelled(element, new.label_zh, old.label_zh)
    if new.description != old.description:
        _plain(element, "description", new.description, _DECISION)
    variable = child(element, "variable")
    if new.type != old.type:
        if variable is None:
            variable = inserted(element, "variable", _DECISION)
            variable.set("name", new.name)
        attribute(variable, "typeRef", new.type)
    logic = logic_in(element)
    if logic is None:
        return
    if new.expression is not None and old.expression is not None and new.expression != old.expression:
        texted(logic, new.expression)
    if new.grid is not None and old.grid is not None and new.grid != old.grid:
        _Table(logic, old.grid, new.grid, names).write()


def _plain(parent: etree._Element, name: str, value: str, order: Sequence[str]) -> None:
    """An element that holds only text; none for no text."""
    found = child(parent, name)
    if not value:
        if found is not None:
            parent.remove(found)
        return
    if found is None:
        found = inserted(parent, name, order)
    for inner in list(found):
        found.remove(inner)
    found.text = value


@dataclass
class _Table:
    element: etree._Element
    old: Grid
    new: Grid
    names: Names
    rules: dict[str, etree._Element] = field(default_factory=dict)

    def write(self) -> None:
        """Columns first: the cells of each rule follow their columns."""
        if self.new.policy != self.old.policy:
            self.element.set("hitPolicy", self.new.policy)
        if self.new.aggregation != self.old.aggregation or self.new.policy != self.old.policy:
            attribute(self.element, "aggregation", self.new.aggregation if self.new.policy == "COLLECT" else "")
        self._columns("input", self.old.inputs, self.new.inputs, self._input)
        self._columns("output", self.old.outputs, self.new.outputs, self._output)
        self.rules = by_key(children(self.element, "rule"))
        before = {row.key: row for row in self.old.rows}
        for row in self.new.rows:
            if row.key not in self.rules:
                self.rules[row.key] = self.names.made(self.element, "rule", "rule")
            self._row(self.rules[row.key], before.get(row.key), row)
        arranged(self.element, "rule", [self.rules[row.key] for row in self.new.rows], _TABLE)

    def _columns(self, name: str, old: Sequence[Column], new: Sequence[Column],
                 fill: Callable[[etree._Element, Column | None, Column], None]) -> None:
        known = by_key(children(self.element, name))
        before = {column.key: column for column in old}
        for column in new:
            if column.key not in known:
                known[column.key] = self.names.made(self.element, name, name)
            fill(known[column.key], before.get(column.key), column)
        arranged(self.element, name, [known[column.key] for column in new], _TABLE)

    def _input(self, element: etree._Element, old: InputColumn | None, new: InputColumn) -> None:
        self._label(element, old, new)
        asked = child(element, "inputExpression")
        if asked is None:
            asked = inserted(element, "inputExpression", _CLAUSE, self.names)
        if old is None or new.expression != old.expression:
            texted(asked, new.expression)
        if old is None or new.type != old.type:
            attribute(asked, "typeRef", new.type)
        self._expression(element, "inputValues", old.values if old else "", new.values)

    def _output(self, element: etree._Element, old: OutputColumn | None, new: OutputColumn) -> None:
        self._label(element, old, new)
        if old is None or new.name != old.name:
            attribute(element, "name", new.name)
        if old is None or new.type != old.type:
            attribute(element, "typeRef", new.type)
        self._expression(element, "outputValues", old.values if old else "", new.values)
        self._expression(element, "defaultOutputEntry", old.default if old else "", new.default)

    def _label(self, element: etree._Element, old: Any, new: Any) -> None:
        if old is None or new.label != old.label:
            attribute(element, "label", new.label)
        labelled(element, new.label_zh, old.label_zh if old else "")

    def _expression(self, parent: etree._Element, name: str, old: str, new: str) -> None:
        if new == old:
            return
        found = child(parent, name)
        if not new.strip():
            if found is not None:
                parent.remove(found)
            return
        texted(inserted(parent, name, _CLAUSE, self.names) if found is None else found, new)

    def _row(self, rule: etree._Element, old: Row | None, new: Row) -> None:
        self._cells(rule, "inputEntry", _places(self.old.inputs, self.new.inputs), new.tests, "-")
        self._cells(rule, "outputEntry", _places(self.old.outputs, self.new.outputs), new.results, "")
        if new.note != (old.note if old else ""):
            self._note(rule, new.note)
        labelled(rule, new.note_zh, old.note_zh if old else "")

    def _cells(self, rule: etree._Element, name: str, places: Sequence[int | None], texts: Sequence[str],
               blank: str) -> None:
        there = children(rule, name)
        cells = []
        for place, text in zip(places, texts, strict=True):
            found = there[place] if place is not None and place < len(there) else None
            cell = self.names.made(rule, name, name) if found is None else found
            if found is None or text.strip() != text_of(cell).strip():
                texted(cell, text or blank)
            cells.append(cell)
        arranged(rule, name, cells, _RULE)

    def _note(self, rule: etree._Element, note: str) -> None:
        """Where the remarks of this table are kept already; else an annotation, which DMN knows since 1.2."""
        found = note_in(rule)
        if found is not None:
            for inner in list(found):
                found.remove(inner)
            found.text = note
        elif "/2015" not in markup.namespace(rule):     # DMN 1.1, the only older one in use, knows no annotations
            if child(self.element, "annotation") is None:
                inserted(self.element, "annotation", _TABLE).set("name", "Note")
            entry = inserted(rule, "annotationEntry", _RULE)
            texted(entry, note)
        else:
            inserted(rule, "description", _RULE).text = note


def _places(old: Sequence[Column], new: Sequence[Column]) -> list[int | None]:
    """Where each column stood before."""
    at: Mapping[str, int] = {column.key: n for n, column in enumerate(old)}
    return [at.get(column.key) for column in new]

