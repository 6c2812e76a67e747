"""Pages on which administrators change the model: designers, drafts, packs."""

from __future__ import annotations

from formloom.web.pages.design import (
    changes,
    dashboards,
    diagrams,
    editing,
    entities,
    form_designer,
    menus,
    packs,
    preview,
    rebases,
    rehearsals,
    renames,
    roles,
    seeing,
    translations,
    undertakings,
    uses,
    views,
    work_calendars,
)

__all__ = [
    "changes",
    "dashboards",
    "diagrams",
    "editing",
    "entities",
    "form_designer",
    "menus",
    "packs",
    "preview",
    "rebases",
    "rehearsals",
    "renames",
    "roles",
    "seeing",
    "translations",
    "undertakings",
    "uses",
    "views",
    "work_calendars",
]
