"""The language of a request, and words in it.

Order: `?_l_=` of this request, the person's profile, the cookie, Accept-Language, the organisation's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, has_request_context, request
from flask_babel import get_locale, gettext

from formloom.errors import Text, label_in
from formloom.web.requests import actor_or_none, runtime

LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "中文"}
COOKIE = "locale"
_ANONYMOUS = ("/static/", "/assets/", "/healthz", "/readyz", "/metrics")


def locale() -> str:
    """`en` or `zh`: the language in which this request is answered."""
    current = get_locale()
    return current.language if current and current.language in LANGUAGES else "en"


def select_locale() -> str | None:
    if not has_request_context():
        return None
    if "locale" not in g:
        g.locale = _chosen()
    return str(g.locale)


def _chosen() -> str:
    asked = request.args.get("_l_", "")
    if asked in LANGUAGES:
        return asked
    actor = actor_or_none() if not request.path.startswith(_ANONYMOUS) else None
    if actor is not None and actor.locale in LANGUAGES and not _speaks_for_itself():
        return actor.locale
    cookie = request.cookies.get(COOKIE, "")
    if cookie in LANGUAGES:
        return cookie
    return request.accept_languages.best_match(LANGUAGES) or runtime().settings.language


def _speaks_for_itself() -> bool:
    """A client of the API that asks for a language means it, whatever the profile says."""
    return request.path.startswith("/api/") and "Accept-Language" in request.headers


def select_timezone() -> str | None:
    actor = actor_or_none() if has_request_context() else None
    return actor.timezone if actor else None


def t(text: Text) -> str:
    """The message in the language of the request."""
    values = {key: _value(value) for key, value in text.values.items()}
    return Text(text.template, **values).render(gettext(text.template), locale())


def texts(words: Mapping[str, Text]) -> dict[str, str]:
    """What a script says, by the names that the script knows."""
    return {key: t(text) for key, text in words.items()}


def _value(value: Any) -> Any:
    return t(value) if isinstance(value, Text) else value


def said(words: Text | Mapping[str, str] | str) -> str:
    """A message, a label, or a text that is the same in every language."""
    if isinstance(words, Text):
        return t(words)
    return words if isinstance(words, str) else label(words)


def label(words: Mapping[str, str]) -> str:
    return label_in(words, locale())
