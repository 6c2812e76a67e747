"""Pages on which administrators change the model: designers, drafts, packs."""

from __future__ import annotations

from formloom.web.pages.design import (
    changes,
    editing,
    packs,
    views,
)

__all__ = [
    "changes",
    "editing",
    "packs",
    "views",
]
