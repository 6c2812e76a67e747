"""What was done to a task, in words: for the timeline of a record and the history of a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from formloom.errors import Text
from formloom.web.i18n import label, t

_WORDS: Mapping[str, tuple[Text, str]] = {
    "transferred": (Text("transferred it to {to}"), "arrow-right"),
    "delegated": (Text("delegated it to {to}"), "arrows-exchange"),
    "signer_added": (Text("added {to} as signers"), "user-plus"),
    "returned": (Text("returned it to: {goal}"), "arrow-back-up"),
    "withdrawn": (Text("took the process back"), "arrow-back"),
    "urged": (Text("urged a decision"), "bell-ringing"),
    "copied": (Text("copied {to}"), "copy"),
    "undone": (Text("took the decision back"), "arrow-back-up"),
}


@dataclass(frozen=True, slots=True)
class Happened:
    words: str
    glyph: str
    tone: str = ""


def of(values: Mapping[str, Any]) -> Happened:
    """`values`: what `workflow.traces` kept."""
    verb, step = str(values.get("verb", "decided")), label(values.get("task") or {})
    if verb not in _WORDS:
        tone = "stop" if values.get("tone") == "stop" else "done"
        told = f"{step} · {label(values.get('label') or {}) or values.get('outcome', '')}"
        return Happened(told + acting(values), "x" if tone == "stop" else "check", tone)
    return Happened(done(verb, values) + (f" · {step}" if step else "") + acting(values), _WORDS[verb][1])


def done(verb: str, values: Mapping[str, Any]) -> str:
    """Without the step; '' for what is no verb."""
    if verb not in _WORDS:
        return ""
    words = _WORDS[verb][0]
    return t(Text(words.template, to=", ".join(values.get("to") or ()), goal=values.get("goal") or {}))


def acting(values: Mapping[str, Any]) -> str:
    """In whose name a deputy did it."""
    name = values.get("acting_for")
    return " " + t(Text("(for {name})", name=name)) if name else ""
