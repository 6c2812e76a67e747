"""A draft that another publication overtook: what was published is brought in, and nothing of either is lost."""

from __future__ import annotations

import pytest

from formloom.design import change_sets, publishing, rebasing, three_way
from formloom.errors import Text
from formloom.metadata import layers
from formloom.metadata.sources import Source
from formloom.runtime import Runtime
from formloom.storage import change_sets as stored
from formloom.storage.change_sets import ChangeSet

from .test_change_sets import ADA, BEN, add_vat, begin, edit, tree

LABEL = {("entity", "customer"): {("label",): "theirs"}}
DRAWN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:formloom="https://formloom.org/bpmn/1.0" targetNamespace="https://formloom.org/tests">
  <bpmn:process id="welcome" name="Welcome" isExecutable="true">
    <bpmn:extensionElements>
      <formloom:binding entity="customer"/><formloom:trigger on="created"/></bpmn:extensionElements>
    <bpmn:startEvent id="made"/>
    <bpmn:sequenceFlow id="f1" sourceRef="made" targetRef="call"/>
    <bpmn:userTask id="call" name="Call them"><bpmn:extensionElements><formloom:assignment role="rep"/>
    </bpmn:extensionElements></bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="call" targetRef="done"/>
    <bpmn:endEvent id="done" name="Done"/>
  </bpmn:process>
</bpmn:definitions>
"""


def brought_in(runtime: Runtime, draft: ChangeSet, choices: three_way.Choices = three_way.NO_CHOICES) -> ChangeSet:
    with runtime.writing(BEN) as context:
        return rebasing.bring_in(context, draft, choices)


def overtaken(runtime: Runtime, draft: ChangeSet) -> list[str]:
    with runtime.reading(BEN) as context:
        return rebasing.overtaken(context, draft)


def test_independent_edits_are_merged(runtime: Runtime) -> None:
    other = edit(runtime, begin(runtime, BEN), "customer", lambda t: t.update(label="Client"), BEN)
    publishing.publish(runtime, ADA, edit(runtime, begin(runtime), "customer", add_vat), "")
    assert overtaken(runtime, other) == ["entities/customer.yaml"]
    other = brought_in(runtime, other)
    assert overtaken(runtime, other) == []
    publishing.publish(runtime, BEN, other, "")
    entity = runtime.model().catalog.entity("customer")
    assert ("vat" in entity.fields, entity.label["en"]) == (True, "Client")


def test_contradiction_is_decided_by_a_person(runtime: Runtime) -> None:
    other = edit(runtime, begin(runtime, BEN), "customer", lambda t: t.update(label="Client"), BEN)
    publishing.publish(runtime, ADA, edit(runtime, begin(runtime), "customer", lambda t: t.update(label="Buyer")), "")
    with pytest.raises(rebasing.Undecided):
        brought_in(runtime, other)
    assert tree(runtime, other)["label"] == "Client"
    other = brought_in(runtime, other, {("entity", "customer"): {("label",): "mine"}})
    assert (tree(runtime, other)["label"], overtaken(runtime, other)) == ("Client", [])


def test_draft_is_empty_when_theirs_is_taken(runtime: Runtime) -> None:
    other = edit(runtime, begin(runtime, BEN), "customer", lambda t: t.update(label="Client"), BEN)
    publishing.publish(runtime, ADA, edit(runtime, begin(runtime), "customer", lambda t: t.update(label="Buyer")), "")
    other = brought_in(runtime, other, LABEL)
    with runtime.reading(BEN) as context:
        assert stored.texts(context.unit, other) == {}


def test_bringing_in_is_undone(runtime: Runtime) -> None:
    other = edit(runtime, begin(runtime, BEN), "customer", lambda t: t.update(label="Client"), BEN)
    publishing.publish(runtime, ADA, edit(runtime, begin(runtime), "customer", add_vat), "")
    other = brought_in(runtime, other)
    with runtime.writing(BEN) as context:
        other = change_sets.undo(context, other)
    assert overtaken(runtime, other) == ["entities/customer.yaml"]
    assert "vat" not in tree(runtime, other)["fields"]


def test_same_change_of_both_is_none_of_the_draft(runtime: Runtime) -> None:
    other = edit(runtime, begin(runtime, BEN), "customer", add_vat, BEN)
    publishing.publish(runtime, ADA, edit(runtime, begin(runtime), "customer", add_vat), "")
    with runtime.reading(BEN) as context:
        assert rebasing.edited(context, other) == {}
    assert overtaken(runtime, other) == []


def test_approval_is_asked_again(runtime: Runtime) -> None:
    other = edit(runtime, begin(runtime, BEN), "customer", lambda t: t.update(label="Client"), BEN)
    with runtime.writing(ADA) as context:
        other = change_sets.review(context, other, True, "")
    publishing.publish(runtime, ADA, edit(runtime, begin(runtime), "customer", add_vat), "")
    assert brought_in(runtime, other).state == stored.DRAFT


@pytest.fixture
def drawn(runtime: Runtime) -> Runtime:
    """The pack has a process."""
    held = runtime.model().catalog.sources
    runtime.publish([*held, Source("mini", "workflows/welcome.bpmn", DRAWN)], ADA)
    return runtime


def redrawn(runtime: Runtime, seen: ChangeSet, old: str, new: str) -> ChangeSet:
    with runtime.writing(BEN) as context:
        text = layers.at(change_sets.sources(context, seen), "workflows/welcome.bpmn").text
        return change_sets.put(context, seen, "workflows/welcome.bpmn", text.replace(old, new), Text("Drawn."))


def test_new_pack_below_a_drawing_is_brought_in(drawn: Runtime) -> None:
    draft = redrawn(drawn, begin(drawn, BEN), "Call them", "Call at once")
    newer = DRAWN.replace('name="Done"', 'name="Welcomed"')
    drawn.publish([s for s in drawn.model().catalog.sources if not s.path.startswith("workflows/")]
                  + [Source("mini", "workflows/welcome.bpmn", newer)], ADA)
    assert overtaken(drawn, draft) == ["workflows/welcome.bpmn"]
    with pytest.raises(publishing.Overtaken):
        publishing.publish(drawn, BEN, draft, "")
    publishing.publish(drawn, BEN, brought_in(drawn, draft), "")
    nodes = drawn.model().definitions["welcome"].nodes
    assert (nodes["call"].label["en"], nodes["done"].label["en"]) == ("Call at once", "Welcomed")


def test_drawings_of_two_are_merged_by_element(drawn: Runtime) -> None:
    mine = redrawn(drawn, begin(drawn, BEN), "Call them", "Call at once")
    publishing.publish(drawn, ADA, redrawn(drawn, begin(drawn), 'name="Done"', 'name="Welcomed"'), "")
    publishing.publish(drawn, BEN, brought_in(drawn, mine), "")
    nodes = drawn.model().definitions["welcome"].nodes
    assert (nodes["call"].label["en"], nodes["done"].label["en"]) == ("Call at once", "Welcomed")
