"""JSON with exact decimals: `1234.50` stays `1234.50` in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import simplejson
from flask.json.provider import JSONProvider


class ExactJSON(JSONProvider):
    def dumps(self, obj: Any, **kwargs: Any) -> str:
        options = {"separators": (",", ":"), **kwargs}
        return simplejson.dumps(obj, use_decimal=True, ensure_ascii=False, default=_plain, **options)

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        try:
            return simplejson.loads(s, use_decimal=True, parse_constant=_refuse, allow_nan=False)
        except RecursionError:
            raise ValueError("the JSON nests too deeply") from None


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return dict(value)
        case frozenset() | set():
            return sorted(value)
    return str(value)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a JSON number")
