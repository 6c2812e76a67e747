"""Asking for records: `Query` in, `Page` out."""

from __future__ import annotations

from formloom.records.record import Page, Query, Record

__all__ = ["Page", "Query", "Record"]
