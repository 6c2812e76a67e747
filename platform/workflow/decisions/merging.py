"""DMN for `xml_merging`: decisions, inputs and rules are parts; what stands in a cell belongs to its column.

The cells of a rule stand in the order of the columns. They are merged by the column's id, so that a column more on one
side and a rule more on the other come together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

from lxml import etree

from formloom.errors import Text
from formloom.metadata.merging import Choices
from formloom.workflow import xml_merging
from formloom.workflow.differences import parsed
from formloom.workflow.markup import local, namespace, words
from formloom.workflow.xml_merging import Merged
from formloom.workflow.xml_trees import FIRST, Dialect, Tree, folded_names

ASPECTS: Final[Mapping[str, Text]] = {
    "name": Text("name"), "cell": Text("a cell"), "hit policy": Text("which rule wins"), "logic": Text("calculation"),
    "requires": Text("what it needs"), "type": Text("type"), "allowed": Text("allowed values"),
    "other": Text("details"),
}
_ASPECT: Final = {
    "name": "name", "label": "name", "inputEntry": "cell", "outputEntry": "cell", "annotationEntry": "cell",
    "hitPolicy": "hit policy", "aggregation": "hit policy", "text": "logic", "literalExpression": "logic",
    "informationRequirement": "requires", "knowledgeRequirement": "requires", "authorityRequirement": "requires",
    "typeRef": "type", "inputValues": "allowed", "outputValues": "allowed", "allowedValues": "allowed",
}
_PARTS: Final = frozenset({
    "decision", "inputData", "businessKnowledgeModel", "knowledgeSource", "decisionService", "itemDefinition",
    "decisionTable", "input", "output", "rule", "textAnnotation", "association", "import"})
_CELLS: Final = {"inputEntry": "input", "outputEntry": "output"}
_NUMBER: Final = "#rule "         # in the place of ids that rules lack, while they are merged


def merge(base: str, ours: str, theirs: str, choices: Choices | None = None) -> Merged:
    """By element id; where both changed the same, ours holds until it is decided. Raises BadConfiguration.

    Rules without ids are the same where they stand in the place of each other: between rules that say the same.
    """
    was, mine, other = roots = [parsed(text) for text in (base, ours, theirs)]
    rules = [list(_bare(root)) for root in roots]
    if not any(rules):
        return xml_merging.merge(base, ours, theirs, DIALECT, choices)
    _number(rules[0], rules[0])
    for side in rules[1:]:
        _number(rules[0], side)
    old, new, given = (etree.tostring(root, encoding="unicode") for root in (was, mine, other))
    found = xml_merging.merge(old, new, given, DIALECT, choices)
    same = {old: base, new: ours, given: theirs}
    return Merged(same.get(found.text) or _without_numbers(found.text), found.conflicts)


def _bare(root: etree._Element) -> Iterator[etree._Element]:
    return (rule for rule in root.iter(etree.Element) if local(rule) == "rule" and not rule.get("id"))


def _number(base: Sequence[etree._Element], side: Sequence[etree._Element]) -> None:
    """Each rule of a side the number of the rule of base that it is, or one of its own."""
    old, new = [_said(rule) for rule in base], [_said(rule) for rule in side]
    names = [f"{_NUMBER}new {text}" for text in new]
    for _, start, end, at, to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        names[at:min(to, at + end - start)] = [f"{_NUMBER}{n}" for n in range(start, min(end, start + to - at))]
    for rule, name in zip(side, names, strict=True):
        rule.set("id", name)


def _said(rule: etree._Element) -> str:
    table = rule.getparent()
    decision = table.getparent() if table is not None else None
    return " | ".join([decision.get("id", "") if decision is not None else "", *map(words, rule)])


def _without_numbers(text: str) -> str:
    root = parsed(text)
    for element in root.iter(etree.Element):
        if (element.get("id") or "").startswith(_NUMBER):
            del element.attrib["id"]
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, encoding="unicode") + "\n"


def resolved(base: str, ours: str, theirs: str, choices: Choices) -> str:
    return merge(base, ours, theirs, choices).text


def _key(element: etree._Element, parent: str) -> str:
    """Parts without an id are told by what is around them and by their names."""
    kind = local(element)
    if kind not in _PARTS or "/DMN/" not in namespace(element):
        return ""
    if element.get("id"):
        return str(element.get("id"))
    return f"{parent}/{kind}: {element.get('name') or element.get('label') or ''}"


def _name(element: etree._Element) -> str:
    """Of a cell the column it stands below; of a requirement what is required."""
    if local(element) in _CELLS:
        return _column(element)
    target = next((str(child.get("href")) for child in element if isinstance(child.tag, str) and child.get("href")), "")
    return target or str(element.get("href") or element.get("name") or "")


def _column(cell: etree._Element) -> str:
    rule = cell.getparent()
    table = rule.getparent() if rule is not None else None
    if rule is None or table is None:
        return ""
    kind, column = local(cell), _CELLS[local(cell)]
    at = [one for one in rule if isinstance(one.tag, str) and local(one) == kind].index(cell)
    columns = [one for one in table if isinstance(one.tag, str) and local(one) == column]
    if at >= len(columns):
        return str(at)
    return str(columns[at].get("id") or columns[at].get("label") or columns[at].get("name") or at)


def _aspect(path: tuple[str, ...]) -> str:
    names = [part.removeprefix("@").split(" ")[0] for part in path]
    return next((_ASPECT[name] for name in names if name in _ASPECT), "other")


def _finish(made: dict[str, etree._Element], parts: dict[str, Tree]) -> None:
    """Cells in the order of the columns, one for each; a column that a rule knows nothing of takes anything."""
    for key, element in made.items():
        if local(element) == "decisionTable":
            _order(element)
        if local(element) == "rule":
            _fill(element, parts[key])


def _order(table: etree._Element) -> None:
    """Columns before rules, as the schema wants."""
    ranks = {"input": 1, "output": 2, "annotation": 3, "rule": 4}
    table[:] = sorted(table, key=lambda child: ranks.get(local(child), 0) if isinstance(child.tag, str) else 0)


def _fill(rule: etree._Element, tree: Tree) -> None:
    table = rule.getparent()
    if table is None:
        return
    names = sorted(folded_names(tree), key=lambda name: FIRST.get(name, 2))
    cells = dict(zip(names, rule, strict=True))
    space = namespace(rule)
    wanted: list[etree._Element] = []
    for kind, column in _CELLS.items():
        for at, one in enumerate(c for c in table if isinstance(c.tag, str) and local(c) == column):
            name = f"{kind} {one.get('id') or one.get('label') or one.get('name') or at}"
            wanted.append(cells.pop(name) if name in cells else _empty(space, kind))
    rest = [cell for name, cell in cells.items() if name.split(" ")[0] not in _CELLS]
    head = [cell for cell in rest if isinstance(cell.tag, str) and local(cell) in FIRST]
    rule[:] = [*head, *wanted, *(cell for cell in rest if cell not in head)]


def _empty(space: str, kind: str) -> etree._Element:
    cell = etree.Element(f"{{{space}}}{kind}")
    etree.SubElement(cell, f"{{{space}}}text").text = "-" if kind == "inputEntry" else ""
    return cell


DIALECT: Final = Dialect(
    key=_key, name=_name, hard=frozenset(), drawing=lambda element: "/DMNDI/" in namespace(element),
    shows="dmnElementRef", aspect=_aspect, prepare=lambda root, parts: None, finish=_finish)
