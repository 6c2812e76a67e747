"""The blueprint of all pages; each module of this package hangs its routes on it."""

from __future__ import annotations

from flask import Blueprint

from formloom.web import renamed

blueprint = Blueprint("pages", __name__)
blueprint.before_request(renamed.page)
