"""Conflicts of a merge on a page: what their inputs are called, what was chosen, what people call the definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask import request

from formloom.design.three_way import Change, Decision
from formloom.errors import BadRequest, Text
from formloom.metadata import overlays
from formloom.web.i18n import label

_SIDES: Final = ("mine", "theirs", "both")
Decided = dict[tuple[str, str], dict[tuple[str, ...], str]]


def inputs(conflicts: Iterable[Decision]) -> Mapping[int, str]:
    """In the order of the conflicts."""
    return {n: f"conflict:{one.kind}/{one.name}{overlays.pointer(one.conflict.path)}"
            for n, one in enumerate(conflicts)}


def called(changes: Iterable[Change]) -> Mapping[tuple[str, str], str]:
    """By kind and name: a label, the name of its file for a diagram."""
    return {(one.kind, one.name): _called(one.merged or one.ours or one.theirs, one.name) for one in changes}


def decided() -> Decided:
    """What was sent. Raises BadRequest."""
    found: Decided = {}
    for name, side in request.form.items():
        kind, _, rest = name.partition(":")
        what, _, path = rest.partition("/")
        if kind != "conflict" or not side:
            continue
        if side not in _SIDES:
            raise BadRequest(Text("The request cannot be read."))
        owner, _, pointer = path.partition("/")
        found.setdefault((what, owner), {})[overlays.path_of(f"/{pointer}" if pointer else "")] = side
    return found


def _called(tree: Any, name: str) -> str:
    given = tree.get("label") if isinstance(tree, dict) else None
    return label({"en": given} if isinstance(given, str) else given) if given else name
