"""Texts that people read, as definitions write them: one, or one per language."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from formloom.metadata.catalog import EMPTY, Label


def label(value: Any, default: str = "") -> Label:
    if isinstance(value, dict):
        return MappingProxyType(dict(value))
    if isinstance(value, str):
        return MappingProxyType({"en": value})
    return MappingProxyType({"en": default.replace("_", " ").capitalize()}) if default else EMPTY
