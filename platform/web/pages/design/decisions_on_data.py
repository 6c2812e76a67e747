"""What somebody decided on the page about stored values; inputs are called `field:...`, `map:...`, `rule:...`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from werkzeug.datastructures import MultiDict

from formloom.errors import BadRequest, Text
from formloom.storage import choices
from formloom.storage.choices import Choices, Conversion, RuleChoice

EMPTY: Final = "(empty)"        # the option that takes a value away
MOST: Final = 5000


def sent(form: MultiDict[str, str], before: Choices) -> Choices:
    """`map:<field id>:<old value>` holds the new one; '' leaves it to `field:<field id>`, `(empty)` takes it away."""
    if len(form) > MOST:
        raise BadRequest(Text("The request cannot be read."))
    fields, rules = dict(before.fields), dict(before.rules)
    for name, value in form.items():
        kind, _, rest = name.partition(":")
        if kind == "field":
            fields[rest] = replace(fields.get(rest, Conversion()), otherwise=_known(value, choices.OTHERWISE),
                                   default=form.get(f"default:{rest}", "").strip() or None)
        elif kind == "rule":
            rules[rest] = RuleChoice(policy=_known(value, choices.POLICIES),
                                     value=form.get(f"value:{rest}", "").strip() or None)
    for name, value in form.items():
        kind, _, rest = name.partition(":")
        identity, _, old = rest.partition(":")
        if kind == "map" and identity in fields:
            fields[identity] = replace(fields[identity], mapping=_mapped(fields[identity].mapping, old, value))
    return replace(before, fields=fields, rules=rules)


def _mapped(mapping: Mapping[str, object], old: str, new: str) -> dict[str, object]:
    changed = {key: value for key, value in mapping.items() if key != old}
    return changed if new == "" else {**changed, old: None if new == EMPTY else new}


def _known(word: str, words: tuple[str, ...]) -> str:
    if word not in words:
        raise BadRequest(Text("The request cannot be read."))
    return word
