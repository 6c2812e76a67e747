"""The field types that the platform has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from formloom.metadata import values
from formloom.metadata.fieldtypes import Column, FieldType

if TYPE_CHECKING:
    from formloom.metadata.catalog import Field

ORDER = ("=", "!=", "<", "<=", ">", ">=", "between", "in", "is empty", "is not empty")
WORDS = ("=", "!=", "contains", "starts with", "in", "is empty", "is not empty")
SAME = ("=", "!=", "in", "is empty", "is not empty")
EMPTINESS = ("is empty", "is not empty")
LIST = ("contains", "is empty", "is not empty")
_LENGTH = {"max_length": {"type": "integer", "minimum": 1}}
_LIMITS = {"minimum": {"type": "number"}, "maximum": {"type": "number"}}
_DIGITS = {**_LIMITS, "precision": {"type": "integer"}, "scale": {"type": "integer"}}
_MONEY = {**_DIGITS, "currency": {"type": "string"}, "currencies": {"type": "array", "items": {"type": "string"}}}
_ENTITY = {"entity": {"type": "string"}}
_CHOICES = {"choices": {"type": "array"}}
_COMPUTED_RESULT = ("integer", "decimal", "money", "percent", "boolean", "date", "datetime", "duration", "rating")
Schema = Mapping[str, Any]
Parse = Callable[[Any, "Field"], Any]


def _column(kind: str, references: str | None = None) -> Callable[[Field], tuple[Column, ...]]:
    return lambda field: (Column(kind, length=field.options.get("max_length"), references=references),)


def _decimal_columns(field: Field) -> tuple[Column, ...]:
    precision, scale = int(field.options.get("precision", 18)), int(field.options.get("scale", 2))
    amount = Column("decimal", precision=precision, scale=scale)
    return (amount, Column("text", "_currency", length=3)) if field.options.get("currencies") else (amount,)


def _address_columns(field: Field) -> tuple[Column, ...]:
    return tuple(Column("text", f"_{part}", length=200) for part in values.ADDRESS_PARTS)


def _no_columns(field: Field) -> tuple[Column, ...]:
    return ()


def _returned_columns(field: Field) -> tuple[Column, ...]:
    return TYPES[field.options["returns"]].columns(field)


def _returned_schema(field: Field) -> Schema:
    return {**TYPES[field.options["returns"]].json_schema(field), "readOnly": True}


def _returned_dump(value: Any, field: Field) -> Any:
    return TYPES[field.options["returns"]].dump(value, field)


def _schema(**fixed: Any) -> Callable[[Field], Schema]:
    names = {"max_length": "maxLength", "minimum": "minimum", "maximum": "maximum"}
    return lambda field: {**fixed, **{names[k]: v for k, v in field.options.items() if k in names}}


def _choice_schema(field: Field) -> Schema:
    return {"type": "string", "enum": [c.value for c in field.choices]}


def _choices_schema(field: Field) -> Schema:
    return {"type": "array", "items": _choice_schema(field)}


def _type(name: str, column: str | Callable[[Field], tuple[Column, ...]], schema: Schema | Callable[[Field], Schema],
          parse: Parse, feel: str, operators: tuple[str, ...] = SAME, **more: Any) -> FieldType:
    made = _schema(**schema) if isinstance(schema, Mapping) else schema
    return FieldType(
        name=name, columns=_column(column) if isinstance(column, str) else column, json_schema=made, parse=parse,
        dump=more.pop("dump", values.same), widget=more.pop("widget", name), operators=operators, feel_type=feel,
        options=MappingProxyType(more.pop("options", {})), **more)


_STRING, _ID = {"type": "string"}, {"type": "integer", "minimum": 1}
_LISTED = (
    _type("text", "text", _STRING, values.text, "string", WORDS, options=_LENGTH),
    _type("long_text", "text", _STRING, values.text, "string", WORDS, options=_LENGTH),
    _type("rich_text", "text", _STRING, values.text, "string", WORDS, options=_LENGTH),
    _type("integer", "integer", {"type": "integer"}, values.integer, "number", ORDER, options=_LIMITS),
    _type("decimal", _decimal_columns, {"type": "number"}, values.decimal, "number", ORDER, options=_DIGITS),
    _type("money", _decimal_columns, {"type": "number"}, values.decimal, "number", ORDER, options=_MONEY),
    _type("percent", _decimal_columns, {"type": "number"}, values.decimal, "number", ORDER, options=_DIGITS),
    _type("boolean", "boolean", {"type": "boolean"}, values.boolean, "boolean"),
    _type("date", "date", {"type": "string", "format": "date"}, values.day, "date", ORDER, dump=values.iso),
    _type("datetime", "datetime", {"type": "string", "format": "date-time"}, values.moment, "date and time", ORDER,
          dump=values.iso, options={"zone": _STRING}),
    _type("duration", "integer", {"type": "string", "format": "duration"}, values.duration,
          "days and time duration", ORDER, dump=values.duration_text),
    _type("choice", "text", _choice_schema, values.choice, "string", options=_CHOICES),
    _type("choices", "json", _choices_schema, values.choices, "list", LIST, options=_CHOICES),
    _type("tags", "json", {"type": "array", "items": _STRING}, values.tags, "list", LIST),
    _type("reference", "reference", _ID, values.identity, "context", options=_ENTITY),
    _type("references", _no_columns, {"type": "array", "items": _ID}, values.identities, "list", LIST, options=_ENTITY),
    _type("table", _no_columns, {"type": "array", "items": {"type": "object"}}, values.table, "list", (),
          options=_ENTITY),
    _type("user", _column("reference", "ab_user"), _ID, values.identity, "context"),
    _type("team", _column("reference", "fl_team"), _ID, values.identity, "context"),
    _type("file", _column("reference", "fl_file"), _ID, values.identity, "any", ("is empty", "is not empty")),
    _type("image", _column("reference", "fl_file"), _ID, values.identity, "any", ("is empty", "is not empty")),
    _type("sequence", "text", {"type": "string", "readOnly": True}, values.refused, "string", WORDS, computed=True,
          options={"pattern": _STRING}),
    _type("formula", _returned_columns, _returned_schema, values.refused, "any", ORDER, computed=True,
          dump=_returned_dump, options={**_MONEY, "returns": {"enum": [*_COMPUTED_RESULT, "text"]}}),
    _type("rollup", _returned_columns, _returned_schema, values.refused, "number", ORDER, computed=True,
          dump=_returned_dump, options={"of": _STRING, "field": _STRING, "where": _STRING, "function": {
              "enum": ["count", "sum", "min", "max", "average"]}}),
    _type("email", "text", {"type": "string", "format": "email"}, values.email, "string", WORDS, options=_LENGTH),
    _type("phone", "text", _STRING, values.phone, "string", WORDS, options=_LENGTH),
    _type("url", "text", {"type": "string", "format": "uri"}, values.url, "string", WORDS, options=_LENGTH),
    _type("address", _address_columns, {"type": "object", "additionalProperties": False,
          "properties": dict.fromkeys(values.ADDRESS_PARTS, _STRING)}, values.address, "context", EMPTINESS),
    _type("rating", "integer", {"type": "integer"}, values.integer, "number", ORDER, options=_LIMITS),
    _type("json", "json", {}, values.structure, "any", ("is empty", "is not empty")),
)
TYPES: Mapping[str, FieldType] = MappingProxyType({made.name: made for made in _LISTED})
