"""What can go wrong, as values: a stable code, words for a person, and the way out.

A message is a `Text`: an English template with named values. Doors (web, CLI) translate the template and fill in
the values, so no layer below them knows a language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any


class Text:
    """A message for a person: `Text("must be at most {limit}", limit=100)`.

    The template is the key of the translation catalogue; `str()` gives the English text. Values that are mappings of
    locale to words (labels) are resolved by `render`.
    """

    __slots__ = ("template", "values")

    def __init__(self, template: str, **values: Any) -> None:
        self.template = template
        self.values: Mapping[str, Any] = values

    def render(self, template: str | None = None, locale: str = "en") -> str:
        """The words in `locale`; `template` is the translated template, English where there is none."""
        return (template or self.template).format(**{k: _words(v, locale) for k, v in self.values.items()})

    def as_json(self) -> dict[str, Any]:
        """To be kept and made again by `from_json`; values that JSON does not know become words."""
        return {"text": self.template, "values": {name: _plain(value) for name, value in self.values.items()}}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Text:
        return cls(kept["text"], **kept["values"])

    def saying(self, **values: Any) -> Text:
        """The same words about other values."""
        return type(self)(self.template, **values)

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        return f"Text({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and (self.template, self.values) == (other.template, other.values)

    def __hash__(self) -> int:
        return hash(self.template)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _words(value: Any, locale: str) -> Any:
    if isinstance(value, Mapping):
        return label_in(value, locale)
    if isinstance(value, Text):
        return value.render(locale=locale)
    return value


def label_in(label: Mapping[str, str], locale: str) -> str:
    """The label in `locale`, else in its language, else in English, else whichever comes first, else empty."""
    for key in (locale, locale.split("_")[0].split("-")[0], "en"):
        if key in label:
            return label[key]
    return next(iter(label.values()), "")


def near(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `name` was probably meant to be."""
    return next(iter(get_close_matches(name, list(names), n=1, cutoff=0.6)), None)


# What a name that means nothing was taken for, in messages about it.
KINDS: Mapping[str, Text] = {
    "access": Text("access"), "action": Text("action"), "attribute": Text("attribute"),
    "calendar": Text("calendar"),
    "child table": Text("child table"), "choice": Text("choice"), "comment": Text("comment"),
    "dashboard": Text("dashboard"),
    "decision": Text("decision"), "entity": Text("entity"), "extension element": Text("extension element"),
    "field": Text("field"),
    "name": Text("name"), "pack": Text("pack"), "parameter": Text("parameter"), "process": Text("process"),
    "role": Text("role"), "service level": Text("service level"),
    "service task": Text("service task"), "state": Text("state"), "trigger": Text("trigger"),
    "verb": Text("verb"), "view": Text("view"), "workspace": Text("workspace"),
}


class FormloomError(Exception):
    """Base of everything the platform raises on purpose. `code` is stable and has a page in docs/errors.md."""

    code = "error"
    status = 500

    def __init__(self, message: Text, hint: Text | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.hint = hint


class _Unknown(FormloomError):
    status = 404
    what = "name"

    def __init__(self, name: str, known: Iterable[str] = ()) -> None:
        self.name = name
        self.near = near(name, known)
        hint = Text("Did you mean {near}?", near=self.near) if self.near else None
        super().__init__(Text("There is no {kind} {name}.", kind=KINDS[self.what], name=name), hint)


class UnknownEntity(_Unknown):
    code, what = "unknown-entity", "entity"


class UnknownField(_Unknown):
    code, what, status = "unknown-field", "field", 400


class UnknownAction(_Unknown):
    code, what = "unknown-action", "action"


class UnknownProcess(_Unknown):
    code, what = "unknown-process", "process"


class UnknownDecision(_Unknown):
    code, what = "unknown-decision", "decision"


class UnknownCalendar(_Unknown):
    code, what = "unknown-calendar", "calendar"


class NotFound(FormloomError):
    """No such record, task or instance, or none that this actor may know of: the two are not told apart."""

    code, status = "not-found", 404


class Forbidden(FormloomError):
    """The policy said no; the message is its reason."""

    code, status = "forbidden", 403


class Conflict(FormloomError):
    """The act does not fit the present state (task already done, record locked by its state)."""

    code, status = "conflict", 409


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """One field that two people changed: what it was, what the other made of it, what this actor sent."""

    field: str
    base: Any
    theirs: Any
    mine: Any


class StaleVersion(FormloomError):
    """Somebody else changed the same fields since the version the actor had read."""

    code, status = "stale-version", 409

    def __init__(self, version: int, conflicts: Sequence[FieldConflict] = (), by: str = "") -> None:
        super().__init__(
            Text("This record was changed by someone else meanwhile."),
            Text("Read version {version}, compare, and save again.", version=version),
        )
        self.version = version
        self.conflicts = tuple(conflicts)
        self.by = by


class PreconditionRequired(FormloomError):
    code, status = "precondition-required", 428


@dataclass(frozen=True, slots=True)
class FieldError:
    """A finding at one input. `path` is a field name, or `lines/2/quantity` inside a child table; '' for the whole."""

    path: str
    code: str
    message: Text
    fix: Any = None      # a value that would be accepted, offered as a link


class ValidationFailed(FormloomError):
    """Input was not accepted; nothing was written. Carries every finding, not only the first."""

    code, status = "validation-failed", 422

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(Text("{count} things to fix before saving.", count=len(errors)))
        self.errors = tuple(errors)


class BadRequest(FormloomError):
    """The request cannot be read: a filter that does not parse, a page size out of range."""

    code, status = "bad-request", 400


class BadExpression(BadRequest):
    """A FEEL text from a request that does not parse, uses an unknown name, or cannot be a database condition."""

    code = "bad-expression"

    def __init__(self, message: Text, text: str, position: int, hint: Text | None = None) -> None:
        super().__init__(message, hint)
        self.text = text
        self.position = position


@dataclass(frozen=True, slots=True)
class Place:
    """Where an author wrote something; `line` and `column` count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding about configuration. `element` names the entity, field, BPMN id it is about (`contract.amount`)."""

    code: str
    message: Text
    place: Place
    hint: Text | None = None
    severity: str = "error"      # error | warning | note: a pack with the last two may be applied
    element: str = ""
    near: str | None = field(default=None)

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.place}: {self.severity} {self.code}: {self.message}{hint}"


class BadConfiguration(FormloomError):
    """A pack has problems; all of them are here, sorted by place, and nothing was applied."""

    code, status = "bad-configuration", 422

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.place.file, p.place.line, p.place.column, p.code)))
        super().__init__(Text("{count} problems in the configuration.", count=len(self.problems)))

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))
