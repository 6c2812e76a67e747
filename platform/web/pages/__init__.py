"""Pages for people: every one is a thin door over an action, rendered by Jinja."""

from __future__ import annotations

from flask import Flask

from formloom.web.pages import home, lists, notifications, preferences, search, views
from formloom.web.pages.assets import Assets
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import install_frame

__all__ = ["blueprint", "home", "install", "lists", "notifications", "preferences", "search", "views"]


def install(app: Flask) -> None:
    """Everything a page needs: routes, assets under a hashed address, what templates may call."""
    Assets(app)
    install_frame(app)
    app.register_blueprint(blueprint)
