"""What was done to a task, in words: for the timeline of a record and the history of a process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from formloom.errors import Text
from formloom.web.i18n import label, t


def _to(values: Mapping[str, Any]) -> str:
    return ", ".join(values.get("to") or ())


_WORDS: Mapping[str, tuple[Callable[[Mapping[str, Any]], Text], str]] = {
    "transferred": (lambda v: Text("transferred it to {to}", to=_to(v)), "arrow-right"),
    "delegated": (lambda v: Text("delegated it to {to}", to=_to(v)), "arrows-exchange"),
    "signer_added": (lambda v: Text("added {to} as signers", to=_to(v)), "user-plus"),
    "returned": (lambda v: Text("returned it to: {goal}", goal=v.get("goal") or {}), "arrow-back-up"),
    "withdrawn": (lambda _: Text("took the process back"), "arrow-back"),
    "urged": (lambda _: Text("urged a decision"), "bell-ringing"),
    "copied": (lambda v: Text("copied {to}", to=_to(v)), "copy"),
    "undone": (lambda _: Text("took the decision back"), "arrow-back-up"),
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
    return t(_WORDS[verb][0](values)) if verb in _WORDS else ""


def acting(values: Mapping[str, Any]) -> str:
    """In whose name a deputy did it."""
    name = values.get("acting_for")
    return " " + t(Text("(for {name})", name=name)) if name else ""
