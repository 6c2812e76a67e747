"""A draft asked with inputs as somebody types them: its answer, and which rules of which table held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from formloom import feel
from formloom.errors import FieldError, Text, UnknownDecision
from formloom.feel import FeelSyntaxError
from formloom.feel.text import scalar
from formloom.metadata import decision_source
from formloom.metadata.sources import Source
from formloom.workflow.decisions import wording
from formloom.workflow.decisions.library import Answer, Datum, Decision, decision_of
from formloom.workflow.decisions.model import Model
from formloom.workflow.decisions.types import ItemType


@dataclass(frozen=True, slots=True)
class Trial:
    """`hits`: numbers of the rules that held, from 0, by the decision whose table it is."""

    answer: Answer
    errors: tuple[FieldError, ...] = ()
    hits: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def decision(read: Model, text: str, file: str, key: str) -> Decision:
    """Raises UnknownDecision."""
    source, _ = decision_source.read(Source("", file, text))
    if source is None or key not in source.keys:
        raise UnknownDecision(key, source.keys if source else ())
    return decision_of(key, source, read)


def ask(asked: Decision, words: Mapping[str, str], kinds: Mapping[str, str], now: datetime) -> Trial:
    """`kinds`: FEEL types by input, as somebody types them. An input that was left empty is null."""
    values, errors = {}, []
    for name, datum in asked.inputs.items():
        try:
            values[name] = value(words.get(name, ""), kinds.get(name, ""), datum, asked.model, now)
        except FeelSyntaxError as error:
            errors.append(FieldError(name, "not-a-value", error.reason))
        except ValueError:
            errors.append(FieldError(name, "not-a-value", Text("This is not a value of that kind.")))
    if errors:
        return Trial(Answer(None), tuple(errors))
    answer = asked.evaluate(values, now)
    hits: dict[str, tuple[int, ...]] = {}
    for hit in answer.hits:
        hits[hit.table.owner] = tuple(rule.number - 1 for rule in hit.rules)
    return Trial(answer, (), hits)


def value(words: str, kind: str, datum: Datum, read: Model, now: datetime) -> Any:
    """Raises FeelSyntaxError or ValueError for what is no value of the type."""
    text = wording.meant(words, kind, unary=False)
    if not text:
        return None
    found = feel.compile(text).evaluate({}, now)
    if found is None and text != "null":
        raise ValueError(text)
    fitted = read.types.converted(found, datum.type)
    if fitted is None and found is not None:
        raise ValueError(text)
    return fitted


def base(read: Model, kind: ItemType) -> str:
    """The FEEL type below a declared one."""
    seen: set[str] = set()
    while kind.base in read.types.items and kind.base not in seen:
        seen.add(kind.base)
        kind = read.types.items[kind.base]
    return kind.base


def written(found: Any) -> str:
    """A result for reading: texts without quotes, a context line by line."""
    if isinstance(found, str):
        return found
    if isinstance(found, Mapping):
        return ", ".join(f"{name}: {written(one)}" for name, one in found.items())
    if isinstance(found, (list, tuple)):
        return ", ".join(map(written, found))
    return "" if found is None else scalar(found)
