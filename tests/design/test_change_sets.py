"""Editing the model: drafts, undo, review, publishing, going back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from formloom.design import change_sets, definitions, publishing
from formloom.errors import BadConfiguration, Conflict, Forbidden, NotFound, Text
from formloom.metadata import layers
from formloom.policy.actor import Actor
from formloom.runtime import Runtime
from formloom.storage import catalogs
from formloom.storage import change_sets as stored
from formloom.storage.change_sets import ChangeSet, OvertakenChange

ADA = Actor(user_id=1, username="ada", name="Ada", admin=True)
BEN = Actor(user_id=2, username="ben", name="Ben", admin=True)
Edit = Callable[[dict[str, Any]], None]


def begin(runtime: Runtime, by: Actor = ADA) -> ChangeSet:
    with runtime.writing(by) as context:
        return change_sets.start(context, "Test")


def edit(runtime: Runtime, seen: ChangeSet, name: str, change: Edit, by: Actor = ADA) -> ChangeSet:
    with runtime.writing(by) as context:
        tree = change_sets.tree(context, seen, "entity", name)
        change(tree)
        return change_sets.write(context, seen, "entity", name, tree)


def tree(runtime: Runtime, seen: ChangeSet | None, name: str = "customer") -> dict[str, Any]:
    with runtime.reading(ADA) as context:
        return change_sets.tree(context, seen, "entity", name)


def add_vat(tree: dict[str, Any]) -> None:
    tree["fields"]["vat"] = {"type": "text"}


def test_draft_changes_nothing_in_force(runtime: Runtime) -> None:
    draft = edit(runtime, begin(runtime), "customer", add_vat)
    assert "vat" in tree(runtime, draft)["fields"]
    assert "vat" not in tree(runtime, None)["fields"]
    assert "vat" not in runtime.model().catalog.entity("customer").fields


def test_edits_are_undone_and_redone(runtime: Runtime) -> None:
    draft = edit(runtime, begin(runtime), "customer", add_vat)
    draft = edit(runtime, draft, "customer", lambda t: t.update(label="Client"))
    with runtime.writing(ADA) as context:
        draft = change_sets.undo(context, draft)
    assert tree(runtime, draft)["label"] != "Client"
    with runtime.writing(ADA) as context:
        draft = change_sets.redo(context, draft)
    assert tree(runtime, draft)["label"] == "Client"
    with runtime.writing(ADA) as context:
        draft = change_sets.undo(context, change_sets.undo(context, change_sets.undo(context, draft)))
        assert stored.texts(context.unit, draft) == {}


def test_published_draft_is_in_force(runtime: Runtime) -> None:
    draft = edit(runtime, begin(runtime), "customer", add_vat)
    publishing.publish(runtime, ADA, draft, "Tax numbers")
    catalog = runtime.model().catalog
    assert "vat" in catalog.entity("customer").fields
    assert [s.text for s in catalog.sources if s.pack == layers.LOCAL] == [
        "extend: customer\nfields:\n  vat: {type: text}\n"]
    with runtime.reading(ADA) as context:
        closed = stored.get(context.unit, draft.id)
    assert (closed.state, closed.reason, closed.publication is not None) == ("published", "Tax numbers", True)
    with pytest.raises(Conflict):
        edit(runtime, closed, "customer", lambda t: t.update(label="Client"))


def test_several_kinds_publish_together(runtime: Runtime) -> None:
    draft = edit(runtime, begin(runtime), "customer", add_vat)
    with runtime.writing(ADA) as context:
        role = change_sets.tree(context, draft, "role", "rep")
        role["entities"]["customer"]["fields"] = {"vat": {"write": False}}
        draft = change_sets.write(context, draft, "role", "rep", role)
    publishing.publish(runtime, ADA, draft, "")
    assert not runtime.model().catalog.roles["rep"].rules["customer"].fields["vat"].write


def test_mistakes_stop_the_whole_draft(runtime: Runtime) -> None:
    draft = edit(runtime, begin(runtime), "customer", add_vat)
    draft = edit(runtime, draft, "deal", lambda t: t["fields"].pop("end_date"))
    with runtime.reading(ADA) as context:
        sources = change_sets.sources(context, draft)
    found = publishing.preview(runtime, sources)
    assert found.errors
    assert found.forecast is None
    with pytest.raises(BadConfiguration):
        publishing.publish(runtime, ADA, draft, "")
    assert "vat" not in runtime.model().catalog.entity("customer").fields


def test_second_editor_overwrites_nothing(runtime: Runtime) -> None:
    seen = begin(runtime)
    edit(runtime, seen, "customer", add_vat)
    with pytest.raises(OvertakenChange):
        edit(runtime, seen, "customer", lambda t: t.update(label="Client"), BEN)


def test_published_file_overtakes_another_draft(runtime: Runtime) -> None:
    one = edit(runtime, begin(runtime), "customer", add_vat)
    other = edit(runtime, begin(runtime, BEN), "customer", lambda t: t.update(label="Client"), BEN)
    publishing.publish(runtime, ADA, one, "")
    with pytest.raises(publishing.Overtaken):
        publishing.publish(runtime, BEN, other, "")


def test_undoing_everything_leaves_no_overlay(runtime: Runtime) -> None:
    draft = edit(runtime, begin(runtime), "customer", add_vat)
    draft = edit(runtime, draft, "customer", lambda t: t["fields"].pop("vat"))
    with runtime.reading(ADA) as context:
        assert stored.texts(context.unit, draft) == {}
    with pytest.raises(Conflict):
        publishing.publish(runtime, ADA, draft, "")


def test_new_definition_is_a_file_of_its_own(runtime: Runtime) -> None:
    draft = begin(runtime)
    with runtime.writing(ADA) as context:
        draft = change_sets.write(context, draft, "entity", "visit", {"entity": "visit", "fields": {
            "subject": {"type": "text", "required": True}}})
        assert change_sets.names(context, draft, "entity") == ["customer", "deal", "deal_line", "visit"]
    publishing.publish(runtime, ADA, draft, "")
    assert runtime.model().catalog.entity("visit").id == "local.visit"


def test_removed_definition_comes_back(runtime: Runtime) -> None:
    draft = begin(runtime)
    with runtime.writing(ADA) as context:
        draft = change_sets.write(context, draft, "workspace", "sales", None)
        with pytest.raises(NotFound):
            change_sets.tree(context, draft, "workspace", "sales")
    publishing.publish(runtime, ADA, draft, "")
    assert runtime.model().catalog.workspaces == ()
    with runtime.reading(ADA) as context:
        first = catalogs.publication(context.unit, 1)
    runtime.publish(first.sources, ADA)
    assert [w.name for w in runtime.model().catalog.workspaces] == ["sales"]


def test_review_needs_another_person(runtime: Runtime) -> None:
    runtime.settings = replace(runtime.settings, review=True)
    draft = edit(runtime, begin(runtime), "customer", add_vat)
    with pytest.raises(Conflict):
        publishing.publish(runtime, ADA, draft, "")
    with runtime.writing(ADA) as context:
        draft = change_sets.ask_for_review(context, draft)
        with pytest.raises(Forbidden):
            change_sets.review(context, draft, True, "")
    with runtime.writing(BEN) as context:
        draft = change_sets.review(context, draft, True, "Good")
    edited = edit(runtime, draft, "customer", lambda t: t.update(label="Client"))
    with pytest.raises(Conflict):
        publishing.publish(runtime, ADA, edited, "")
    with runtime.writing(BEN) as context:
        draft = change_sets.review(context, edited, True, "Good")
    publishing.publish(runtime, ADA, draft, "")
    assert "vat" in runtime.model().catalog.entity("customer").fields


def test_only_administrators_edit(runtime: Runtime) -> None:
    with pytest.raises(Forbidden):
        begin(runtime, Actor(user_id=3, username="eve", name="Eve"))


def test_diagrams_are_part_of_a_draft(runtime: Runtime) -> None:
    draft = begin(runtime)
    with runtime.writing(ADA) as context:
        draft = change_sets.put(context, draft, "workflows/x.bpmn", "<nothing/>", Text("Drawn."))
        held = change_sets.sources(context, draft)
    assert definitions.local(held, "workflows/x.bpmn") == "<nothing/>"


def test_discarded_draft_is_not_published(runtime: Runtime) -> None:
    draft = edit(runtime, begin(runtime), "customer", add_vat)
    with runtime.writing(ADA) as context:
        gone = change_sets.discard(context, draft)
    with pytest.raises(Conflict):
        publishing.publish(runtime, ADA, gone, "")
    assert "vat" not in runtime.model().catalog.entity("customer").fields
