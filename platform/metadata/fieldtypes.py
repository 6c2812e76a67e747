"""What a field type is: columns, JSON Schema, widget, filter operators, and the way in and out of a value.

The built-in types are in `builtin_types`; a plugin adds its own through `extensions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from formloom.errors import Text

if TYPE_CHECKING:
    from formloom.metadata.catalog import Field


Finding: TypeAlias = tuple[str, Text]     # the option that is wrong, and why


def no_findings(options: Mapping[str, Any]) -> Iterable[Finding]:
    return ()


@dataclass(frozen=True, slots=True)
class Column:
    """One database column of a field; its name is the field's name plus `suffix`.

    kind: text | integer | decimal | boolean | date | datetime | json | reference (integer with a foreign key to the
    field's target, or to `ab_user`, `fl_team`, `fl_file` for user, team and file fields).
    """

    kind: str
    suffix: str = ""
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    references: str | None = None    # fixed table of a reference; None with kind reference: the field's target entity


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldType:
    """`parse` takes what JSON, a form or a spreadsheet gave and returns the value that is stored, or raises
    `ValueError(Text)`; `dump` gives the JSON of a stored value. Values in records are Python: str, int, Decimal, bool,
    date, datetime (aware, UTC), timedelta, list, dict. None is always "no value" and reaches neither function.
    """

    name: str
    columns: Callable[[Field], tuple[Column, ...]]
    json_schema: Callable[[Field], Mapping[str, Any]]
    parse: Callable[[Any, Field], Any]
    dump: Callable[[Any, Field], Any]
    widget: str
    operators: tuple[str, ...]       # of = != < <= > >= in, between, contains, starts with, is empty, is not empty
    feel_type: str                   # of FEEL: number, string, date and time, ...; any where the value decides
    computed: bool = False           # formula and roll-up: never accepted from outside
    options: Mapping[str, Any] = field(default_factory=dict)    # JSON Schema of each option this type takes
    check: Callable[[Mapping[str, Any]], Iterable[Finding]] = no_findings    # options that do not go together
    about: str = ""                  # one line for authors, shown by editors and in the reference
