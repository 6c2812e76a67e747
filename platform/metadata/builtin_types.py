"""The field types that the platform has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from formloom.metadata import options, values
from formloom.metadata.fieldtypes import Column, FieldType
from formloom.metadata.grammar import HOLDS, TEXT

if TYPE_CHECKING:
    from formloom.metadata.catalog import Field

ORDER = ("=", "!=", "<", "<=", ">", ">=", "between", "in", "is empty", "is not empty")
WORDS = ("=", "!=", "contains", "starts with", "in", "is empty", "is not empty")
SAME = ("=", "!=", "in", "is empty", "is not empty")
EMPTINESS = ("is empty", "is not empty")
LIST = ("contains", "is empty", "is not empty")
_COMPUTED_RESULT = ("integer", "decimal", "money", "percent", "boolean", "date", "datetime", "duration", "rating")
Schema = Mapping[str, Any]
Parse = Callable[[Any, "Field"], Any]


def _option(about: str, holds: str = "", /, **schema: Any) -> dict[str, Any]:
    """`holds`: what a text is; see `grammar`."""
    return {**schema, "description": about} | ({HOLDS: holds} if holds else {})


_CURRENCY = {"type": "string", "pattern": "^[A-Z]{3}$", HOLDS: TEXT}
_LENGTH = {"max_length": _option("Most characters.", type="integer", minimum=1, maximum=values.MAX_TEXT,
                                 default=values.MAX_TEXT)}
_LIMITS = {"minimum": _option("Least value that is taken.", type="number"),
           "maximum": _option("Greatest value that is taken.", type="number")}
_STARS = {"minimum": _option("Fewest stars.", type="integer", minimum=0, default=0),
          "maximum": _option("Most stars.", type="integer", minimum=1, maximum=10, default=values.MAX_STARS)}
_DIGITS = {
    **_LIMITS,
    "precision": _option("Digits in all.", type="integer", minimum=1, maximum=values.PRECISION,
                         default=values.PRECISION),
    "scale": _option("Digits after the point.", type="integer", minimum=0, maximum=values.PRECISION,
                     default=values.SCALE),
}
_CURRENCIES = {
    "currency": {**_CURRENCY, "description": "ISO 4217 code of every amount, or of a new one where there are several."},
    "currencies": _option("Codes to choose from; the choice is the companion field `<field>_currency`.",
                          type="array", items=_CURRENCY, minItems=1, uniqueItems=True),
}
_MONEY = {**_DIGITS, **_CURRENCIES}
# A formula is rounded to its scale and stored as it comes out: limits are for what people type.
_FORMULA = {"scale": _DIGITS["scale"], **_CURRENCIES, "returns": _option(
    "Type of the result.", enum=[*_COMPUTED_RESULT, "text"], default="decimal")}
_ENTITY = {"entity": _option("Name of the entity it points at.", "entity", type="string")}
_CHOICES = {"choices": _option("What can be chosen, in this order.", type="array")}
_ZONE = {"zone": _option("Time zone of a value that names none, such as Asia/Shanghai.", TEXT, type="string")}
_PATTERN = {"pattern": _option("Text with {YYYY}, {YY}, {MM}, {DD} and one counter such as {0000}.", TEXT,
                               type="string")}


def _column(kind: str, references: str | None = None) -> Callable[[Field], tuple[Column, ...]]:
    return lambda field: (Column(kind, length=field.options.get("max_length"), references=references),)


def _decimal_columns(field: Field) -> tuple[Column, ...]:
    precision, scale = values.digits(field)
    amount = Column("decimal", precision=precision, scale=scale)
    return (amount, Column("text", "_currency", length=3)) if field.options.get("currencies") else (amount,)


def _address_columns(field: Field) -> tuple[Column, ...]:
    return tuple(Column("text", f"_{part}", length=values.MAX_ADDRESS) for part in values.ADDRESS_PARTS)


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
_ROLLUP = {
    "of": _option("The field of type table whose rows are summed up.", "field", type="string"),
    "function": _option("How.", enum=["count", "sum", "min", "max", "average"]),
    "field": _option("Field of the rows; every function but count needs one.", "field@rows", type="string"),
    "where": _option("FEEL over a row: only rows for which it is true.", "expression@rows", type="string"),
}
_LISTED = (
    _type("text", "text", _STRING, values.text, "string", WORDS, options=_LENGTH, about="One line of text."),
    _type("long_text", "text", _STRING, values.text, "string", WORDS, options=_LENGTH, about="Several lines of text."),
    _type("rich_text", "text", _STRING, values.text, "string", WORDS, options=_LENGTH, about="Formatted text (HTML)."),
    _type("integer", "integer", {"type": "integer"}, values.integer, "number", ORDER, options=_LIMITS,
          check=options.limits, about="A whole number of up to 64 bits."),
    _type("decimal", _decimal_columns, {"type": "number"}, values.decimal, "number", ORDER, options=_DIGITS,
          check=options.digits, about="A number with a fixed count of digits after the point; exact."),
    _type("money", _decimal_columns, {"type": "number"}, values.decimal, "number", ORDER, options=_MONEY,
          check=options.money, about="An amount of money, in one currency or in one of several."),
    _type("percent", _decimal_columns, {"type": "number"}, values.decimal, "number", ORDER, options=_DIGITS,
          check=options.digits, about="A percentage: 13 means 13 %."),
    _type("boolean", "boolean", {"type": "boolean"}, values.boolean, "boolean", about="Yes or no."),
    _type("date", "date", {"type": "string", "format": "date"}, values.day, "date", ORDER, dump=values.iso,
          about="A day of the calendar."),
    _type("datetime", "datetime", {"type": "string", "format": "date-time"}, values.moment, "date and time", ORDER,
          dump=values.iso, options=_ZONE, check=options.zone, about="A moment; kept in UTC, shown in everyone's zone."),
    _type("duration", "integer", {"type": "string", "format": "duration"}, values.duration,
          "days and time duration", ORDER, dump=values.duration_text, about="A length of time, in whole seconds."),
    _type("choice", "text", _choice_schema, values.choice, "string", options=_CHOICES, about="One of a fixed list."),
    _type("choices", "json", _choices_schema, values.choices, "list", LIST, options=_CHOICES,
          about="Any number of a fixed list."),
    _type("tags", "json", {"type": "array", "items": _STRING}, values.tags, "list", LIST, about="Free words."),
    _type("reference", "reference", _ID, values.identity, "context", options=_ENTITY, about="One record of an entity."),
    _type("references", _no_columns, {"type": "array", "items": _ID}, values.identities, "list", LIST, options=_ENTITY,
          about="Any number of records of an entity, kept in a table of their own."),
    _type("table", _no_columns, {"type": "array", "items": {"type": "object"}}, values.table, "list", (),
          options=_ENTITY, about="Rows of a child entity, in order; the child says `parent: <this entity>`."),
    _type("user", _column("reference", "ab_user"), _ID, values.identity, "context", about="A person who may sign in."),
    _type("team", _column("reference", "fl_team"), _ID, values.identity, "context", about="A team."),
    _type("file", _column("reference", "fl_file"), _ID, values.identity, "any", EMPTINESS, about="An uploaded file."),
    _type("image", _column("reference", "fl_file"), _ID, values.identity, "any", EMPTINESS,
          about="An uploaded picture."),
    _type("sequence", "text", {"type": "string", "readOnly": True}, values.refused, "string", WORDS, computed=True,
          options=_PATTERN, about="A number that is given to each new record."),
    _type("formula", _returned_columns, _returned_schema, values.refused, "any", ORDER, computed=True,
          dump=_returned_dump, options=_FORMULA, check=options.money,
          about="Computed from other fields whenever they change, and stored."),
    _type("rollup", _returned_columns, _returned_schema, values.refused, "number", ORDER, computed=True,
          dump=_returned_dump, options=_ROLLUP, about="Computed from the rows of a child table, and stored."),
    _type("email", "text", {"type": "string", "format": "email"}, values.email, "string", WORDS, options=_LENGTH,
          about="An e-mail address."),
    _type("phone", "text", _STRING, values.phone, "string", WORDS, options=_LENGTH, about="A telephone number."),
    _type("url", "text", {"type": "string", "format": "uri"}, values.url, "string", WORDS, options=_LENGTH,
          about="An address of the web, of mail or of telephony."),
    _type("address", _address_columns, {"type": "object", "additionalProperties": False,
          "properties": dict.fromkeys(values.ADDRESS_PARTS, _STRING)}, values.address, "context", EMPTINESS,
          about="A postal address; its parts are read as `<field>.city` and so on."),
    _type("rating", "integer", {"type": "integer", "minimum": 0, "maximum": values.MAX_STARS}, values.rating, "number",
          ORDER, options=_STARS, check=options.stars, about="Stars."),
    _type("json", "json", {}, values.structure, "any", EMPTINESS, about="Any JSON, kept as it is."),
)
TYPES: Mapping[str, FieldType] = MappingProxyType({made.name: made for made in _LISTED})
