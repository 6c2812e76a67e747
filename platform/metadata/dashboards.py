"""Dashboards as compiled: cards that tell something of the records of an entity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from formloom.errors import Place
from formloom.metadata.sources import NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardCard:
    """What is told of the records of an entity, see `dashboard_language`. `filter` and `where` are FEEL texts."""

    name: str
    label: Mapping[str, str]
    kind: str
    entity: str
    filter: str = ""
    measure: str = "count"
    field: str = ""
    where: str = ""
    date: str = ""
    group_by: str = ""
    every: str = "month"
    compare: bool = False
    target: Decimal | None = None
    better: str = "more"
    limit: int = 8
    width: int = 6


@dataclass(frozen=True, slots=True)
class Dashboard:
    name: str
    label: Mapping[str, str]
    workspace: str
    icon: str
    period: str
    cards: tuple[DashboardCard, ...]
    place: Place = NOWHERE

    def counted(self, name: str | None) -> str:
        """The entity of the card of this name; empty if there is none."""
        return next((card.entity for card in self.cards if card.name == name), "")
