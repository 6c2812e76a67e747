"""The API: every endpoint is a thin door over one action. Described in docs/api.md and /api/v1/openapi.json."""

from __future__ import annotations

from formloom.web.api import (
    dashboards,
    decisions,
    definitions,
    incidents,
    messages,
    migrations,
    openapi,
    processes,
    records,
    service_levels,
    tasks,
    verbs,
)
from formloom.web.api.blueprint import blueprint

__all__ = [
    "blueprint", "dashboards", "decisions", "definitions", "incidents", "messages", "migrations", "openapi",
    "processes", "records", "service_levels", "tasks", "verbs",
]
