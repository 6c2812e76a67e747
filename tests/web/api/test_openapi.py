"""The OpenAPI document, and random requests made from it: whatever is sent, the server does not fail."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode

EXAMPLES = 600


def described(app: Any, headers: dict[str, str]) -> dict[str, Any]:
    answer = app.test_client().get("/api/v1/openapi.json", headers=headers)
    assert answer.status_code == 200
    return answer.json


def test_document_lists_every_endpoint(app, login):
    paths = described(app, login("admin"))["paths"]
    assert {"/api/v1/entities", "/api/v1/tasks", "/api/v1/tasks/{id}/complete", "/api/v1/records/contract",
            "/api/v1/records/contract/{id}", "/api/v1/records/contract/{id}/actions/submit",
            "/api/v1/processes/instances/{id}", "/api/v1/security/login"} <= set(paths)


def test_document_hides_what_one_may_not_read(app, login):
    document = described(app, login("legal"))
    assert not [path for path in document["paths"] if "ticket" in path]
    assert "ticket" not in document["components"]["schemas"]


def test_records_answer_as_described(app, login):
    document = described(app, login("director"))
    for entity in ("account", "contract", "quote", "ticket"):
        for record in app.test_client().get(f"/api/v1/records/{entity}", headers=login("director")).json["items"]:
            Draft202012Validator(document["components"]["schemas"][entity]).validate(record)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::hypothesis.errors.HypothesisWarning")
def test_no_request_makes_the_server_fail(fuzzed, mode):
    from_login = fuzzed.test_client().post("/api/v1/security/login", json={
        "username": "admin", "password": "formloom-demo", "provider": "db"}).json
    headers = {"Authorization": f"Bearer {from_login['access_token']}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", fuzzed, headers=headers)
    schema.validate()
    statuses: set[int] = set()

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(case=schema.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        answer = case.call(headers=headers)
        statuses.add(answer.status_code)
        assert answer.status_code < 500, (case.method, case.path, case.body, answer.text[:2000])
        if answer.status_code >= 400 and not case.path.startswith("/api/v1/security/"):
            assert answer.headers["content-type"][0].startswith("application/problem+json"), answer.text[:500]

    send()
    assert {200, 404} & statuses
