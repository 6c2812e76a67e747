"""Every place where something is named is known: of each kind of attribute, and in expressions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom.metadata import compiler, language, loader, references, spelling
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.catalog import Catalog
from formloom.metadata.grammar import EXPRESSION, HOLDS, KEYS, TEXT
from formloom.metadata.references import Name, Use
from formloom.metadata.sources import Source

KINDS = {"entity", "field", "choice", "view", "action", "level", "role", "workspace", "dashboard", "calendar",
         "decision"}
ORDER = """\
entity: order
title: name
number: name
search: [name, amount]     # what people look for
state: status
owner: seller
fields:
  name: {type: text}
  'seller': {type: user}
  amount: {type: decimal, visible_when: 'name = "it''s" and amount > 0'}
  status:
    type: choice
    default: '"open"'
    choices: [{value: open}, {value: won}]
  lines: {type: table, entity: line}
  big: {type: rollup, of: lines, function: sum, field: net, where: net > parent.amount}
  due: {type: datetime, readonly: true}
  total: {type: formula, formula: sum(lines.net) + amount}
constraints:
  - {name: paid, check: amount >= 0, field: amount, message: No}
indexes: [[amount, name]]
unique: [[name, amount]]
form:
  headline: [amount]
  sections: [{fields: [name, amount], visible_when: "amount > 1"}]
list: {columns: [name, amount], sort: [-amount]}
views:
  - name: large
    filter: |
      // amount of the whole order
      amount > 5
    columns: [amount]
    sort: [amount]
actions:
  close: {when: status = "open", set: {amount: amount + 1, status: '"won"'}, fields: [amount]}
sla:
  answer: {by: status, targets: {open: PT1H, won: PT2H}, stops: status = "won", due: due}
"""
LINE = """\
entity: line
parent: order
fields:
  net: {type: decimal, default: parent.amount}
  order: {type: reference, entity: order}
related: [{entity: line, field: order}]
"""
ROLE = """\
role: clerk
entities:
  order:
    read: amount < 10
    actions: {close: amount > 1}
    fields: {amount: {write: false}}
    states: {won: {fields: {amount: {read: false}}}}
