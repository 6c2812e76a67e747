"""Clocks of a record with their ledger; which due times a changed calendar moves, and moving them."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flask import Response, jsonify

from formloom.errors import Forbidden, Text
from formloom.forms import clocks
from formloom.jobs import queue
from formloom.records import actions
from formloom.records.context import Context
from formloom.sla import recomputation, rows
from formloom.sla.recomputation import Move
from formloom.sla.rows import Entry, Kept
from formloom.web.api import arguments
from formloom.web.api.blueprint import blueprint
from formloom.web.i18n import label
from formloom.web.requests import reading, writing

LISTED = 1000


@blueprint.get("/records/<entity>/<id>/sla")
def read_clocks(entity: str, id: str) -> Response:
    """The clocks of a record, for those who may read it and the field that says when they are due."""
    number = arguments.record_id(id)
    with reading() as context:
        record, levels = actions.read(context, entity, number), context.catalog.entity(entity).levels
        found = rows.of_records(context, entity, [number]).values()
        return jsonify({"clocks": [_clock(context, kept) for kept in found if (level := levels.get(kept.name))
                                   and (not level.due or level.due in record.values)]})


@blueprint.get("/sla/recompute")
def preview_recomputation() -> Response:
    """Which due times would move; nothing is changed. The first thousand, and whether there are more."""
    with reading() as context:
        _administrator(context)
        found = list(islice(recomputation.moves(context), LISTED + 1))
        return jsonify({"moves": [_move(move) for move in found[:LISTED]], "more": len(found) > LISTED})


@blueprint.post("/sla/recompute")
def start_recomputation() -> tuple[Response, int]:
    """Moves them, in the background."""
    with writing() as context:
        _administrator(context)
        job = queue.enqueue(context.unit, recomputation.JOB, {})
    return jsonify({"job": job}), 202


def _administrator(context: Context) -> None:
    if not context.actor.admin:
        raise Forbidden(Text("Only administrators recompute clocks."))


def _clock(context: Context, kept: Kept) -> dict[str, Any]:
    return clocks.as_json(context, kept) | {"ledger": [_entry(entry) for entry in rows.entries(context, kept.id)]}


def _entry(entry: Entry) -> dict[str, Any]:
    return {"kind": entry.kind, "at": entry.at, "noted_at": entry.noted_at, "by": entry.actor_id, "state": entry.state,
            "target": entry.target.total_seconds(), "consumed": entry.consumed.total_seconds(),
            "due_at": entry.due_at, "calendar": entry.calendar, "reason": entry.reason or None}


def _move(move: Move) -> dict[str, Any]:
    return {"entity": move.entity, "record": move.record_id, "name": move.name, "label": label(move.label),
            "from": move.before, "to": move.after, "target_from": move.target_before.total_seconds(),
            "target_to": move.target_after.total_seconds()}
