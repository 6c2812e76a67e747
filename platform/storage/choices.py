"""What a person decided about a schema change, as data: kept with the publication, so that others can tell and undo it.

Fields and rules are named by stable ids, values by their text: a mapping of choices is `{"Open": "draft", "?": None}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from formloom.metadata.catalog import EMPTY

STOP: Final = "stop"            # a value that does not convert stops the publication
EMPTIED: Final = "empty"        # it becomes empty; the original is kept in the archive
DEFAULT: Final = "default"      # it becomes `default`
NEAREST: Final = "nearest"      # it becomes what is suggested for it, or empty where nothing is
OTHERWISE: Final = (STOP, EMPTIED, DEFAULT, NEAREST)

REFUSE: Final = "refuse"        # records that fail a tighter rule stop the publication
NEW: Final = "new"              # the rule holds for what is new or changed; what was there before is let be
FIX: Final = "fix"              # failing values are replaced by `value`; of duplicates, all but the first are emptied
POLICIES: Final = (REFUSE, NEW, FIX)

FIRST: Final = "first"          # of several fields, the first that is filled
JOINED: Final = "join"          # their texts with `separator` between
FORMULA: Final = "formula"      # FEEL over the old fields, in `formula`
PART: Final = "part"            # of one field, piece number `part` between `separator`; -1: all after the first
PATTERN: Final = "pattern"      # of one field, group number `part` of the regular expression `separator`
UNMERGED: Final = "unmerge"     # the first of them where all others are empty: a merge that is taken back
HOWS: Final = (FIRST, JOINED, FORMULA, PART, PATTERN, UNMERGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """A new field that is filled from others: a merge of several, or a part of one that is split."""

    fields: tuple[str, ...]                 # ids
    how: str = FIRST
    separator: str = " "
    part: int = 0
    formula: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How the values of one field become values of its new type. `mapping`: old value, as text, to the new one."""

    mapping: Mapping[str, Any] = EMPTY
    otherwise: str = STOP
    default: Any = None
    sourced: Sourced | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChoice:
    policy: str = REFUSE
    value: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """`fields` by field id; `rules` by the key of a rule, see `records.strictness`; `other_rules`: the policy of those
    that are not named."""

    fields: Mapping[str, Conversion] = field(default_factory=dict)
    rules: Mapping[str, RuleChoice] = field(default_factory=dict)
    other_rules: str = REFUSE

    def rule(self, key: str) -> RuleChoice:
        return self.rules.get(key) or RuleChoice(policy=self.other_rules)

    def of(self, field_id: str) -> Conversion:
        return self.fields.get(field_id, AS_IT_IS)


AS_IT_IS: Final = Conversion()
NO_CHOICES: Final = Choices()


def to_json(choices: Choices) -> dict[str, Any]:
    return {"fields": {key: conversion_to_json(c) for key, c in choices.fields.items()},
            "rules": {key: {"policy": r.policy, "value": r.value} for key, r in choices.rules.items()},
            "other_rules": choices.other_rules}


def from_json(stored: Mapping[str, Any] | None) -> Choices:
    """Raises ValueError for a policy that does not exist: it came from a page or a file."""
    held = stored or {}
    return Choices(
        fields={key: conversion_from_json(c) for key, c in held.get("fields", {}).items()},
        rules={key: RuleChoice(policy=_one_of(r.get("policy", REFUSE), POLICIES), value=r.get("value"))
               for key, r in held.get("rules", {}).items()},
        other_rules=_one_of(held.get("other_rules", REFUSE), POLICIES))


def conversion_to_json(conversion: Conversion) -> dict[str, Any]:
    made = {"mapping": dict(conversion.mapping), "otherwise": conversion.otherwise, "default": conversion.default}
    told = conversion.sourced
    return made if told is None else made | {"sourced": {
        "fields": list(told.fields), "how": told.how, "separator": told.separator, "part": told.part,
        "formula": told.formula}}


def conversion_from_json(stored: Mapping[str, Any]) -> Conversion:
    told = stored.get("sourced")
    sourced = None if told is None else Sourced(
        fields=tuple(told["fields"]), how=_one_of(told.get("how", FIRST), HOWS),
        separator=told.get("separator", " "), part=int(told.get("part", 0)), formula=told.get("formula", ""))
    return Conversion(
        mapping=dict(stored.get("mapping", {})), otherwise=_one_of(stored.get("otherwise", STOP), OTHERWISE),
        default=stored.get("default"), sourced=sourced)


def _one_of(word: str, words: tuple[str, ...]) -> str:
    if word not in words:
        raise ValueError(f"{word!r} is none of {', '.join(words)}")
    return word
