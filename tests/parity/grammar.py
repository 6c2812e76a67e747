"""Random expressions over the records of `rows`, by the type of their value.

Dates stay in the years 1 to 9999 and durations in 292,000 years, which is what databases hold: factors are small.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from hypothesis import strategies as st

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

_NUMBERS = ("count", "size", "price", "share", "friend.size", "friend.count", "friend.friend.price", "user.limit",
            "user.id", "user.team", "null", "0", "1", "2", "-7", "1.5", "100.5", "0.0001", "12345678901234567890123",
            "1e30", "record.price", "count(parts)", "合计(parts.weight)", "count(friends)", "count(friend.parts)")
_IDS = ("friend", "owner", "id", "version", "friend.friend", "user.id", "2")
_STRINGS = ("name", "note", "status", "friend.name", "friend.friend.status", "user.name", '"Ann"', '"a"', '""',
            '"张三"', '"new"', "null", "record.name", "place.city", '"ß"', '" x "')
_DATES = ("day", "other_day", 'date("2026-03-02")', "today()", "user.since", "friend.day", "null", '@"2024-02-29"')
_MOMENTS = ("moment", "now()", 'date and time("2026-03-02T10:00:00+01:00")', "friend.moment",
            'now() - duration("P1D")', "null", '@"2024-01-31T23:59:59.5Z"')
_SPANS = ("span", 'duration("PT4H")', "friend.span", "null", '@"P1DT2H"', '@"-PT90M"', '@"PT0.5S"')
_FACTORS = ("2", "0.5", "-1.5", "3", "7", "0", "count(parts)", "null", "share")
_MONTHS = ('@"P1M"', '@"P1Y2M"', '@"-P13M"', '@"P0M"')
_TRUTHS = ("active", "friend.active", "true", "false", "null", "parts[1].fragile")
_LISTS = (
    'list contains(tags, "a")', 'list contains(tags, null)', '"张三" in tags', "2 in friends", "tags = null",
    "list contains(friends, 3)", "user.id in friends", "name in tags", "owner in user.team_members", "2 in tags",
    "list contains(user.tags, name)", "list contains(friends, 1.5)", "list contains(tags, 2)", "owner in friends",
    "list contains(user.team, owner)", "owner in user.team", "friend in friends", "friends = null",
    "status in user.tags", "price in friends", "data = null", "count in [[1..5], 7, null]",
    "list contains(friends, null)", 'some t in tags satisfies contains(t, "a")', "count(tags) > 1",
    'every t in tags satisfies t = name', 'count(tags[item = "a"]) = 1')
_RELATIONS = ("=", "!=", "<", "<=", ">", ">=")
_TYPES = ("number", "string", "date", "moment", "span", "months", "truth")


@dataclass(frozen=True)
class Grammar:
    """`inside`: in a filter or loop over parts, whose fields are named like this; empty outside."""

    draw: Draw
    inside: str | None = None

    def pick(self, *choices: str) -> str:
        return str(self.draw(st.sampled_from(choices)))

    def any(self, depth: int) -> str:
        return self.of(self.pick(*_TYPES), depth)

    def of(self, kind: str, depth: int) -> str:
        made: str = getattr(self, kind)(depth)
        return made

    def leaf(self, depth: int) -> bool:
        return depth <= 0 or bool(self.draw(st.integers(0, 3)) == 0)

    def part(self, *names: str) -> tuple[str, ...]:
        return tuple(f"{self.inside}{name}" for name in names) * 3 if self.inside is not None else ()

    def number(self, depth: int) -> str:
        if self.leaf(depth):
            return self.pick(*_NUMBERS, *self.part("weight"))
        shape = self.pick(
            "({n} + {n})", "({n} - {n})", "{n} * {n}", "({n} / {n})", "({n} / 4)", "-{n}", "abs({n})", "floor({n})",
            "ceiling({n}, 1)", "round half up({n}, 2)", "decimal({n}, 1)", "round up({n}, -2)", "modulo({n}, {n})",
            "min({n}, {n})", "max([{n}, {n}, {n}])", "sum({n}, {n})", "mean({n}, {n})", "(if {t} then {n} else {n})",
            "string length({s})", "{d}.year", "{d}.weekday", "{m}.hour", "{m}.second", "{p}.hours", "{p}.days",
            "day of year({d})", "week of year({d})", "({p} / {p})", "{rows}")
        return self.filled(shape, depth)

    def rows(self, depth: int) -> str:
        if self.inside is not None:
            return self.pick("count", "size")
        inner = replace(self, inside="").truth(depth - 1)
        shape = self.pick("count(parts[{f}])", "sum(parts[{f}].weight)", "max(parts[{f}].weight)", "min(parts.weight)",
                          "mean(parts[{f}].weight)", "parts[1].weight", "parts[-1].weight", "parts[{f}][1].weight",
                          "count(friends[price > 0])", "sum(friends.size)", "max(friends.share)", "mean(parts.weight)",
                          "sum(friend.parts[{f}].weight)", "count(friend.parts[{f}])", "max(parts.parent.price)")
        return shape.replace("{f}", inner)

    def string(self, depth: int) -> str:
        if self.leaf(depth):
            return self.pick(*_STRINGS, *self.part("name"))
        return self.filled(self.pick(
            "({s} + {s})", "upper case({s})", "lower case({s})", "trim({s})", "substring({s}, 2)",
            "substring({s}, -2, 1)", "substring({s}, {n}, {n})", "substring before({s}, {s})",
            "substring after({s}, {s})", "(if {t} then {s} else {s})", "string({n})", "string({t})", "max({s}, {s})",
            "day of week({d})", "month of year({m})", "substring(start position: 1, string: {s})"), depth)

    def date(self, depth: int) -> str:
        if self.leaf(depth):
            return self.pick(*_DATES)
        return self.filled(self.pick(
            "({d} + {p})", "({d} - {p})", "({d} + {y})", "({d} - {y})", "({y} + {d})", "({p} + {d})", "date({m})",
            "last day of month({d})", "(if {t} then {d} else {d})", "max({d}, {d})", "min([{d}, {d}])"), depth)

    def moment(self, depth: int) -> str:
        if self.leaf(depth):
            return self.pick(*_MOMENTS)
        return self.filled(self.pick(
            "({m} + {p})", "({m} - {p})", "({p} + {m})", "({m} + {y})", "({m} - {y})", "(if {t} then {m} else {m})",
            "max({m}, {m})"), depth)

    def span(self, depth: int) -> str:
        if self.leaf(depth):
            return self.pick(*_SPANS)
        return self.filled(self.pick(
            "({d} - {d})", "({m} - {m})", "({m} - {d})", "({p} + {p})", "({p} - {p})", "({p} * {k})", "({k} * {p})",
            "({p} / {k})", "-{p}", "abs({p})", "(if {t} then {p} else {p})"), depth)

    def factor(self, depth: int) -> str:
        return self.pick(*_FACTORS)

    def months(self, depth: int) -> str:
        if self.leaf(depth):
            return self.pick(*_MONTHS)
        return self.filled(self.pick("years and months duration({d}, {d})", "-{y}", "abs({y})"), depth)

    def truth(self, depth: int) -> str:
        if self.leaf(depth):
            return self.pick(*_TRUTHS, *self.part("fragile"))
        kind = self.pick(*_TYPES)
        other = kind if self.draw(st.integers(0, 11)) else self.pick(*_TYPES)
        values = {"a": self.of(kind, depth - 1), "b": self.of(other, depth - 1), "c": self.of(kind, depth - 1),
                  "r": self.pick(*_RELATIONS), "i": self.pick(*_IDS), "j": self.pick(*_IDS)}
        shape = self.pick(
            "({a} {r} {b})", "({a} {r} {b})", "({a} {r} {b})", "({a} = null)", "({a} between {b} and {c})",
            "({a} in ({b}, {c}))", "({a} in [{b}, {c}])", "({a} in [{b}..{c}])", "({a} in ({b}..{c}))",
            "({a} in (< {b}, {c}))", "({a} in (>= {b}))", "({a} in [{b}, null])", "list contains([{b}, {c}], {a})",
            "({i} {r} {j})", "({t} and {t})", "({t} or {t})", "not({t})", "(if {t} then {t} else {t})",
            "all([{t}, {t}])", "any({t}, {t})", "contains({s}, {s})", "包含({s}, {s})", "starts with({s}, {s})",
            "ends with({s}, {s})", "{lists}", "{loop}", "(active = {t})")
        return self.filled(shape, depth, **values)

    def lists(self, depth: int) -> str:
        return f"({self.pick(*_LISTS)})" if self.inside is None else "(size > 1)"

    def loop(self, depth: int) -> str:
        if self.inside is not None:
            return "(size > 1)"
        some = self.pick("some", "every")
        source = self.pick("parts", "parts[weight > 1]", "friend.parts")
        return f"({some} q in {source} satisfies {replace(self, inside='q.').truth(depth - 1)})"

    def filled(self, shape: str, depth: int, **values: str) -> str:
        """Each placeholder by an expression of its own."""
        for mark, make in (("{n}", self.number), ("{s}", self.string), ("{d}", self.date), ("{m}", self.moment),
                           ("{p}", self.span), ("{y}", self.months), ("{t}", self.truth), ("{k}", self.factor),
                           ("{rows}", self.rows), ("{lists}", self.lists), ("{loop}", self.loop)):
            while mark in shape:
                shape = shape.replace(mark, make(depth - 1), 1)
        return shape.format(**values) if values else shape


@st.composite
def expressions(draw: Draw, depth: int = 3) -> str:
    grammar = Grammar(draw)
    kind = "truth" if draw(st.booleans()) else grammar.pick(*_TYPES)
    return grammar.of(kind, draw(st.integers(1, depth)))
