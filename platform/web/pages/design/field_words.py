"""Types of fields and what can be set of each, in the words of the business, grouped as people look for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from formloom.errors import Text
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.fieldtypes import FieldType
from formloom.web.i18n import t

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    label: Text
    icon: str
    about: Text


PALETTE: Final[tuple[tuple[Text, Mapping[str, Kind]], ...]] = (
    (Text("Text"), {
        "text": Kind(Text("Line of text"), "letter-case", Text("A name, a title, a short answer.")),
        "long_text": Kind(Text("Paragraph"), "align-left", Text("Several lines, such as a note.")),
        "rich_text": Kind(Text("Formatted text"), "file-text", Text("With headings, lists and bold words.")),
        "email": Kind(Text("E-mail address"), "mail", Text("Opens a mail when clicked.")),
        "phone": Kind(Text("Telephone number"), "phone", Text("Opens a call when clicked.")),
        "url": Kind(Text("Web address"), "link", Text("Opens a page when clicked.")),
        "address": Kind(Text("Postal address"), "map-pin", Text("Country, province, city, street and postal code.")),
        "tags": Kind(Text("Keywords"), "tags", Text("Free words, as many as one likes.")),
    }),
    (Text("Numbers"), {
        "integer": Kind(Text("Whole number"), "number-123", Text("A count: 1, 2, 3.")),
        "decimal": Kind(Text("Number with decimals"), "decimal", Text("A measure: 2.5.")),
        "money": Kind(Text("Amount of money"), "cash", Text("In one currency, or in one of several.")),
        "percent": Kind(Text("Percentage"), "percentage", Text("13 means 13 %.")),
        "rating": Kind(Text("Stars"), "star", Text("One to five stars.")),
        "sequence": Kind(Text("Running number"), "hash", Text("Every new record gets the next one: CT-2026-0001.")),
    }),
    (Text("Choices"), {
        "choice": Kind(Text("One of a list"), "circle-dot", Text("People pick one, such as a state.")),
        "choices": Kind(Text("Several of a list"), "checks", Text("People tick as many as fit.")),
        "boolean": Kind(Text("Yes or no"), "toggle-left", Text("A switch.")),
    }),
    (Text("Time"), {
        "date": Kind(Text("Day"), "calendar", Text("A day of the calendar.")),
        "datetime": Kind(Text("Day and time"), "clock", Text("A moment, shown in everyone's own time zone.")),
        "duration": Kind(Text("Length of time"), "hourglass", Text("Such as 2 days and 4 hours.")),
    }),
    (Text("Other records and people"), {
        "reference": Kind(Text("Link to a record"), "arrow-up-right", Text("One record of another entity.")),
        "references": Kind(Text("Links to several records"), "list-details", Text("Any number of another entity.")),
        "table": Kind(Text("Table of rows"), "table", Text("Rows that belong to the record, such as its lines.")),
        "user": Kind(Text("A person"), "user", Text("Somebody who may sign in.")),
        "team": Kind(Text("A team"), "users-group", Text("A team of the organisation.")),
    }),
    (Text("Files"), {
        "file": Kind(Text("File"), "paperclip", Text("A document that is uploaded.")),
        "image": Kind(Text("Picture"), "photo", Text("A picture that is uploaded.")),
    }),
    (Text("Calculated"), {
        "formula": Kind(Text("Formula"), "math-function", Text("Computed from other fields whenever they change.")),
        "rollup": Kind(Text("Total of rows"), "sum", Text("Count, sum or average of a table of rows.")),
    }),
    (Text("For computers"), {
        "json": Kind(Text("Structured data"), "database", Text("Any JSON, kept as it is.")),
    }),
)
KINDS: Final = {name: kind for _, group in PALETTE for name, kind in group.items()}
PLUG: Final = "plug"

_OPTIONS: Final[Mapping[str, tuple[Text, Text | None]]] = {
    "max_length": (Text("Most characters"), None),
    "minimum": (Text("Smallest value allowed"), None),
    "maximum": (Text("Greatest value allowed"), None),
    "precision": (Text("Digits in all"), None),
    "scale": (Text("Digits after the point"), None),
    "currency": (Text("Currency"), Text("Three letters, such as CNY.")),
    "currencies": (Text("Currencies to choose from"), Text("Separated by commas, such as CNY, USD.")),
    "zone": (Text("Time zone"), Text("Of a value that names none, such as Asia/Shanghai.")),
    "returns": (Text("The result is"), None),
    "of": (Text("Table of rows"), None),
    "function": (Text("What is computed"), None),
    "field": (Text("Of which column"), None),
    "where": (Text("Only rows with"), None),
    "formula": (Text("Formula"), None),
    "entity": (Text("Points at"), None),
    "pattern": (Text("Pattern"), None),
}
_VALUES: Final[Mapping[str, Text]] = {
    "count": Text("How many rows"), "sum": Text("Sum"), "min": Text("Smallest"), "max": Text("Greatest"),
    "average": Text("Average"),
}


def palette(types: Mapping[str, FieldType]) -> list[tuple[str, list[Json]]]:
    """Every type of this installation; those of plugins stand in the last group."""
    groups = [(t(words), [_type(types[name], kind) for name, kind in group.items() if name in types])
              for words, group in PALETTE]
    strange = [_type(one, None) for name, one in types.items() if name not in KINDS]
    return [*groups, (t(Text("From plugins")), strange)] if strange else groups


def _type(of: FieldType, kind: Kind | None) -> Json:
    return {"name": of.name, "label": t(kind.label) if kind else of.name, "icon": kind.icon if kind else PLUG,
            "about": t(kind.about) if kind else of.about, "kind": of.feel_type, "computed": of.computed,
            "options": [_option(name, schema) for name, schema in of.options.items()]}


def _option(name: str, schema: Mapping[str, Any]) -> Json:
    words, help_ = _OPTIONS.get(name, (None, None))
    return {"name": name, "label": t(words) if words else name,
            "help": t(help_) if help_ else "" if words else schema.get("description", ""),
            "type": schema.get("type", ""), "default": schema.get("default"), "least": schema.get("minimum"),
            "most": schema.get("maximum"), "values": [[one, _value(one)] for one in schema.get("enum", ())]}


def _value(name: str) -> str:
    if name in _VALUES:
        return t(_VALUES[name])
    return t(KINDS[name].label) if name in KINDS and name in TYPES else name
