"""Diagrams and decisions merged three ways: by element, with nothing lost on either side."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from formloom.workflow import merging
from formloom.workflow.decisions import merging as tables
from formloom.workflow.differences import compare

ROOT = Path(__file__).parents[2]
DRAWN = sorted([*ROOT.glob("config/workflows/*.bpmn"), *ROOT.glob("packs/*/workflows/*.bpmn")])
DECIDED = sorted(ROOT.glob("config/decisions/*.dmn"))
APPROVAL = (ROOT / "packs/leave/workflows/leave_approval.bpmn").read_text(encoding="utf-8")
MATRIX = (ROOT / "config/decisions/approval_matrix.dmn").read_text(encoding="utf-8")


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("file", DRAWN, ids=lambda file: file.stem)
def test_edits_of_both_sides_come_together(file: Path) -> None:
    base = file.read_text(encoding="utf-8")
    ours = base.replace("<bpmn:documentation>", "<bpmn:documentation>Ours. ", 1)
    more = ("</bpmn:process>", '<bpmn:manualTask id="extra"/></bpmn:process>')
    theirs = replaced(base, more)
    found = merging.merge(base, ours, theirs)
    assert not found.conflicts
    assert compare(replaced(ours, more), found.text) == ()
    assert merging.merge(base, found.text, theirs).text == found.text


@pytest.mark.parametrize("file", DRAWN, ids=lambda file: file.stem)
def test_one_side_alone_is_taken_whole(file: Path) -> None:
    base = file.read_text(encoding="utf-8")
    edited = replaced(base, ("</bpmn:process>", '<bpmn:manualTask id="extra"/></bpmn:process>'))
    assert merging.merge(base, base, edited).text == edited
    assert merging.merge(base, edited, base).text == edited


def test_condition_changed_on_both_sides_is_a_conflict() -> None:
    ours, theirs = (replaced(APPROVAL, ("days &gt; 5", f"days &gt; {n}")) for n in (7, 9))
    found = merging.merge(APPROVAL, ours, theirs)
    conflict, = found.conflicts
    assert (conflict.id, conflict.element, conflict.aspect, conflict.base, conflict.ours, conflict.theirs) == (
        "flow_long_personnel", "sequenceFlow", "condition", "days > 5", "days > 7", "days > 9")
    assert "days &gt; 7" in found.text
    assert "days &gt; 9" in merging.resolved(APPROVAL, ours, theirs, {conflict.path: "theirs"})


def test_step_removed_by_one_and_connected_by_the_other() -> None:
    gone = ['id="tell_substitute"', "_tell_substitute"]
    theirs = without(APPROVAL, *gone)
    ours = replaced(APPROVAL, ('<bpmn:sequenceFlow id="flow_tell_substitute_done"',
                               '<bpmn:sequenceFlow id="again" sourceRef="tell_no" targetRef="tell_substitute"/>'
                               '<bpmn:sequenceFlow id="flow_tell_substitute_done"'))
    found = merging.merge(APPROVAL, ours, theirs)
    conflict = next(one for one in found.conflicts if one.id == "tell_substitute")
    assert conflict.kind == "removed"
    assert "again" in conflict.dependents
    assert 'id="tell_substitute"' in found.text
    taken = merging.resolved(APPROVAL, ours, theirs, {one.path: "theirs" for one in found.conflicts})
    assert "tell_substitute" not in taken
    assert 'id="again"' not in taken


def without(text: str, *marks: str) -> str:
    """Without the step `tell_substitute`, its flows and its drawing, as a modeler would write it."""
    root = etree.fromstring(text.encode())
    for element in list(root.iter(etree.Element)):
        names = [element.get(key, "") for key in ("id", "sourceRef", "targetRef", "bpmnElement")] + [element.text or ""]
        parent = element.getparent()
        if parent is not None and any("tell_substitute" in name for name in names if not name.isspace()):
            parent.remove(element)
    return etree.tostring(root, encoding="unicode")


def test_shapes_moved_on_one_side_are_taken() -> None:
    box = re.search(r'<dc:Bounds x="(\d+)" y="(\d+)" width="100" height="80"/>', APPROVAL)
    assert box
    moved = f'<dc:Bounds x="{box[1]}" y="{int(box[2]) + 300}" width="100" height="80"/>'
    ours = APPROVAL.replace(box[0], moved, 1)
    found = merging.merge(APPROVAL, ours, replaced(APPROVAL, ("days &gt; 5", "days &gt; 9")))
    assert not found.conflicts
    assert moved.removesuffix("/>") in found.text
    for drawn in ("<bpmndi:BPMNShape", "<bpmndi:BPMNEdge", "<bpmn:incoming", "<bpmn:outgoing"):
        assert found.text.count(drawn) == APPROVAL.count(drawn)


@pytest.mark.parametrize("file", DECIDED, ids=lambda file: file.stem)
def test_decisions_come_together(file: Path) -> None:
    base = file.read_text(encoding="utf-8")
    ours = replaced(base, ("</definitions>", '<inputData id="ours" name="ours"/></definitions>'))
    theirs = replaced(base, ("</definitions>", '<inputData id="theirs" name="theirs"/></definitions>'))
    found = tables.merge(base, ours, theirs)
    assert not found.conflicts
    for one in ("ours", "theirs"):
        assert f'id="{one}"' in found.text
    again = tables.merge(base, base, base.replace('name="', 'name="X', 1))
    assert not again.conflicts


def test_cell_changed_on_both_sides_is_a_conflict() -> None:
    cell = re.search(r"<outputEntry[^>]*>\s*<text>([^<]+)</text>", MATRIX)
    assert cell
    old = cell[0]
    ours, theirs = (replaced(MATRIX, (old, old.replace(cell[1], f'"{n}"'))) for n in ("mine", "other"))
    conflict = tables.merge(MATRIX, ours, theirs).conflicts[0]
    assert conflict.aspect == "cell"
    assert ("mine" in str(conflict.ours), "other" in str(conflict.theirs)) == (True, True)


TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
<decision id="who" name="who"><decisionTable id="t"><input id="i"><inputExpression><text>amount</text></inputExpression>
</input><output id="o"/>{rules}</decisionTable></decision></definitions>"""


def rules(*pairs: tuple[str, str]) -> str:
    return TABLE.format(rules="".join(
        f"<rule><inputEntry><text>{when}</text></inputEntry><outputEntry><text>{then}</text></outputEntry></rule>"
        for when, then in pairs))


def said(text: str) -> list[list[str]]:
    root = etree.fromstring(text.encode())
    return [["".join(cell.itertext()).strip() for cell in rule] for rule in root.iter("{*}rule")]


def test_rules_without_ids_are_found_by_their_place() -> None:
    base = rules(("1", "a"), ("2", "b"), ("3", "c"))
    ours = rules(("9", "a"), ("2", "b"), ("3", "c"))
    theirs = rules(("1", "a"), ("2", "x"), ("3", "c"), ("4", "d"))
    found = tables.merge(base, ours, theirs)
    assert not found.conflicts
    assert said(found.text) == [["9", "a"], ["2", "x"], ["3", "c"], ["4", "d"]]
    assert "#rule" not in found.text


def test_column_and_rule_added_apart_come_together() -> None:
    base = rules(("1", "a"))
    ours = base.replace('<output id="o"/>', '<input id="j"/><output id="o"/>').replace(
        "<outputEntry>", "<inputEntry><text>new</text></inputEntry><outputEntry>")
    found = tables.merge(base, ours, rules(("1", "a"), ("2", "b")))
    assert not found.conflicts
    assert said(found.text) == [["1", "new", "a"], ["2", "-", "b"]]
