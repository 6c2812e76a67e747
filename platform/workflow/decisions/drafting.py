"""A new DMN 1.5 file: one decision table with its inputs, rules and diagram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lxml import etree

from formloom.workflow import markup
from formloom.workflow.decisions import layout, requirements
from formloom.workflow.decisions.arrangement import Names
from formloom.workflow.decisions.editing import Document, Grid, InputColumn, OutputColumn, Part, Row
from formloom.workflow.decisions.rewriting import write

SPACE: Final = "https://formloom.org/decisions/"
_FEEL: Final = "https://www.omg.org/spec/DMN/20230324/FEEL/"


def draft(key: str, name: str, label_zh: str, inputs: Sequence[InputColumn], outputs: Sequence[OutputColumn]) -> str:
    """`key` is the id that processes call. One rule that accepts anything is there to begin with."""
    root = _empty(key, name)
    for column in inputs:
        requirements.new_input(root, column.expression.strip(), column.type, Names(root))
    blank = str(etree.tostring(root, encoding="unicode"))
    row = Row("row", tuple("-" for _ in inputs), tuple("" for _ in outputs))
    grid = Grid(tuple(inputs), tuple(outputs), (row,), "FIRST")
    part = Part(key, "decision", name, label_zh, "", "", grid)
    text = write(blank, key, Document(name, SPACE + key, (part,)))
    return _drawn(text)


def _empty(key: str, name: str) -> etree._Element:
    root = etree.Element(f"{{{layout.DMN}}}definitions", nsmap={
        None: layout.DMN, "dmndi": layout.DMNDI, "dc": layout.DC, "di": layout.DI,     # type: ignore[dict-item]
        "formloom": markup.FORMLOOM})
    for attribute, value in (("id", f"{key}_file"), ("name", name), ("namespace", SPACE + key),
                             ("typeLanguage", _FEEL), ("expressionLanguage", _FEEL)):
        root.set(attribute, value)
    decision = etree.SubElement(root, f"{{{layout.DMN}}}decision", id=key, name=name)
    etree.SubElement(decision, f"{{{layout.DMN}}}variable", name=name)
    etree.SubElement(decision, f"{{{layout.DMN}}}decisionTable", id=f"{key}_table", hitPolicy="FIRST")
    return root


def _drawn(text: str) -> str:
    """With a shape for every element and an edge for every requirement."""
    root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    names = Names(root)
    diagram = etree.SubElement(root, f"{{{layout.DMNDI}}}DMNDI")
    plane = etree.SubElement(diagram, f"{{{layout.DMNDI}}}DMNDiagram", id=names.fresh("DMNDiagram"))
    shapes = layout.layered(root)
    for shape in shapes.values():
        layout.write_shape(plane, shape, names)
    for requirement in root.iter(f"{{{layout.DMN}}}informationRequirement"):
        needed, decision = str(requirement[0].get("href", ""))[1:], requirement.getparent()
        if decision is not None and needed in shapes:
            points = (shapes[needed].top, shapes[str(decision.get("id"))].bottom)
            layout.write_edge(plane, str(requirement.get("id")), points, names)
    etree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + str(etree.tostring(root, encoding="unicode")) + "\n"
