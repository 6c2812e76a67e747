"""Errors as RFC 9457 problem documents, in the language of the request.

Every problem has a stable `code` with a page under /docs/errors; what nobody foresaw gets an id that is in the log.
"""

from __future__ import annotations

import logging
from secrets import token_hex
from typing import Any

import simplejson
from flask import Response, request
from werkzeug.exceptions import HTTPException

from formloom.errors import (
    BadConfiguration,
    BadExpression,
    FieldError,
    FormloomError,
    Problem,
    StaleVersion,
    Text,
    ValidationFailed,
)
from formloom.web.i18n import locale, t

log = logging.getLogger(__name__)

HTTP = {
    400: ("bad-request", Text("The request cannot be read.")),
    401: ("login-required", Text("Sign in first.")),
    403: ("forbidden", Text("This is not allowed.")),
    404: ("not-found", Text("There is nothing at this address.")),
    405: ("method-not-allowed", Text("This address does not take this method.")),
    413: ("too-large", Text("The request is larger than the server takes.")),
    415: ("unsupported-media-type", Text("The body must be JSON: send the header Content-Type: application/json.")),
    429: ("too-many-requests", Text("Too many requests; wait a little and try again.")),
}


def document(error: FormloomError) -> dict[str, Any]:
    """The members of the problem document of an error that was raised on purpose."""
    body = _members(error.code, error.status, t(error.message))
    if error.hint:
        body["hint"] = t(error.hint)
    return body | _details(error)


def respond(error: FormloomError) -> Response:
    response = respond_with(document(error))
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def document_http(error: HTTPException) -> dict[str, Any]:
    """A refusal of the framework itself: no such address, too large, not JSON."""
    status = error.code or 500
    code, message = HTTP.get(status, ("http-error", Text("The server answered with status {status}.", status=status)))
    return _members(code, status, t(message))


def respond_http(error: HTTPException) -> Response:
    response = respond_with(document_http(error))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def unforeseen(error: Exception) -> dict[str, Any]:
    """Logs the error with its traceback under an id, and returns a problem that names only the id."""
    reference = token_hex(6)
    log.error("request %s %s failed, id %s", request.method, request.path, reference, exc_info=error)
    text = Text("Something unforeseen happened; the log has it as {id}.", id=reference)
    return _members("internal-error", 500, t(text)) | {"id": reference}


def _members(code: str, status: int, title: str) -> dict[str, Any]:
    return {"type": f"/docs/errors#{code}", "code": code, "status": status, "title": title, "instance": request.path}


def _details(error: FormloomError) -> dict[str, Any]:
    match error:
        case ValidationFailed():
            return {"errors": [_field_error(e) for e in error.errors]}
        case StaleVersion():
            return {"version": error.version, "by": error.by, "conflicts": [
                {"field": c.field, "base": c.base, "theirs": c.theirs, "mine": c.mine} for c in error.conflicts]}
        case BadExpression():
            return {"expression": error.text, "position": error.position}
        case BadConfiguration():
            return {"errors": [problem_document(p) for p in error.problems]}
    return {"near": near} if (near := getattr(error, "near", None)) else {}


def _field_error(error: FieldError) -> dict[str, Any]:
    found = {"path": error.path, "code": error.code, "message": t(error.message)}
    return found if error.fix is None else found | {"fix": error.fix}


def problem_document(problem: Problem) -> dict[str, Any]:
    return {
        "path": str(problem.place), "file": problem.place.file, "line": problem.place.line,
        "column": problem.place.column, "code": problem.code, "severity": problem.severity,
        "message": t(problem.message), "hint": t(problem.hint) if problem.hint else None, "near": problem.near,
    }


def respond_with(body: dict[str, Any]) -> Response:
    text = simplejson.dumps(body, use_decimal=True, ensure_ascii=False, default=str)
    response = Response(text, body["status"], mimetype="application/problem+json")
    response.headers["Content-Language"] = locale()
    response.headers["Cache-Control"] = "no-store"
    return response
