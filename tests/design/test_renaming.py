"""Something is called otherwise: every file follows, data and history stay, and it all goes back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from formloom.design import change_sets, definitions, local_renaming, pack_data, publishing, renaming, usage
from formloom.errors import BadConfiguration
from formloom.metadata import compiler, loader
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog, Entity
from formloom.metadata.references import Name
from formloom.metadata.sources import Source
from formloom.policy.actor import Actor
from formloom.records import actions, timeline
from formloom.records.query import Query
from formloom.runtime import Runtime
from formloom.storage import platform_tables as t

ROOT = Path(__file__).parents[2]
EXAMPLES = int(os.environ.get("FORMLOOM_EXAMPLES", "6"))
NEW = "another_name"
ADA = Actor(user_id=1, username="ada", name="Ada", admin=True)
CRM = loader.read_pack(ROOT / "config")
DATA = pack_data.read(ROOT / "config", "crm")
CATALOG = compiler.compile(CRM, TYPES)


def targets(catalog: Catalog) -> list[Name]:
    found = [Name("entity", name) for name in catalog.entities] + [Name("role", name) for name in catalog.roles]
    found += [Name("dashboard", name) for name in catalog.dashboards]
    for entity in catalog.entities.values():
        found += [Name("field", one.name, entity.name) for one in entity.fields.values() if not one.system]
        found += [Name("action", one, entity.name) for one in entity.actions]
        found += [Name("view", one.name, entity.name) for one in entity.views]
    return found


def ids(catalog: Catalog) -> set[str]:
    fields = {field.id for entity in catalog.entities.values() for field in entity.fields.values()}
    return fields | {e.id for e in catalog.entities.values()} | {r.id for r in catalog.roles.values()}


@settings(deadline=None, max_examples=EXAMPLES)
@given(target=st.sampled_from(targets(CATALOG)))
def test_renaming_there_and_back_gives_the_same_bytes(target: Name) -> None:
    there = renaming.rename(CRM, TYPES, target, NEW, data=DATA)
    catalog = compiler.compile(there.sources, TYPES)
    assert ids(catalog) == ids(CATALOG)
    assert len(targets(catalog)) == len(targets(CATALOG))
    assert not usage.where_used(catalog, TYPES, target)
    moved = Name(target.kind, NEW, target.owner)
    assert len(usage.where_used(catalog, TYPES, moved)) >= len(usage.where_used(CATALOG, TYPES, target))
    back = renaming.rename(there.sources, TYPES, moved, target.name, data=there.data)
    assert back.sources == tuple(CRM)
    assert back.data == tuple(DATA)


@settings(deadline=None, max_examples=EXAMPLES)
@given(target=st.sampled_from(targets(CATALOG)))
def test_local_renaming_says_what_packs_would(target: Name) -> None:
    local = local_renaming.changes(CRM, TYPES, target, NEW)
    by_layer = compiler.compile(definitions.with_local(CRM, local), TYPES)
    by_pack = compiler.compile(renaming.rename(CRM, TYPES, target, NEW).sources, TYPES)
    assert {name: shape(entity) for name, entity in by_layer.entities.items()} == {
        name: shape(entity) for name, entity in by_pack.entities.items()}
    assert {key: process.text for key, process in by_layer.processes.items()} == {
        key: process.text for key, process in by_pack.processes.items()}


def shape(entity: Entity) -> Any:
    """What an entity is, whichever file said it."""
    fields = {f.name: (f.id, f.type.name, f.target, f.formula and f.formula.text, dict(f.options))
              for f in entity.fields.values()}
    return (entity.id, list(fields), fields, entity.columns, entity.form, entity.search, entity.title, entity.views,
            {name: {key: value.text for key, value in action.set.items()} for name, action in entity.actions.items()})


def test_decision_keeps_the_input_it_took_by_name() -> None:
    there = renaming.rename(CRM, TYPES, Name("field", "budget", "lead"), "funds", data=DATA)
    texts = {source.path: source.text for source in (*there.sources, *there.data)}
    assert "    decision: lead_score\n    inputs: {budget: funds}\n" in texts["entities/lead.yaml"]
    assert texts["data/demo/lead.csv"].split("\n")[0].count("funds") == 1


def test_renamed_entity_keeps_its_id_and_moves_its_data() -> None:
    there = renaming.rename(CRM, TYPES, Name("entity", "contract"), "deal", data=DATA)
    text = next(source.text for source in there.sources if source.path == "entities/contract.yaml")
    assert text.startswith("id: crm.contract\nentity: deal\n")
    assert "data/demo/deal.csv" in {source.path for source in there.data}
    demo = next(source.text for source in there.data if source.path.endswith("demo.yaml"))
    assert "entity: deal, filter: status" in demo


@pytest.mark.parametrize(("new", "code"), [("amount", "rename-name"), ("Null", "rename-name"), ("null", "rename-name"),
                                           ("id", "rename-name")])
def test_name_that_is_taken_is_refused(new: str, code: str) -> None:
    with pytest.raises(BadConfiguration) as raised:
        renaming.rename(CRM, TYPES, Name("field", "name", "contract"), new)
    assert [problem.code for problem in raised.value.problems] == [code]


def test_clash_is_told_at_its_place() -> None:
    sources = [Source("p", "pack.yaml", "pack: p\nversion: 1.0.0\n"), Source("p", "entities/a.yaml", """\
