"""Pages for people: every one is a thin door over an action, rendered by Jinja."""

from __future__ import annotations

from flask import Flask

from formloom.web.i18n import label
from formloom.web.pages import (
    absences,
    comments,
    dashboards,
    decision_drafts,
    decisions,
    design,
    edit,
    files,
    home,
    inbox,
    incidents,
    lists,
    mail_links,
    migrating,
    monitoring,
    notifications,
    pick,
    preferences,
    processes,
    profile,
    records,
    search,
    simulations,
    tasks,
    trials,
    verbs,
    views,
    workflow_drafts,
    workflows,
)
from formloom.web.pages.assets import Assets
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import install_frame

__all__ = [
    "absences", "blueprint", "comments", "dashboards", "decision_drafts", "decisions", "design", "edit", "files",
    "home", "inbox", "incidents", "install", "lists", "mail_links", "migrating", "monitoring", "notifications",
    "pick", "preferences", "processes", "profile", "records", "search", "simulations", "tasks", "trials", "verbs",
    "views", "workflow_drafts", "workflows",
]


def install(app: Flask) -> None:
    """Everything a page needs: routes, assets under a hashed address, what templates may call."""
    Assets(app)
    install_frame(app)
    app.jinja_env.filters.update(label_words=label)
    app.jinja_env.globals.update(duration_words=monitoring.span)
    app.jinja_env.policies["json.dumps_kwargs"] = {}       # not sorted: the order of fields is what authors wrote
    app.register_blueprint(blueprint)
