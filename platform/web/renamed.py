"""Names that are not in force any more: the API answers to them for a while and says so; addresses of pages lead on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from flask import Response, g, redirect, request
from flask.typing import ResponseReturnValue

from formloom.feel.renaming import Renaming
from formloom.storage import following
from formloom.storage.former import Alias
from formloom.web.requests import catalog, runtime

OLD = "old"         # ?names=old: values under the old names as well


def entity_of(arguments: dict[str, Any] | None) -> None:
    """Puts the entity of today into the arguments of a route of the API."""
    name = (arguments or {}).get("entity")
    if arguments is None or not isinstance(name, str) or name in catalog().entities:
        return
    alias = _held(runtime().former.entities.get(name))
    if alias is not None:
        arguments["entity"] = alias.name
        _note(alias, request.path.replace(f"/records/{name}", f"/records/{alias.name}", 1))


def values(entity: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, under the names of today."""
    known = _fields(entity)
    return {_current(known, name): value for name, value in sent.items()} if known.keys() & sent.keys() else dict(sent)


def names(entity: str, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Fields to show or to sort by; a minus sorts downwards."""
    known = _fields(entity)
    return tuple("-" * name.startswith("-") + _current(known, name.removeprefix("-")) for name in asked)


def condition(entity: str, text: str) -> str:
    known, target = _fields(entity), catalog().entities.get(entity)
    for name, alias in known.items():
        if target is not None and name in text:
            said = following.translated(catalog(), target, text, Renaming(entity, name, alias.name), back=True)
            if said != text:
                _note(alias)
            text = said
    return text


def shown(entity: str, row: dict[str, Any]) -> dict[str, Any]:
    """With the values under their old names as well, where the request asks for that."""
    if request.args.get("names") != OLD:
        return row
    return {**{name: row[alias.name] for name, alias in _fields(entity).items() if alias.name in row}, **row}


def tell(response: Response) -> Response:
    """RFC 9745 and RFC 8594: since when a name is an old one, until when it is answered to, and what to ask instead."""
    since: datetime | None = g.get("renamed_since")
    if since is not None:
        response.headers["Deprecation"] = f"@{int(since.timestamp())}"
        until = since + timedelta(days=runtime().settings.alias_days)
        response.headers["Sunset"] = format_datetime(until.astimezone(UTC), usegmt=True)
        if "renamed_link" in g:
            response.headers.add("Link", f'<{g.renamed_link}>; rel="successor-version"')
    return response


def page() -> ResponseReturnValue | None:
    """Where a page has moved; for as long as nothing else has its name."""
    name = (request.view_args or {}).get("name")
    if request.method != "GET" or not isinstance(name, str) or name in catalog().entities:
        return None
    alias = runtime().former.entities.get(name)
    if alias is None:
        return None
    path = request.full_path if request.query_string else request.path
    return redirect(path.replace(f"/records/{name}", f"/records/{alias.name}", 1), 308)


def _current(known: Mapping[str, Alias], name: str) -> str:
    alias = known.get(name)
    if alias is None:
        return name
    _note(alias)
    return alias.name


def _fields(entity: str) -> dict[str, Alias]:
    return {name: alias for name, alias in runtime().former.fields.get(entity, {}).items() if _held(alias)}


def _held(alias: Alias | None) -> Alias | None:
    """None once its while is over."""
    ends = timedelta(days=runtime().settings.alias_days)
    return alias if alias is not None and runtime().now() < alias.since + ends else None


def _note(alias: Alias, link: str = "") -> None:
    g.renamed_since = min(alias.since, g.get("renamed_since", alias.since))
    if link:
        g.renamed_link = link
