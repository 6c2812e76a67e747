"""Definitions of the CRM, and people who change them at random."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from formloom.metadata import keys, loader, merging, parsing

CONFIG = Path(__file__).parents[2] / "config"
_TEXTS = ("x", "owner = user.id", "true", "Küche", "客户", "amount > 10")
_NAMES = ("alpha", "beta", "gamma", "delta", "name", "status", "owner")


@cache
def definitions() -> tuple[dict[str, Any], ...]:
    """Entities, roles, workspaces, dashboards and calendars of the CRM."""
    found = parsing.definitions(loader.read_pack(CONFIG))
    return tuple(merging.plain(tree) for _, tree in sorted(found.items()))


def edited(tree: dict[str, Any], seed: int, times: int) -> dict[str, Any]:
    result, random = copy.deepcopy(tree), Random(seed)
    for _ in range(times):
        path, holder = random.choice(list(_holders(result, ())))
        random.choice(_IN_LISTS if isinstance(holder, list) else _IN_MAPPINGS)(holder, path, random)
    return merging.plain(result)


def _holders(value: Any, path: keys.Path) -> Iterator[tuple[keys.Path, Any]]:
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from _holders(inner, (*path, key))
    elif isinstance(value, list):
        yield path, value
        for item in value:
            yield from _holders(item, (*path, keys.name(path, item)))


def _change(holder: dict[str, Any], path: keys.Path, random: Random) -> None:
    plain = [key for key, value in holder.items() if not isinstance(value, dict | list) and key not in keys.named(path)]
    if plain:
        key = random.choice(plain)
        holder[key] = not holder[key] if isinstance(holder[key], bool) else random.choice(_TEXTS)


def _remove(holder: dict[str, Any], path: keys.Path, random: Random) -> None:
    if holder:
        del holder[random.choice(list(holder))]


def _add(holder: dict[str, Any], path: keys.Path, random: Random) -> None:
    kinds: list[Callable[[], Any]] = [
        lambda: random.choice(_TEXTS), lambda: random.randrange(3), lambda: {"type": random.choice(["text", "date"])},
        lambda: {"en": random.choice(_TEXTS)}, lambda: [random.choice(_NAMES)]]
    holder[random.choice(_NAMES)] = random.choice(kinds)()


def _turn(holder: dict[str, Any], path: keys.Path, random: Random) -> None:
    items = list(holder.items())
    random.shuffle(items)
    holder.clear()
    holder.update(items)


def _insert(holder: list[Any], path: keys.Path, random: Random) -> None:
    name = random.choice(_NAMES)
    item: Any = name
    if keys.named(path):
        item = {**dict.fromkeys(keys.named(path), name), "label": random.choice(_TEXTS)}
    holder.insert(random.randint(0, len(holder)), item)


def _take(holder: list[Any], path: keys.Path, random: Random) -> None:
    if holder:
        holder.pop(random.randrange(len(holder)))


def _move(holder: list[Any], path: keys.Path, random: Random) -> None:
    if holder:
        holder.insert(random.randrange(len(holder)), holder.pop(random.randrange(len(holder))))


_IN_MAPPINGS = (_change, _change, _change, _remove, _add, _turn)
_IN_LISTS = (_insert, _take, _move)
