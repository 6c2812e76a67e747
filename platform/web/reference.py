"""Where the `type` of a problem leads: every code with its meaning, as a page and as docs/errors.md."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask import Blueprint, render_template
from markupsafe import Markup, escape

from formloom.web.i18n import locale

blueprint = Blueprint("reference", __name__)

_SOURCE = Path(__file__).parent / "errors.yaml"
_WIDTH = 130
_INLINE = re.compile(r"`([^`]+)`|\[([^\]]+)\]\([^)]+\)")


@blueprint.get("/docs/errors")
def errors() -> str:
    """For everybody: it says nothing about this installation."""
    return render_template("reference/errors.html", reference=reference(), lang=locale(), inline=inline)


@cache
def reference() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(_SOURCE.read_text(encoding="utf-8"))
    return found


def inline(text: str) -> Markup:
    """Code spans as code; links to other documents, which are not served, as their words."""
    parts, end = [], 0
    for match in _INLINE.finditer(text):
        code = Markup("<code>{}</code>").format(match[1]) if match[1] else escape(match[2])
        parts += [escape(text[end:match.start()]), code]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def markdown() -> str:
    """docs/errors.md."""
    return "\n".join(_lines(reference()))


def _lines(found: dict[str, Any]) -> Iterator[str]:
    yield from ("# Errors", "", _wrapped(found["intro"]["en"]), "")
    for group in found["groups"]:
        yield from (f"## {group['title']['en']}", "")
        for entry in group["entries"]:
            yield from (f"### {', '.join(entry['codes'])}", _wrapped(entry["en"]), "")


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    print(markdown(), end="")
