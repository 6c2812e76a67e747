"""Values shown in part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

DOTS: Final = "•••"


def _email(text: str) -> str:
    name, at, domain = text.partition("@")
    return f"{name[:1]}{DOTS}{at}{domain}"


# From the one that hides least: where roles differ, the actor gets the union of what they show.
_MASKS: Final[Mapping[str, Callable[[str], str]]] = {
    "email": _email,
    "last4": lambda text: DOTS + (text[-4:] if len(text) > 4 else ""),
    "first1": lambda text: text[:1] + DOTS if len(text) > 1 else DOTS,
    "all": lambda text: DOTS,
}


def masked(mask: str, value: Any) -> str | None:
    """What may be shown; None stays None, so that a mask does not invent a value."""
    return None if value is None else _MASKS.get(mask, _MASKS["all"])(str(value))


def weakest(masks: list[str]) -> str:
    order = list(_MASKS)
    return min(masks, key=lambda mask: order.index(mask) if mask in order else len(order))
