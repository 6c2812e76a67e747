"""What was raised on purpose, as scripts of a page show it: a problem document with the words for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from formloom.errors import FormloomError, ValidationFailed
from formloom.web import problems
from formloom.web.i18n import label, t
from formloom.web.requests import catalog

View = Callable[..., ResponseReturnValue]


def answering(view: View) -> View:
    """`said` is what a toast says."""
    @wraps(view)
    def answer(**values: Any) -> ResponseReturnValue:
        try:
            return view(**values)
        except FormloomError as error:
            return problems.respond_with(problems.document(error) | {"said": " ".join(_words(error))})

    return answer


def _words(error: FormloomError) -> Iterator[str]:
    if not isinstance(error, ValidationFailed):
        yield from (t(x) for x in (error.message, error.hint) if x)
        return
    entity = catalog().entities.get((request.view_args or {}).get("name", ""))
    for one in error.errors:
        field = entity.fields.get(one.path.split("/")[0]) if entity else None
        yield f"{label(field.label)}: {t(one.message)}" if field else t(one.message)
