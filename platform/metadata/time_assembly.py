"""Calendars and service levels from their nodes; what is wrong with them is told where it was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from formloom import feel
from formloom.calendars.special_days import EachYear, Given, Hours, NthWeekday, SpecialDay
from formloom.calendars.working_time import Calendar
from formloom.errors import Place, Text
from formloom.metadata import catalog as c
from formloom.metadata.assembly import Assembler
from formloom.metadata.labels import label
from formloom.metadata.nodes import Mapping as Node
from formloom.metadata.time_language import GROUPS, WEEKDAYS

_LONGEST = timedelta(days=366)
_UTC = ZoneInfo("UTC")
_ONE_RULE = Text("Give either `on`, or `dates`, or `weekday` with `month` and `nth`.")
STATES = ("running", "met", "breached")


def calendars(authored: Iterable[tuple[str, Node, str]], assembler: Assembler) -> dict[str, c.WorkCalendar]:
    given = {name: (node, pack) for name, node, pack in authored}
    nodes = {name: node for name, (node, _) in given.items()}
    made = {name: _Making(name, assembler, nodes).calendar(pack) for name, (_, pack) in given.items()}
    defaults = [name for name, found in made.items() if found.default]
    for name in defaults[1:]:
        assembler.report("two-defaults", Text("{name} and {other} both say `default: true`.",
                                              name=defaults[0], other=name),
                         nodes[name].values_at["default"], name, Text("Only one calendar is the organisation's."))
    return made


@dataclass
class _Making:
    name: str
    assembler: Assembler
    nodes: Mapping[str, Node]

    def calendar(self, pack: str) -> c.WorkCalendar:
        node, chain = self.nodes[self.name], list(self._chain())
        parts = {key: next((n for n in chain if key in n), None) for key in ("timezone", "week", "holidays", "worked")}
        if parts["timezone"] is None or parts["week"] is None:
            missing = "timezone" if parts["timezone"] is None else "week"
            self.report("missing-key", Text("{name} is missing.", name=missing), node.place)
        week = self._week(parts["week"]["week"] if parts["week"] else Node(node.place))
        free = [self._holiday(n) for n in _of(parts["holidays"], "holidays")]
        worked = [self._worked(n, week) for n in _of(parts["worked"], "worked")]
        zone = self._zone(parts["timezone"]) if parts["timezone"] else _UTC
        calendar = Calendar(self.name, zone, week, tuple(day for day in (*free, *worked) if day))
        return c.WorkCalendar(self.name, label(node.get("label"), self.name), pack, calendar,
                              node.get("default", False), node.place)

    def report(self, code: str, message: Text, place: Place, hint: Text | None = None) -> None:
        self.assembler.report(code, message, place, self.name, hint)

    def _chain(self) -> Iterator[Node]:
        """The calendar, the one it is like, the one that is like, and so on."""
        seen, name = {self.name}, self.name
        yield self.nodes[name]
        while other := self.nodes[name].get("like"):
            place = self.nodes[name].values_at["like"]
            if other in seen:
                self.report("calendar-cycle", Text("{name} is like itself.", name=other), place)
                return
            if other not in self.nodes:
                self.assembler.problems += self.assembler.authored.unknown(
                    "calendar", other, self.nodes, place, self.name)
                return
            seen.add(other)
            name = other
            yield self.nodes[name]

    def _zone(self, node: Node) -> ZoneInfo:
        try:
            return ZoneInfo(node["timezone"])
        except (ZoneInfoNotFoundError, ValueError):
            self.report("unknown-timezone", Text("There is no time zone {name}.", name=node["timezone"]),
                        node.values_at["timezone"], Text("Use a name such as Asia/Shanghai or Europe/Berlin."))
            return _UTC

    def _week(self, node: Node) -> tuple[Hours, ...]:
        hours = {key: self._hours(node, key) for key in node}
        return tuple(hours.get(day, hours.get(_group_of(day), ())) for day in WEEKDAYS)

    def _hours(self, node: Node, key: str) -> Hours:
        """Spans in ascending order; those that end before they begin or overlap are told and left out."""
        kept: list[tuple[int, int]] = []
        for index, (begin, end) in sorted(enumerate(map(_span, node[key])), key=lambda item: item[1]):
            if end <= begin or (kept and begin < kept[-1][1]):
                self.report("bad-hours", Text("{hours} ends before it begins, or overlaps another span.",
                                              hours=node[key][index]), node[key].items_at[index],
                            Text("Write a night as two spans: 22:00-24:00, and 00:00-06:00 on the next day."))
            else:
                kept.append((begin, end))
        return tuple(kept)

    def _holiday(self, node: Node) -> SpecialDay | None:
        rule = self._rule(node)
        return SpecialDay(rule, self._hours(node, "hours") if "hours" in node else ()) if rule else None

    def _rule(self, node: Node) -> EachYear | NthWeekday | Given | None:
        ways = [key for key in ("on", "dates", "weekday") if key in node]
        complete = ("weekday" in node) == ("month" in node) == ("nth" in node)
        if len(ways) != 1 or not complete:
            self.report("bad-holiday", Text("This does not say which day it is."), node.place, _ONE_RULE)
            return None
        if ways == ["weekday"]:
            return NthWeekday(node["month"], WEEKDAYS.index(node["weekday"]), node["nth"])
        if ways == ["dates"]:
            return self._given(node)
        month, day = map(int, node["on"].split("-"))
        # 2024 has every date that any year has.
        return EachYear(month, day) if self._date(f"2024-{node['on']}", node.values_at["on"]) else None

    def _worked(self, node: Node, week: tuple[Hours, ...]) -> SpecialDay:
        like = week[WEEKDAYS.index(node.get("like", "monday"))]
        return SpecialDay(self._given(node), self._hours(node, "hours") if "hours" in node else like)

    def _given(self, node: Node) -> Given:
        days: set[date] = set()
        for text, place in zip(node["dates"], node["dates"].items_at, strict=True):
            first, _, last = text.partition("..")
            begin, end = self._date(first, place), self._date(last or first, place)
            if begin and end and not timedelta() <= end - begin < _LONGEST:
                self.report("bad-date", Text("{text} ends before it begins, or is longer than a year.", text=text),
                            place)
            elif begin and end:
                days.update(begin + timedelta(n) for n in range((end - begin).days + 1))
        return Given(frozenset(days))

    def _date(self, text: str, place: Place) -> date | None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.report("bad-date", Text("There is no day {text}.", text=text), place)
            return None


def _of(node: Node | None, key: str) -> Iterable[Node]:
    return node[key] if node else ()


def _group_of(day: str) -> str:
    return next(group for group, days in GROUPS.items() if day in days)


def _span(text: str) -> tuple[int, int]:
    begin, end = ([int(part) for part in clock.split(":")] for clock in text.split("-"))
    return begin[0] * 60 + begin[1], end[0] * 60 + end[1]


# service levels

def levels(node: Node, entity: str, fields: Mapping[str, c.Field], names: frozenset[str],
           assembler: Assembler) -> Mapping[str, c.ServiceLevel]:
    """Those of one entity that can be understood."""
    made = {name: _level(name, item, entity, fields, names, assembler) for name, item in node.items()}
    return MappingProxyType({name: level for name, level in made.items() if level is not None})


def _level(name: str, node: Node, entity: str, fields: Mapping[str, c.Field], names: frozenset[str],
           assembler: Assembler) -> c.ServiceLevel | None:
    element = f"{entity}.sla.{name}"
    rules = {key: assembler.expression(node, key, names, element) for key in ("starts", "stops", "pauses")}
    targets = {"": _duration(node["target"])} if "target" in node else {
        str(choice): _duration(text) for choice, text in node.get("targets", {}).items()}
    broken = assembler.authored.hidden(entity) & {"target", "targets", "by"}
    if not broken and (("target" in node) == ("targets" in node) or ("by" in node) != ("targets" in node)):
        assembler.report("bad-sla", Text("{name} needs either `target`, or `by` and `targets`.", name=name),
                         node.place, element)
    for short in (key for key, target in targets.items() if target <= timedelta()):
        assembler.report("bad-sla", Text("The target of {name} is no time at all.", name=short or name), node.place,
                         element)
    _check_fields(node, element, fields, assembler)
    return None if rules["stops"] is None else _made(name, node, rules["stops"], rules, targets)


def _made(name: str, node: Node, stops: feel.Expression, rules: Mapping[str, feel.Expression | None],
          targets: Mapping[str, timedelta]) -> c.ServiceLevel:
    return c.ServiceLevel(
        name=name, label=label(node.get("label"), name), starts=rules["starts"], stops=stops, pauses=rules["pauses"],
        by=node.get("by", ""), targets=MappingProxyType(dict(targets)), calendar=node.get("calendar", ""),
        warn=tuple(sorted(set(node.get("warn", ())))), due=node.get("due", ""), state=node.get("state", ""),
        place=node.place)


def _duration(text: str) -> timedelta:
    value = feel.compile(f'duration("{text}")').evaluate()
    return value if isinstance(value, timedelta) else timedelta()


def _check_fields(node: Node, element: str, fields: Mapping[str, c.Field], assembler: Assembler) -> None:
    hidden = assembler.authored.hidden(element.split(".")[0])
    for key, kind in (("by", "choice"), ("due", "datetime"), ("state", "choice")):
        if key not in node:
            continue
        field, place = fields.get(node[key]), node.values_at[key]
        if field is None:
            assembler.problems += assembler.authored.unknown("field", node[key], fields, place, element, hidden)
        elif field.type.name != kind:
            assembler.report("wrong-field-type", Text("{key} must be a field of type {kind}; {name} is {type}.",
                                                      key=key, kind=kind, name=field.name, type=field.type.name),
                             place, element)
        elif key != "due":
            _check_choices(node, key, element, field, assembler)


def _check_choices(node: Node, key: str, element: str, field: c.Field, assembler: Assembler) -> None:
    """Every choice needs its target, and every state its choice."""
    known = {choice.value for choice in field.choices}
    if key == "by":
        needed, given, place = known, set(node.get("targets", {})), node.values_at.get("targets", node.place)
        for extra in sorted(given - known):
            at = node["targets"].keys_at[extra]
            assembler.problems += assembler.authored.unknown("choice", extra, known, at, element)
    else:
        needed = {*STATES, *(("paused",) if "pauses" in node else ())}
        given, place = known, node.values_at[key]
    if missing := sorted(needed - given):
        words = Text("{names} has no target.", names=", ".join(missing)) if key == "by" else Text(
            "{field} lacks the choices {names}.", field=field.name, names=", ".join(missing))
        assembler.report("bad-sla", words, place, element)


def check_calendars(entities: Mapping[str, c.Entity], known: Mapping[str, Any], assembler: Assembler) -> None:
    """A service level names a calendar that there is; without one, somebody's calendar must be there."""
    for entity in entities.values():
        for level in entity.levels.values():
            place = assembler.authored.at("entity", entity.name, "sla", level.name, "calendar")
            if level.calendar and level.calendar not in known:
                assembler.problems += assembler.authored.unknown(
                    "calendar", level.calendar, known, place, f"{entity.name}.sla.{level.name}")
            if not level.calendar and not known:
                assembler.report("no-calendar", Text("There is no calendar that {name} could run by.", name=level.name),
                                 level.place, entity.name, Text("Add one under calendars/."))
