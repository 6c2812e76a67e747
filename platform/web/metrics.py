"""`/metrics` for Prometheus: counts and lags, without a word about any record.

With FORMLOOM_METRICS_TOKEN only who sends it; without, only this machine, and only while nothing stands between: an
installation with a public address has a proxy in front, and behind one every request seems to come from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hmac import compare_digest
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from formloom.errors import Forbidden, Text
from formloom.settings import Settings, is_loopback
from formloom.web.requests import runtime
from formloom.workflow import monitoring
from formloom.workflow.monitoring import Measure

blueprint = Blueprint("metrics", __name__)
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


@blueprint.get("/metrics")
def metrics() -> Response:
    current = runtime()
    if not _allowed(current.settings):
        raise Forbidden(Text("Metrics are for whoever has their token."), Text(
            "Send the header Authorization: Bearer with FORMLOOM_METRICS_TOKEN, or ask on the machine itself."))
    with current.database.read() as unit:
        measured = monitoring.measures(unit, current.now())
    return Response("".join(_lines(measured)), content_type="text/plain; version=0.0.4; charset=utf-8",
                    headers={"Cache-Control": "no-store"})


def _allowed(settings: Settings) -> bool:
    if settings.metrics_token:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and compare_digest(given.strip().encode(), settings.metrics_token.encode())
    here = is_loopback(request.remote_addr or "") and is_loopback(urlsplit(settings.public_url).hostname or "")
    return here and not any(name in request.headers for name in _FORWARDED)


def _lines(measured: list[Measure]) -> Iterator[str]:
    for measure in measured:
        yield f"# HELP {measure.name} {measure.help}\n# TYPE {measure.name} gauge\n"
        for labels, value in measure.samples:
            yield f"{measure.name}{_labels(labels)} {value:g}\n"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
