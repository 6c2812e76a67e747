"""Dashboards of what is written: by the compiler, and by the designer of what it draws."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from formloom.metadata.dashboards import Dashboard, DashboardCard
from formloom.metadata.labels import label
from formloom.metadata.sources import NOWHERE


def dashboard(node: Mapping[str, Any]) -> Dashboard:
    name = node["dashboard"]
    return Dashboard(
        name, label(node.get("label"), name), node["workspace"], node.get("icon", "chart-bar"),
        node.get("period", "this_month"), tuple(map(card, node["cards"])), getattr(node, "place", NOWHERE))


def card(node: Mapping[str, Any]) -> DashboardCard:
    kind = node.get("kind", "number")
    return DashboardCard(
        name=node["name"], label=label(node.get("label"), node["name"]), kind=kind, entity=node["entity"],
        filter=_text(node.get("filter")), measure=node.get("measure", "count"), field=node.get("field", ""),
        where=_text(node.get("where")), date=node.get("date", ""), group_by=node.get("group_by", ""),
        every=node.get("every", "month"), compare=bool(node.get("compare")),
        target=None if node.get("target") is None else Decimal(str(node["target"])), better=node.get("better", "more"),
        limit=node.get("limit", 8), width=node.get("width", 3 if kind == "number" else 6))


def _text(value: Any) -> str:
    """YAML reads `true` and numbers for itself."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
