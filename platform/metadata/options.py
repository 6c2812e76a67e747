"""Options of a field that are fine one by one but do not go together; each finding names the option to change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from formloom.errors import Text
from formloom.metadata.fieldtypes import Finding
from formloom.metadata.values import MAX_STARS, PRECISION, SCALE


def limits(options: Mapping[str, Any]) -> Iterator[Finding]:
    low, high = options.get("minimum"), options.get("maximum")
    if low is not None and high is not None and low > high:
        yield _disordered(low, high)


def stars(options: Mapping[str, Any]) -> Iterator[Finding]:
    low, high = options.get("minimum", 0), options.get("maximum", MAX_STARS)
    if low > high:
        yield _disordered(low, high)


def _disordered(low: Any, high: Any) -> Finding:
    return "minimum", Text("The minimum {minimum} is greater than the maximum {maximum}.", minimum=low, maximum=high)


def digits(options: Mapping[str, Any]) -> Iterator[Finding]:
    yield from limits(options)
    precision, scale = options.get("precision", PRECISION), options.get("scale", SCALE)
    if scale > precision:
        named = "scale" if "scale" in options else "precision"
        yield named, Text("{scale} digits after the point are more than {precision} digits in all.",
                          scale=scale, precision=precision)


def money(options: Mapping[str, Any]) -> Iterator[Finding]:
    yield from digits(options)
    currency, currencies = options.get("currency"), options.get("currencies")
    if currency and currencies and currency not in currencies:
        yield "currency", Text("The currency {currency} is not one of {currencies}.",
                               currency=currency, currencies=", ".join(currencies))


def zone(options: Mapping[str, Any]) -> Iterator[Finding]:
    name = options.get("zone")
    if name is None:
        return
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):    # a folder of the database, a path out of it, no such zone
        yield "zone", Text("There is no time zone {name}.", name=name)
