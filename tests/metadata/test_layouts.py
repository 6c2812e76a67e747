"""Layouts: who gets which, and what is told about wrong ones."""

from __future__ import annotations

import pytest

from formloom.metadata import compiler, form_layout
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Entity
from formloom.metadata.sources import Source

PACK = Source("shop", "pack.yaml", "pack: shop\nversion: 1.0.0\n")
ENTITY = """\
entity: deal
fields:
  name: {type: text, required: true}
  note: {type: long_text}
  amount: {type: money}
layouts:
"""
ROLES = [Source("shop", f"roles/{name}.yaml", f"role: {name}\nentities: {{deal: {{read: true, {rule}}}}}\n")
         for name, rule in (("rep", "create: true"), ("clerk", "update: true"))]


def sources(layouts: str) -> list[Source]:
    return [PACK, *ROLES, Source("shop", "entities/deal.yaml", ENTITY + layouts)]


def compiled(layouts: str) -> Entity:
    return compiler.compile(sources(layouts), TYPES).entity("deal")


def told(layouts: str) -> list[tuple[str, int]]:
    """Codes with how many lines below `layouts:` they are."""
    return [(p.code, p.place.line - ENTITY.count("\n")) for p in compiler.check(sources(layouts), TYPES)]


def fields(entity: Entity, *roles: str) -> list[str]:
    return list(form_layout.of_roles(entity.form, entity.layouts, roles).fields)


def test_first_fitting_layout_is_taken() -> None:
    deal = compiled("  - {name: a, roles: [clerk], sections: [{fields: [note]}]}\n"
                    "  - {name: b, roles: [clerk, rep], sections: [{fields: [amount, name]}]}\n")
    assert fields(deal, "clerk", "rep") == ["note"]
    assert fields(deal, "rep") == ["amount", "name"]
    assert fields(deal, "somebody") == fields(deal) == ["name", "note", "amount"]


def test_step_has_its_layout() -> None:
    deal = compiled("  - {name: a, steps: [sale/check], tabs: [{label: T, sections: [{fields: [note]}]}]}\n")
    found = form_layout.of_step(deal.layouts, "sale/check")
    assert found
    assert list(found.fields) == ["note"]
    assert form_layout.of_step(deal.layouts, "sale/other") is None
    assert fields(deal, "rep") == ["name", "note", "amount"]


@pytest.mark.parametrize(("layouts", "code"), [
    ("{name: a, roles: [clerk], sections: [{fields: [nope]}]}", "unknown-field"),
    ("{name: a, roles: [cleric], sections: [{fields: [note]}]}", "unknown-role"),
    ("{name: a, roles: [clerk]}", "empty-layout"),
    ("{name: a, roles: [rep], sections: [{fields: [note]}]}", "layout-lacks-required"),
    ("{name: a, steps: [check], sections: [{fields: [note]}]}", "bad-name"),
    ("{name: a, roles: [clerk], sections: [{fields: [note], visible_when: nope = 1}]}", "unknown-name"),
])
def test_mistakes_are_told_at_their_line(layouts: str, code: str) -> None:
    assert told(f"  - {layouts}\n") == [(code, 1)]


def test_names_and_steps_belong_to_one_layout() -> None:
    one = "{name: a, steps: [sale/check], sections: [{fields: [note]}]}"
    assert told(f"  - {one}\n  - {one}\n") == [("duplicate-layout", 2), ("step-has-layout", 2)]


def test_overlay_changes_one_layout() -> None:
    own = Source("local", "entities/deal.yaml",
                 "extend: deal\nlayouts:\n  - {name: a, sections: [{label: {en: S}, fields: [amount]}]}\n")
    held = sources("  - {name: a, roles: [clerk], sections: [{label: {en: S}, fields: [note]}]}\n"
                   "  - {name: b, roles: [rep], sections: [{fields: [name]}]}\n")
    deal = compiler.compile([*held, own], TYPES).entity("deal")
    assert fields(deal, "clerk") == ["amount"]
    assert fields(deal, "rep") == ["name"]
