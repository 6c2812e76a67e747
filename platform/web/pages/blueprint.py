"""The blueprint of all pages; each module of this package hangs its routes on it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("pages", __name__)
