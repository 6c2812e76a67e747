"""Pages for people: every one is a thin door over an action, rendered by Jinja."""

from __future__ import annotations

from flask import Flask

from formloom.web.i18n import label
from formloom.web.pages import (
    comments,
    decision_drafts,
    decisions,
    edit,
    files,
    home,
    inbox,
    lists,
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
    views,
)
from formloom.web.pages.assets import Assets
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import install_frame

__all__ = [
    "blueprint", "comments", "decision_drafts", "decisions", "edit", "files", "home", "inbox", "install", "lists",
    "notifications", "pick", "preferences", "processes", "profile", "records", "search", "simulations", "tasks",
    "trials", "views",
]


def install(app: Flask) -> None:
    """Everything a page needs: routes, assets under a hashed address, what templates may call."""
    Assets(app)
    install_frame(app)
    app.jinja_env.filters.update(label_words=label)
    app.register_blueprint(blueprint)
