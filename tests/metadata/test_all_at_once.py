"""Every mistake of a pack is told at once, at the line it is on, and what only follows from another is not told."""

from __future__ import annotations

import pytest

from formloom.metadata import compiler
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.sources import Source

ENTITY = """\
entity: order
titel: name
title: nmae
search: [name, missing]
state: status
fields:
  name: {type: text, max_length: many}
  amount: {type: money, minimun: 0}
  status: {type: choise, choices: [{value: open}]}
  note: {type: text, visible_when: stauts = "open"}
  total: {type: formula, formula: amout + 1}
  Wrong: {type: text}
indexes: [[status], [amount, gone]]
form:
  sections:
    - fields: [name, Wrong, nowhere]
      columns: 3
list: {columns: [name, lost], sort: [-lots]}
views:
  - name: mine
    filter: stat = 1
  - {label: Nameless, columns: [name]}
actions:
  close:
    set: {status: '"done"', stats: "1"}
    fields: [amount, reason]
    whn: amount > 0
"""
ROLE = """\
role: clerk
entities:
  order:
    read: amounts > 0 and status = "open"
    actions: {close: true, reopen: true}
    fields: {margin: {read: false}}
    states: {open: {update: false}}
    update: [1]
  ordre: {read: true}
"""
WORKSPACE = """\
workspace: desk
colour: red
items:
  - {entity: order, view: mine}
  - {entity: order, view: yours}
  - entity: odrer
"""


def found(*sources: tuple[str, str]) -> list[tuple[str, str, int]]:
    problems = compiler.check([Source("p", path, text) for path, text in sources], TYPES)
    return [(p.place.file.partition("/")[2], p.code, p.place.line) for p in problems]


def test_every_mistake_is_told_at_once() -> None:
    problems = found(("entities/order.yaml", ENTITY), ("roles/clerk.yaml", ROLE), ("workspaces/desk.yaml", WORKSPACE))
    assert problems == [
        ("order.yaml", "unknown-key", 2),
        ("order.yaml", "unknown-field", 3),
        ("order.yaml", "unknown-field", 4),
        ("order.yaml", "wrong-type", 7),
        ("order.yaml", "unknown-key", 8),
        ("order.yaml", "unknown-type", 9),
        ("order.yaml", "unknown-name", 10),
        ("order.yaml", "unknown-name", 11),
        ("order.yaml", "bad-name", 12),
        ("order.yaml", "unknown-field", 13),
        ("order.yaml", "bad-name", 16),
        ("order.yaml", "unknown-field", 16),
        ("order.yaml", "unknown-value", 17),
        ("order.yaml", "unknown-field", 18),
        ("order.yaml", "unknown-field", 18),
        ("order.yaml", "unknown-name", 21),
        ("order.yaml", "missing-key", 22),
        ("order.yaml", "unknown-field", 25),
        ("order.yaml", "unknown-field", 26),
        ("order.yaml", "unknown-key", 27),
        ("clerk.yaml", "unknown-name", 4),
        ("clerk.yaml", "unknown-action", 5),
        ("clerk.yaml", "unknown-field", 6),
        ("clerk.yaml", "wrong-type", 8),
        ("clerk.yaml", "unknown-entity", 9),
        ("desk.yaml", "unknown-key", 2),
        ("desk.yaml", "unknown-view", 5),
        ("desk.yaml", "unknown-entity", 6),
    ]


USES = """
title: name
form: {headline: [f], sections: [{fields: [f]}]}
list: {columns: [f], sort: [f]}
views: [{name: all, filter: f != null and f_currency = "CNY" and f_city = "X"}]
indexes: [[f]]
actions: {act: {when: f != null, set: {f: f}, fields: [f]}}
"""
USER = """\
role: r
entities:
  e:
    read: f != null
    actions: {act: true}
    fields: {f: {read: false}}
    states: {a: {update: f = 1}}
"""


@pytest.mark.parametrize(("field", "code"), [
    ("{type: txt}", "unknown-type"),
    ("{}", "missing-key"),
    ("{type: choice}", "missing-key"),
    ("{type: choice, choices: [{valu: a}]}", "unknown-key"),
    ("text", "wrong-type"),
    ("{type: formula}", "missing-key"),
    ("{type: rollup, of: lines, function: totel}", "unknown-value"),
    ("{type: reference}", "missing-key"),
    ("{type: sequence, patern: x}", "unknown-key"),
    ("{type: money, currencies: CNY}", "wrong-type"),
    ("!!python/name:os.system x", "yaml-tag"),
])
def test_broken_field_has_no_followers(field: str, code: str) -> None:
    entity = f"entity: e\nfields:\n  name: {{type: text}}\n  f: {field}\nstate: f{USES}"
    wanted = {(code, 4)}
    if "choices" in field or field == "{type: sequence, patern: x}":
        wanted.add(("missing-key", 4))
    if "currencies" in field:       # the field itself is there, and is no life cycle
        wanted.add(("wrong-field-type", 5))
    assert {(c, line) for _, c, line in found(("entities/e.yaml", entity), ("roles/r.yaml", USER))} == wanted


