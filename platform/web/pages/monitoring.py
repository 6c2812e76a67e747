"""How processes do, for administrators: the list, the heat map of one, and what is stuck."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import Text
from formloom.records.context import Context
from formloom.web.i18n import label, t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.requests import reading
from formloom.workflow import definitions, migration, monitoring
from formloom.workflow.definition import Node, ProcessDefinition
from formloom.workflow.monitoring import Heat, Line

PERIODS: Final = (1, 7, 30, 90, 365)
LEVELS: Final = 5
MEASURES: Final[Mapping[str, Text]] = {
    "count": Text("How often"), "now": Text("Waiting now"), "half": Text("Half went on within"),
    "most": Text("19 of 20 went on within"), "failures": Text("Failures")}


@dataclass(frozen=True, slots=True)
class Element:
    """A row of the table, and a spot of the map: `level` from 0, cold, to 5. `drawn`: whether this version has it."""

    node: Node
    name: str
    drawn: bool
    heat: Heat
    level: int
    text: str


@blueprint.get("/monitoring")
def monitor() -> ResponseReturnValue:
    days = _days()
    with reading() as context:
        found = monitoring.overview(context, context.now - timedelta(days=days))
        known = {definition.key: definition.label for definition in definitions.all_of(context)}
        lines = [found.get(key) or Line(key, 0, 0, 0, 0, 0, 0, None) for key in {**known, **found}]
        return render_template(
            "monitoring/list.html", lines=sorted(lines, key=lambda line: (-line.incidents, -line.running, line.key)),
            names={key: label(words) for key, words in known.items()}, stuck=monitoring.stuck(context.unit),
            days=days, periods=PERIODS, show=display())


@blueprint.get("/monitoring/<key>")
def monitor_process(key: str) -> ResponseReturnValue:
    measure = request.args.get("measure", "count")
    measure = measure if measure in MEASURES else "count"
    days, content = _days(), request.args.get("version", "")
    with reading() as context:
        versions = migration.versions(context, key)
        chosen = migration.version(context, key, content)
        definition = definitions.pinned(context, key, chosen)
        found = monitoring.heat(context, key, context.now - timedelta(days=days), chosen if content else "")
        return render_template(
            "monitoring/process.html", definition=definition, measure=measure, measures=MEASURES,
            elements=_elements(_nodes(context, key, chosen, versions), definition, found, measure),
            versions=versions, chosen=chosen if content else "", drawn=chosen, days=days, periods=PERIODS,
            show=display(), recent=migration.recent(context, key),
            line=monitoring.overview(context, context.now - timedelta(days=days)).get(key))


@blueprint.get("/monitoring/<key>/diagram.bpmn")
def monitor_diagram(key: str) -> ResponseReturnValue:
    with reading() as context:
        monitoring.administrator(context)
        text = _drawing(context, key)
    return Response(text, mimetype="application/xml", headers={"Cache-Control": "private, max-age=300"})


def _drawing(context: Context, key: str) -> str:
    return definitions.pinned(context, key, migration.version(context, key, request.args.get("version", ""))).text


def _days() -> int:
    given = request.args.get("days", "30")
    return int(given) if given in map(str, PERIODS) else 30


def _nodes(context: Context, key: str, chosen: str, versions: Iterable[migration.Version]) -> dict[str, Node]:
    """Of the version that is drawn, and what only others have that still run."""
    found: dict[str, Node] = {}
    for content in (chosen, *(version.hash for version in versions)):
        found = {**definitions.pinned(context, key, content).nodes, **found}
    return found


def _elements(nodes: Mapping[str, Node], drawn: ProcessDefinition, found: Mapping[str, Heat],
              measure: str) -> list[Element]:
    """Those that something is known of; what is drawn first, in the order of the drawing."""
    order = [*drawn.nodes, *sorted(found.keys() - drawn.nodes.keys())]
    warmest = max((_amount(heat, measure) for heat in found.values()), default=0.0)
    return [_element(nodes.get(name, Node(id=name, kind="")), name in drawn.nodes, found[name], measure, warmest)
            for name in order if name in found]


def _element(node: Node, drawn: bool, heat: Heat, measure: str, warmest: float) -> Element:
    amount = _amount(heat, measure)
    level = max(1, round(LEVELS * amount / warmest)) if amount and warmest else 0
    return Element(node, label(node.label) or node.name, drawn, heat, level, _words(heat, measure) if amount else "")


def _amount(heat: Heat, measure: str) -> float:
    value = getattr(heat, measure)
    return value.total_seconds() if isinstance(value, timedelta) else float(value or 0)


def _words(heat: Heat, measure: str) -> str:
    value = getattr(heat, measure)
    return span(value) if isinstance(value, timedelta) else str(value)


def span(value: timedelta | None) -> str:
    """A duration in its largest unit: what fits on a badge."""
    if value is None:
        return "–"
    seconds = value.total_seconds()
    if seconds >= 86400:
        return t(Text("{n} d", n=_brief(seconds / 86400)))
    if seconds >= 3600:
        return t(Text("{n} h", n=_brief(seconds / 3600)))
    return t(Text("{n} min", n=_brief(seconds / 60))) if seconds >= 60 else t(Text("{n} s", n=f"{seconds:.0f}"))


def _brief(amount: float) -> str:
    return f"{amount:.0f}" if amount >= 10 else f"{amount:.1f}".removesuffix(".0")
