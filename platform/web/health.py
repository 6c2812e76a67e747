"""For load balancers and supervisors: is the process alive, and is it fit to serve."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from formloom.errors import FormloomError
from formloom.storage import state
from formloom.web.requests import runtime

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """503 until the database answers and a catalog is published; the worker's last sign of life for information."""
    try:
        model = runtime().model()
        with runtime().database.read() as unit:
            heartbeat = state.values(unit).get(state.HEARTBEAT)
    except (FormloomError, SQLAlchemyError) as error:
        current_app.logger.warning("not ready: %s", error)
        return jsonify(status="unavailable", reason=type(error).__name__), 503
    return jsonify(status="ok", catalog=model.catalog.version, worker_heartbeat=heartbeat), 200
