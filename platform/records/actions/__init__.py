"""What can be done to records: the only writers. Each resolves, decides, validates, writes, audits and tells."""

from __future__ import annotations

from formloom.records.actions.create import create
from formloom.records.actions.delete import delete
from formloom.records.actions.list import list
from formloom.records.actions.measure import largest, measure
from formloom.records.actions.offers import offers
from formloom.records.actions.read import read
from formloom.records.actions.run import run
from formloom.records.actions.totals import totals
from formloom.records.actions.update import update

__all__ = ["create", "delete", "largest", "list", "measure", "offers", "read", "run", "totals", "update"]
