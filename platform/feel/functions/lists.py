"""Built-ins over lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cmp_to_key
from typing import Any

from formloom.feel import comparison
from formloom.feel.functions.numeric import truncated
from formloom.feel.functions.registry import builtin
from formloom.feel.functions.seen import Seen
from formloom.feel.values import Function, kind


def items_of(arguments: Sequence[Any]) -> Sequence[Any]:
    """The arguments of a call with one list or with several values."""
    one: Sequence[Any] = arguments[0] if len(arguments) == 1 and kind(arguments[0]) == "list" else arguments
    return one


@builtin("all(list*: any)", "全部")
def all_true(*arguments: Any) -> bool | None:
    return comparison.every(_booleans(arguments))


@builtin("any(list*: any)", "任一")
def any_true(*arguments: Any) -> bool | None:
    return comparison.some(_booleans(arguments))


def _booleans(arguments: Sequence[Any]) -> list[bool | None]:
    return [item if isinstance(item, bool) else None for item in items_of(arguments)]


@builtin("list contains(list: list, element: any)", "列表包含")
def list_contains(run: Any, items: Sequence[Any], element: Any) -> bool:
    return any(comparison.equal(item, element, run) for item in items)


@builtin("sublist(list: list, start position: number, length?: number|null)", "子列表")
def sublist(items: Sequence[Any], start: Any, length: Any = None) -> list[Any] | None:
    first, count = truncated(start), None if length is None else truncated(length)
    if not first or abs(first) > len(items) or (count is not None and count < 0):
        return None
    begin = first - 1 if first > 0 else len(items) + first
    if count is not None and begin + count > len(items):
        return None
    return list(items[begin:] if count is None else items[begin : begin + count])


@builtin("append(list: list, item*: any)", "追加")
def append(items: Sequence[Any], *more: Any) -> list[Any]:
    return [*items, *more]


@builtin("concatenate(list*: list)", "合并列表")
def concatenate(run: Any, *lists: Sequence[Any]) -> list[Any]:
    run.sized(sum(map(len, lists)))
    return [item for items in lists for item in items]


@builtin("insert before(list: list, position: number, newItem: any)", "插入")
def insert_before(items: Sequence[Any], position: Any, item: Any) -> list[Any]:
    index = _index(items, position)
    return [*items[:index], item, *items[index:]]


@builtin("remove(list: list, position: number)", "移除")
def remove(items: Sequence[Any], position: Any) -> list[Any]:
    index = _index(items, position)
    return [*items[:index], *items[index + 1 :]]


@builtin("list replace(list: list, position: number, newItem: any)", "列表替换")
def list_replace(items: Sequence[Any], position: Any, item: Any) -> list[Any]:
    index = _index(items, position)
    return [*items[:index], item, *items[index + 1 :]]


@builtin("list replace(list: list, match: function, newItem: any)")
def list_replace_matching(run: Any, items: Sequence[Any], match: Function, item: Any) -> list[Any]:
    replaced = []
    for old in items:
        verdict = run.invoke(match, (old, item))
        if not isinstance(verdict, bool):
            raise TypeError("the match function must give true or false")
        replaced.append(item if verdict else old)
    return replaced


def _index(items: Sequence[Any], position: Any) -> int:
    found = truncated(position)
    if not found or abs(found) > len(items):
        raise ValueError(f"no position {position} in a list of {len(items)}")
    return found - 1 if found > 0 else len(items) + found


@builtin("reverse(list: list)", "倒序")
def reverse(items: Sequence[Any]) -> list[Any]:
    return list(reversed(items))


@builtin("index of(list: list, match: any)", "位置")
def index_of(run: Any, items: Sequence[Any], match: Any) -> list[int]:
    return [index for index, item in enumerate(items, 1) if comparison.equal(item, match, run)]


@builtin("union(list*: list)", "并集")
def union(run: Any, *lists: Sequence[Any]) -> list[Any]:
    return _distinct(run, (item for items in lists for item in items))


@builtin("distinct values(list: list)", "去重")
def distinct_values(run: Any, items: Sequence[Any]) -> list[Any]:
    return _distinct(run, items)


def _distinct(run: Any, items: Iterable[Any]) -> list[Any]:
    seen = Seen(run)
    return [item for item in items if seen.first(item)]


@builtin("flatten(list: list)", "展平")
def flatten(run: Any, items: Sequence[Any]) -> list[Any]:
    flat: list[Any] = []
    for item in items:
        run.spend(1)
        flat += flatten(run, item) if kind(item) == "list" else [item]
    run.sized(len(flat))
    return flat


@builtin("sort(list: list)")
def sort(items: Sequence[Any]) -> list[Any]:
    return sorted(items, key=cmp_to_key(natural_order))


@builtin("sort(list: list, precedes: function)", "排序")
def sort_by(run: Any, items: Sequence[Any], precedes: Function) -> list[Any]:
    def order(left: Any, right: Any) -> int:
        if run.invoke(precedes, (left, right)) is True:
            return -1
        return 1 if run.invoke(precedes, (right, left)) is True else 0

    return sorted(items, key=cmp_to_key(order))


def natural_order(left: Any, right: Any) -> int:
    """-1, 0 or 1; TypeError where the values have no order."""
    if comparison.ordered(comparison.ORDERS["<"], left, right):
        return -1
    greater = comparison.ordered(comparison.ORDERS[">"], left, right)
    if greater is None:
        raise TypeError(f"no order between {kind(left)} and {kind(right)}")
    return int(greater)
