from __future__ import annotations

from formloom.records.context import Context
from formloom.records.presentation import present
from formloom.records.record import Record
from formloom.records.resolution import row_for


def read(context: Context, entity: str, id: int) -> Record:
    target = context.catalog.entity(entity)
    return present(context, target, row_for(context, target, id, "read"))