"""
WORKSPACE = "workspace: desk\nitems: [{entity: order, view: large}]\n"
CALENDAR = "calendar: office\ntimezone: Asia/Shanghai\nweek: {weekdays: ['09:00-17:00']}\n"
OVERLAY = "extend: order\nfields:\n  amount: {label: Sum}\norder: {/fields: [amount, name]}\n"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    texts = (("entities/order.yaml", ORDER), ("entities/line.yaml", LINE), ("roles/clerk.yaml", ROLE),
             ("workspaces/desk.yaml", WORKSPACE), ("calendars/office.yaml", CALENDAR),
             ("pack.yaml", "pack: p\nversion: 1.0.0\n"))
    return compiler.compile([Source("p", path, text) for path, text in texts], TYPES)


def used(catalog: Catalog, target: Name) -> list[Use]:
    texts = {(source.pack, source.path): source.text for source in catalog.sources}
    uses = list(references.uses(references.found(catalog, TYPES), catalog, target))
    for use in uses:
        assert use.span
        assert texts[use.pack, use.file][slice(*use.span)] == target.name == use.text[use.start:use.end]
    return uses


def where(uses: list[Use]) -> list[str]:
    return [f"{u.definition}:{u.kind}:" + ".".join(map(str, u.path)) for u in uses]


def test_uses_of_a_field_are_exactly_these(catalog: Catalog) -> None:
    assert where(used(catalog, Name("field", "amount", "order"))) == [
        "entity/line:expression:fields.net.default",
        "entity/order:name:search.1", "entity/order:definition:fields.amount",
        "entity/order:expression:fields.amount.visible_when", "entity/order:expression:fields.big.where",
        "entity/order:expression:fields.total.formula",
        "entity/order:expression:constraints.0.check", "entity/order:name:constraints.0.field",
        "entity/order:name:indexes.0.0", "entity/order:name:unique.0.1", "entity/order:name:form.headline.0",
        "entity/order:name:form.sections.0.fields.1", "entity/order:expression:form.sections.0.visible_when",
        "entity/order:name:list.columns.1", "entity/order:name:list.sort.0", "entity/order:expression:views.0.filter",
        "entity/order:name:views.0.columns.0", "entity/order:name:views.0.sort.0",
        "entity/order:name:actions.close.set.amount", "entity/order:expression:actions.close.set.amount",
        "entity/order:name:actions.close.fields.0",
        "role/clerk:expression:entities.order.read", "role/clerk:expression:entities.order.actions.close",
        "role/clerk:name:entities.order.fields.amount", "role/clerk:name:entities.order.states.won.fields.amount",
    ]


def test_use_in_a_block_has_its_line(catalog: Catalog) -> None:
    found = [u for u in used(catalog, Name("field", "amount", "order")) if u.path == ("views", 0, "filter")]
    assert [(u.place.line, u.text[u.start:]) for u in found] == [(31, "amount > 5\n")]


def test_uses_of_other_kinds_are_exactly_these(catalog: Catalog) -> None:
    expected = {
        Name("entity", "order"): [
            "entity/line:name:parent", "entity/line:name:fields.order.entity", "entity/order:definition:entity",
            "role/clerk:name:entities.order", "workspace/desk:name:items.0.entity"],
        Name("field", "net", "line"): [
            "entity/line:definition:fields.net", "entity/order:name:fields.big.field",
            "entity/order:expression:fields.big.where", "entity/order:expression:fields.total.formula"],
        Name("field", "order", "line"): ["entity/line:definition:fields.order", "entity/line:name:related.0.field"],
        Name("field", "lines", "order"): [
            "entity/order:definition:fields.lines", "entity/order:name:fields.big.of",
            "entity/order:expression:fields.total.formula"],
        Name("field", "due", "order"): ["entity/order:definition:fields.due", "entity/order:name:sla.answer.due"],
        Name("choice", "open", "order.status"): [
            "entity/order:expression:fields.status.default", "entity/order:definition:fields.status.choices.0.value",
            "entity/order:expression:actions.close.when", "entity/order:name:sla.answer.targets.open"],
        Name("choice", "won", "order.status"): [
            "entity/order:definition:fields.status.choices.1.value", "entity/order:expression:actions.close.set.status",
            "entity/order:name:sla.answer.targets.won", "entity/order:expression:sla.answer.stops",
            "role/clerk:name:entities.order.states.won"],
        Name("view", "large", "order"): ["entity/order:definition:views.0.name", "workspace/desk:name:items.0.view"],
        Name("action", "close", "order"): [
            "entity/order:definition:actions.close", "role/clerk:name:entities.order.actions.close"],
        Name("level", "answer", "order"): ["entity/order:definition:sla.answer"],
        Name("role", "clerk"): ["role/clerk:definition:role"],
        Name("workspace", "desk"): ["workspace/desk:definition:workspace"],
    }
    assert {target: where(used(catalog, target)) for target in expected} == expected


def test_overlays_are_read_file_by_file(catalog: Catalog) -> None:
    sources = [*catalog.sources, Source("local", "entities/order.yaml", OVERLAY)]
    both = compiler.compile(sources, TYPES)
    target = Name("field", "amount", "order")
    found = references.uses(references.of_files(both, sources, TYPES), both, target)
    assert [".".join(map(str, u.path)) for u in found if u.pack == "local"] == [
        "fields.amount", "order./fields.0"]


def test_every_text_of_the_language_says_what_it_is() -> None:
    for kind, schema in language.schemas(TYPES).items():
        for path, mark in marks(schema, (kind,)):
            name = str(mark).lstrip("+").partition("@")[0]
            assert name in {TEXT, EXPRESSION, *KINDS}, f"{'.'.join(map(str, path))} does not say what its text names"


def marks(schema: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Of every place in a schema that takes a text, and of the keys of every mapping that is free to have any."""
    if isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from marks(inner, (*path, index))
    elif isinstance(schema, dict):
        kinds = schema.get("type")
        if "string" in (kinds if isinstance(kinds, list) else [kinds]) and not {"enum", "const"} & schema.keys():
            yield path, schema.get(HOLDS)
        if isinstance(schema.get("additionalProperties"), dict):
            yield path, schema.get(KEYS)
        for key, inner in schema.items():
            if key not in ("propertyNames", "if"):
                yield from marks(inner, (*path, key))


@given(st.text(alphabet="ab'\"\\: #\n-{}é", min_size=1), st.sampled_from("'\""))
def test_characters_are_found_in_quotes(text: str, quote: str) -> None:
    text = text.replace("\n", " ") if quote == "'" else text
    written = text.replace("'", "''") if quote == "'" else "".join(
        {"\n": "\\n", '"': '\\"', "\\": "\\\\"}.get(c, c) for c in text)
    source = f"key: {quote}{written}{quote}\n"
    found = spelling.Scalars(source).written(1, 6)
    assert found is not None
    for index, character in enumerate(text):
        if character.isalpha():
            assert source[found.at[index]] == character


def test_crm_says_nothing_that_cannot_be_replaced() -> None:
    catalog = compiler.compile(loader.read_pack(Path(__file__).parents[2] / "config"), TYPES)
    texts = {(source.pack, source.path): source.text for source in catalog.sources}
    for one in references.found(catalog, TYPES):
        passage = one.passage
        assert passage.written is not None
        if isinstance(one, references.Mention) and one.kind != references.IMPLIED:
            assert texts[passage.pack, passage.file][slice(*passage.written.span(one.start, one.end))] == (
                one.target.name)
