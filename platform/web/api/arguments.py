"""What a request says, read strictly: an argument or member that nobody knows is refused, not ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from formloom.errors import BadRequest, NotFound, Text, near
from formloom.metadata.values import LARGEST_ID
from formloom.records.query import Query
from formloom.web import renamed

MAX_PAGE_SIZE = 200
_LIST = frozenset({"filter", "search", "sort", "page", "page_size", "after", "fields", "count", "names", "_l_"})


def record_id(text: str) -> int:
    """An id from an address; what cannot be an id is not found, like an id that nothing has."""
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > LARGEST_ID:
        raise NotFound(Text("There is no record {id}.", id=text[:20]))
    return int(text)


def list_query(entity: str) -> Query:
    known_arguments(_LIST)
    after = request.args.get("after")
    if after is not None and "page" in request.args:
        raise BadRequest(Text("Send either page or after."))
    return Query(
        filter=renamed.condition(entity, request.args.get("filter", "")), search=request.args.get("search", ""),
        sort=renamed.names(entity, _names("sort")),
        page=integer("page", 1, 1_000_000), after=after, page_size=integer("page_size", 25, MAX_PAGE_SIZE),
        fields=renamed.names(entity, _names("fields")) or None, count="exact" if flag("count") else "no",
    )


def known_arguments(known: frozenset[str]) -> None:
    for name in request.args:
        if name not in known:
            guess = near(name, known)
            raise BadRequest(Text("There is no argument {name}.", name=name),
                             Text("Did you mean {near}?", near=guess) if guess else None)


def integer(name: str, default: int, highest: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:12]) <= highest:
        raise BadRequest(Text("{name} takes a whole number from 1 to {highest}.", name=name, highest=highest))
    return int(text)


def flag(name: str) -> bool:
    text = request.args.get(name, "false")
    if text not in ("true", "false", "1", "0"):
        raise BadRequest(Text("{name} takes true or false.", name=name))
    return text in ("true", "1")


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    text = request.args.get(name, default)
    if text not in allowed:
        raise BadRequest(Text("{name} takes one of {allowed}.", name=name, allowed=", ".join(allowed)))
    return text


def _names(argument: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in request.args.get(argument, "").split(",") if part.strip())


def body(optional: bool = False) -> dict[str, Any]:
    """The JSON object of the request; an empty body is an empty object where that is allowed."""
    if optional and not request.content_length and not request.get_data(cache=True):
        return {}
    if not request.is_json:
        raise UnsupportedMediaType
    content = request.get_json(cache=True)
    if not isinstance(content, dict):
        raise BadRequest(Text("The body must be a JSON object."))
    return content


def take(content: Mapping[str, Any], known: Mapping[str, type]) -> dict[str, Any]:
    """The members of a body that has a fixed shape, type-checked; absent ones are absent."""
    for name, value in content.items():
        if name not in known:
            guess = near(name, known)
            raise BadRequest(Text("There is no member {name}.", name=name),
                             Text("Did you mean {near}?", near=guess) if guess else None)
        if value is not None and not isinstance(value, known[name]):
            raise BadRequest(Text("{name} has the wrong type.", name=name))
    return {name: value for name, value in content.items() if value is not None}


def version_from(content: dict[str, Any]) -> int | None:
    """From the member `version`, else from If-Match; None where neither is sent. Takes the member out."""
    value = content.pop("version", None)
    if value is not None:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_ID:
            raise BadRequest(Text("version takes the whole number that was read."))
        return value
    return if_match()


def if_match() -> int | None:
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    text = header.strip().removeprefix("W/")
    digits = text[1:-1]
    quoted = len(text) > 2 and text[0] == text[-1] == '"'
    if not quoted or not (digits.isascii() and digits.isdigit()) or int(digits[:20]) > LARGEST_ID:
        raise BadRequest(Text("If-Match takes the ETag that was read, such as \"3\"."))
    return int(digits)