entity: a
fields:
  one: {type: decimal}
  many: {type: json}
  sum: {type: formula, formula: 'count(for two in [1, 2] return two + one)'}
""")]
    with pytest.raises(BadConfiguration) as raised:
        renaming.rename(sources, TYPES, Name("field", "one", "a"), "if")
    assert [(problem.code, problem.place.line) for problem in raised.value.problems] == [("rename-clash", 5)]


def rename_local(runtime: Runtime, target: Name, new: str) -> None:
    with runtime.writing(ADA) as context:
        draft = change_sets.start(context, "Rename")
        draft = local_renaming.rename_in(context, draft, TYPES, target, new)
    publishing.publish(runtime, ADA, draft, "")


def test_records_lists_and_history_follow(runtime: Runtime) -> None:
    with runtime.writing(ADA) as context:
        customer = actions.create(context, "customer", {"name": "Acme", "owner": None})
        deal = actions.create(context, "deal", {"name": "Big", "customer": customer.id, "discount": 5, "owner": None})
        actions.update(context, "deal", deal.id, {"discount": 7})
        context.unit.connection.execute(t.fl_view.insert().values(
            entity="deal", owner_id=1, shared=False, name="Cheap", filter="discount > 5", columns=["discount"],
            sort=["-discount"]))
    rename_local(runtime, Name("field", "discount", "deal"), "reduction")
    rename_local(runtime, Name("entity", "deal"), "bargain")
    with runtime.reading(ADA) as context:
        assert actions.read(context, "bargain", deal.id).values["reduction"] == 7
        view = context.unit.connection.execute(sa.select(t.fl_view)).one()
        assert (view.entity, view.filter, view.columns, view.sort) == (
            "bargain", "reduction > 5", ["reduction"], ["-reduction"])
        assert actions.list(context, "bargain", Query(filter=view.filter)).records[0].id == deal.id
        changes = [change for entry in timeline.of(context, "bargain", deal.id) for change in entry.changes
                   if change.field == "reduction"]
        assert [(str(change.old), str(change.new)) for change in changes[:1]] == [("5.00", "7.00")]
        assert actions.read(context, "bargain", deal.id).values["number"].endswith("0001")
    with runtime.writing(ADA) as context:
        another = actions.create(context, "bargain", {"name": "Next", "customer": customer.id, "owner": None})
        assert another.values["number"].endswith("0002")
    assert runtime.former.entities["deal"].name == "bargain"
    assert runtime.former.fields["bargain"]["discount"].name == "reduction"


def test_going_back_takes_the_names_back(runtime: Runtime) -> None:
    rename_local(runtime, Name("field", "discount", "deal"), "reduction")
    rename_local(runtime, Name("field", "reduction", "deal"), "discount")
    model = runtime.model()
    assert not [s for s in model.catalog.sources if s.pack == "local" and "reduction" in s.text]
    assert "discount" not in runtime.former.fields.get("deal", {})