@pytest.mark.parametrize(("change", "code"), [
    ("actons: {act: {}}", "unknown-key"),
    ("actions: {act: {fields: f}}", "wrong-type"),
    ("actions: [act]", "wrong-type"),
])
def test_role_may_name_broken_action(change: str, code: str) -> None:
    entity = f"entity: e\nfields: {{f: {{type: text}}}}\n{change}\n"
    role = "role: r\nentities: {e: {actions: {act: true}}}\n"
    assert found(("entities/e.yaml", entity), ("roles/r.yaml", role)) == [("e.yaml", code, 3)]


def test_workspace_may_name_broken_view() -> None:
    entity = "entity: e\nfields: {f: {type: text}}\nviews: [{name: mine, sort: f, filtr: true}, {name: 7}]\n"
    desk = "workspace: w\nitems: [{entity: e, view: mine}]\n"
    assert [code for _, code, _ in found(("entities/e.yaml", entity), ("workspaces/w.yaml", desk))] == [
        "wrong-type", "unknown-key", "wrong-type"]


def test_unreadable_entity_is_not_unknown() -> None:
    assert found(
        ("entities/e.yaml", "entity: e\nfields: {f: {type: txt}}\n"),
        ("entities/g.yaml", "entity: g\nfields: {f: {type: reference, entity: e}}\nrelated: [{entity: e, field: x}]\n"),
        ("roles/r.yaml", "role: r\nentities: {e: {read: true}}\n"),
        ("workspaces/w.yaml", "workspace: w\nitems: [{entity: e}]\n"),
    ) == [("e.yaml", "unknown-type", 2)]


def test_choice_with_bad_value_has_no_followers() -> None:
    entity = ("entity: e\nstate: s\nfields:\n  s:\n    type: choice\n    default: '\"in work\"'\n"
              "    choices: [{value: in work}, {value: done}]\n")
    role = "role: r\nentities: {e: {states: {in work: {update: false}}}}\n"
    assert found(("entities/e.yaml", entity), ("roles/r.yaml", role)) == [("e.yaml", "bad-name", 7)]


def test_parent_that_cannot_be_read_is_no_missing_parent() -> None:
    assert found(
        ("entities/e.yaml", "entity: e\nfields: {rows: {type: table, entity: row}}\n"),
        ("entities/row.yaml", "entity: row\nparent: E\nfields: {n: {type: integer, default: position}}\n"),
    ) == [("row.yaml", "bad-name", 2)]


def test_key_written_twice_hides_no_mistake() -> None:
    entity = ("entity: e\nfields:\n  a: {type: text}\nfields:\n  b: {type: text}\n"
              "title: b\nsearch: [c]\n")
    assert found(("entities/e.yaml", entity)) == [("e.yaml", "duplicate-key", 4), ("e.yaml", "unknown-field", 7)]


def test_second_entity_of_name_brings_its_names() -> None:
    entity = "entity: e\nfields: {{{}: {{type: text}}}}\n"
    role = "role: r\nentities: {e: {read: b = c}}\n"
    problems = found(("entities/e.yaml", entity.format("a")), ("entities/f.yaml", entity.format("b")),
                     ("roles/r.yaml", role))
    assert problems == [("f.yaml", "duplicate-entity", 1), ("r.yaml", "unknown-name", 2)]


def test_name_in_literal_block_has_its_line() -> None:
    entity = ("entity: e\nfields:\n  a: {type: integer}\n  b:\n    type: formula\n    formula: |\n"
              "      if a > 0\n      then a\n      else cc\n  c:\n    type: formula\n    formula: |\n"
              "      a +\n      * 2\n")
    assert found(("entities/e.yaml", entity)) == [("e.yaml", "unknown-name", 9), ("e.yaml", "feel-syntax", 14)]


@pytest.mark.parametrize(("lines", "code", "line"), [
    ("owner:\n  f", "wrong-field-type", 4),
    ("parent:\n  g", "unknown-entity", 4),
    ("related:\n  - entity: e\n    field: g", "unknown-field", 5),
    ("indexes:\n  - - f\n    - rows", "no-column", 5),
    ("views:\n  - name: v\n  - name: v", "duplicate-view", 5),
    ("constraints:\n  - name: n\n    message: m\n    check: 'true'\n    field: g", "unknown-field", 7),
    ("form:\n  tabs:\n    - sections:\n        - fields:\n            - f\n            - g", "unknown-field", 8),
])
def test_problem_points_at_offending_name(lines: str, code: str, line: int) -> None:
    entity = "entity: e\nfields: {f: {type: text}, rows: {type: table, entity: row}}\n" + lines
    child = "entity: row\nparent: e\nfields: {n: {type: text}}\n"
    assert found(("entities/e.yaml", entity), ("entities/row.yaml", child)) == [("e.yaml", code, line)]


def test_missing_pack_is_told_at_its_name() -> None:
    text = "pack: p\nversion: 1.0.0\nrequires:\n  - q\n"
    assert [(code, line) for _, code, line in found(("pack.yaml", text))] == [("unknown-pack", 4)]


def test_ids_made_from_a_double_are_not_told() -> None:
    entity = "entity: {}\nid: same\nfields: {{f: {{type: text}}}}\n"
    assert found(("entities/a.yaml", entity.format("a")), ("entities/b.yaml", entity.format("b"))) == [
        ("b.yaml", "duplicate-id", 2)]
