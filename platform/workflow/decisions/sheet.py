"""A document as the browser's grid holds it: plain JSON, cells in words instead of FEEL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from jsonschema import Draft202012Validator

from formloom.errors import BadRequest, Text
from formloom.workflow.decisions import wording
from formloom.workflow.decisions.editing import Document, Grid, InputColumn, OutputColumn, Part, Row
from formloom.workflow.decisions.tables import POLICIES

Json = dict[str, Any]
MAX_TEXT, MAX_COLUMNS, MAX_ROWS = 20_000, 100, 2_000


def to_json(document: Document) -> Json:
    return {
        "name": document.name, "top": document.top,
        "types": [{"name": one.name, "base": document.base(one.name),
                   "values": wording.values_shown(one.values, document.base(one.name))} for one in document.types],
        "inputs": [{"name": one.name, "type": one.type, "label_zh": one.label_zh} for one in document.inputs],
        "parts": [_part_out(document, part) for part in document.parts],
    }


def from_json(data: Any, before: Document) -> Document:
    """`before`: the document that was sent to the browser; a cell whose words are as they were keeps its FEEL.

    Raises BadRequest for what no grid could have sent.
    """
    broken = next(_VALIDATOR.iter_errors(data), None)
    if broken is not None:
        raise BadRequest(Text("The table cannot be read at {path}.", path=broken.json_path))
    known = {part.key: part for part in before.parts}
    sent = {part["key"]: part for part in data["parts"]}
    unknown = next((key for key in sent if key not in known), None)
    if unknown is not None:
        raise BadRequest(Text("This file has no decision {name}.", name=unknown))
    return replace(before, parts=tuple(
        _part_in(before, part, sent[part.key]) if part.key in sent else part for part in before.parts))


def kind_of_input(document: Document, column: InputColumn) -> str:
    """The FEEL type of a column, its own or that of the input it asks for."""
    declared = next((one.type for one in document.inputs if one.name == column.expression.strip()), "")
    return document.base(column.type or declared)


def kind_of_output(document: Document, part: Part, grid: Grid, column: OutputColumn) -> str:
    return document.base(column.type or (part.type if len(grid.outputs) == 1 else ""))


def _part_out(document: Document, part: Part) -> Json:
    found: Json = {"key": part.key, "kind": part.kind, "name": part.name, "label_zh": part.label_zh,
                   "description": part.description, "type": part.type, "text": part.text}
    if part.expression is not None:
        found["expression"] = part.expression
    if part.grid is not None:
        found["grid"] = _grid_out(document, part, part.grid)
    return found


def _grid_out(document: Document, part: Part, grid: Grid) -> Json:
    asked = [kind_of_input(document, column) for column in grid.inputs]
    given = [kind_of_output(document, part, grid, column) for column in grid.outputs]
    return {
        "policy": grid.policy, "aggregation": grid.aggregation,
        "inputs": [{"key": c.key, "expression": c.expression, "label": c.label, "label_zh": c.label_zh, "type": c.type,
                    "kind": kind, "values": wording.values_shown(c.values, kind)}
                   for c, kind in zip(grid.inputs, asked, strict=True)],
        "outputs": [{"key": c.key, "name": c.name, "label": c.label, "label_zh": c.label_zh, "type": c.type,
                     "kind": kind, "values": wording.values_shown(c.values, kind),
                     "default": wording.shown(c.default, kind, unary=False)}
                    for c, kind in zip(grid.outputs, given, strict=True)],
        "rows": [{"key": row.key, "tests": _cells_out(row.tests, asked, True),
                  "results": _cells_out(row.results, given, False), "note": row.note,
                  "note_zh": row.note_zh} for row in grid.rows],
    }


def _cells_out(texts: Sequence[str], kinds: Sequence[str], unary: bool) -> list[str]:
    """A rule with too few cells is filled up."""
    padded = [*texts, *[""] * (len(kinds) - len(texts))]
    return [wording.shown(text, kind, unary) for text, kind in zip(padded, kinds, strict=False)]


def _part_in(before: Document, old: Part, sent: Json) -> Part:
    new = replace(old, label_zh=sent["label_zh"].strip(), description=sent["description"].strip(), type=sent["type"])
    if old.expression is not None and "expression" in sent:
        new = replace(new, expression=_kept(sent["expression"], old.expression))
    if old.grid is not None and "grid" in sent:
        new = replace(new, grid=_grid_in(before, old, old.grid, new, sent["grid"]))
    return new


def _kept(sent: str, old: str) -> str:
    """Spaces around an expression mean nothing."""
    return old if sent.strip() == old.strip() else sent.strip()


def _grid_in(before: Document, old_part: Part, old: Grid, part: Part, sent: Json) -> Grid:
    inputs = tuple(_input_in(before, old, one) for one in sent["inputs"])
    outputs = tuple(_output_in(before, old_part, old, one, len(sent["outputs"])) for one in sent["outputs"])
    grid = Grid(inputs, outputs, (), sent["policy"], sent["aggregation"] if sent["policy"] == "COLLECT" else "")
    asked = _Columns([c.key for c in inputs], [kind_of_input(before, c) for c in inputs],
                     {c.key: (n, kind_of_input(before, c)) for n, c in enumerate(old.inputs)}, True)
    given = _Columns([c.key for c in outputs], [kind_of_output(before, part, grid, c) for c in outputs],
                     {c.key: (n, kind_of_output(before, old_part, old, c)) for n, c in enumerate(old.outputs)}, False)
    rows = {row.key: row for row in old.rows}
    return replace(grid, rows=tuple(_row_in(rows.get(one["key"]), one, asked, given) for one in sent["rows"]))


def _input_in(before: Document, old: Grid, sent: Json) -> InputColumn:
    was = next((c for c in old.inputs if c.key == sent["key"]), None)
    new = InputColumn(sent["key"], sent["expression"].strip(), sent["label"].strip(), sent["label_zh"].strip(),
                      sent["type"])
    if was is not None:
        new = replace(new, expression=_kept(new.expression, was.expression))
    kind = kind_of_input(before, new)
    old_values = (was.values, kind_of_input(before, was)) if was else None
    return replace(new, values=_values(sent["values"], kind, old_values))


def _output_in(before: Document, part: Part, old: Grid, sent: Json, count: int) -> OutputColumn:
    was = next((c for c in old.outputs if c.key == sent["key"]), None)
    new = OutputColumn(sent["key"], sent["name"].strip(), sent["label"].strip(), sent["label_zh"].strip(),
                       sent["type"])
    kind = before.base(new.type or (part.type if count == 1 else ""))
    was_kind = kind_of_output(before, part, old, was) if was else ""
    return replace(
        new, values=_values(sent["values"], kind, (was.values, was_kind) if was else None),
        default=_cell(sent["default"], kind, was.default if was else None, was_kind, False))


def _values(sent: Sequence[str], kind: str, was: tuple[str, str] | None) -> str:
    """`was`: the FEEL of the values as they were, and the type."""
    if was is not None and kind == was[1] and list(sent) == wording.values_shown(was[0], kind):
        return was[0]
    return wording.values_meant(sent, kind)


def _cell(words: str, kind: str, was: str | None, was_kind: str, unary: bool) -> str:
    if was is not None and kind == was_kind and words == wording.shown(was, kind, unary):
        return was
    return wording.meant(words, kind, unary)


class _Columns:
    """The cells of one side of a rule; `before`: position and type of each column as it was."""

    def __init__(self, keys: Sequence[str], kinds: Sequence[str], before: Mapping[str, tuple[int, str]],
                 unary: bool) -> None:
        self.keys, self.kinds, self.before, self.unary = keys, kinds, before, unary

    def cells(self, sent: Sequence[str], old: Sequence[str]) -> tuple[str, ...]:
        if len(sent) != len(self.keys):
            raise BadRequest(Text("A rule has another number of cells than the table has columns."))
        found = []
        for key, kind, words in zip(self.keys, self.kinds, sent, strict=True):
            at, was_kind = self.before.get(key, (len(old), ""))
            found.append(_cell(words, kind, old[at] if at < len(old) else None, was_kind, self.unary))
        return tuple(found)


def _row_in(old: Row | None, sent: Json, asked: _Columns, given: _Columns) -> Row:
    return Row(sent["key"], asked.cells(sent["tests"], old.tests if old else ()),
               given.cells(sent["results"], old.results if old else ()), sent["note"].strip(),
               sent["note_zh"].strip())


_TEXT: Final[Json] = {"type": "string", "maxLength": MAX_TEXT}
_WORDS: Final[Json] = {"type": "array", "items": _TEXT, "maxItems": MAX_COLUMNS}


def _object(required: Sequence[str], **more: Json) -> Json:
    return {"type": "object", "required": [*required, *more], "properties": dict.fromkeys(required, _TEXT) | more}


def _many(item: Json, limit: int) -> Json:
    return {"type": "array", "items": item, "maxItems": limit}


_VALIDATOR: Final = Draft202012Validator(_object((), parts=_many(
    {**_object(("key", "label_zh", "description", "type")), "properties": {
        **dict.fromkeys(("key", "label_zh", "description", "type", "expression"), _TEXT),
        "grid": _object(
            ("aggregation",), policy={"enum": sorted(POLICIES)},
            inputs=_many(_object(("key", "expression", "label", "label_zh", "type"), values=_WORDS), MAX_COLUMNS),
            outputs=_many(_object(("key", "name", "label", "label_zh", "type", "default"), values=_WORDS), MAX_COLUMNS),
            rows=_many(_object(("key", "note", "note_zh"), tests=_WORDS, results=_WORDS), MAX_ROWS))}}, MAX_ROWS)))
