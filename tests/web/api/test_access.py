from __future__ import annotations

import re

import pytest

from formloom.settings import DEMO_PASSWORD
from formloom.storage import attempts
from tests.web.api.conftest import bearer


def test_nobody_reads_without_signing_in(client):
    answer = client.get("/api/v1/records/account")
    assert (answer.status_code, answer.json["code"]) == (401, "login-required")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Bearer x.y.z", "Basic YTpi", "Bearer " + "e" * 9000])
def test_bad_token_is_nobody(client, header):
    assert client.get("/api/v1/entities", headers={"Authorization": header}).status_code == 401


def sign_in(browser, username: str = "sales1", password: str = "formloom-demo"):
    page = browser.get("/login/").get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page).group(1)
    answer = browser.post("/login/", data={"username": username, "password": password, "csrf_token": token})
    return answer, token


def test_cookie_alone_changes_nothing(client):
    _, token = sign_in(client)
    values = {"company": "甲", "name": "乙"}
    refused = client.post("/api/v1/records/account", json=values)
    assert (refused.status_code, refused.json["code"]) == (400, "csrf")
    assert client.post("/api/v1/records/account", json=values, headers={"X-CSRFToken": token}).status_code == 201


def test_header_wins_over_cookie(client):
    sign_in(client)
    assert client.get("/api/v1/entities").status_code == 200
    assert client.get("/api/v1/entities", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_login_never_redirects_to_strangers(client):
    page = client.get("/login/?next=https://evil.example/").get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page).group(1)
    answer = client.post("/login/?next=https://evil.example/", data={
        "username": "sales1", "password": "formloom-demo", "csrf_token": token})
    assert answer.status_code == 302
    assert "evil" not in answer.headers["Location"]


def test_stranger_host_is_refused(client):
    assert client.get("/api/v1/entities", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/login/", headers={"Host": "evil.example"}).status_code == 400


def test_five_failures_lock_the_name(client, crm):
    wrong = {"username": "service_manager", "password": "wrong", "provider": "db"}
    assert [client.post("/api/v1/security/login", json=wrong).status_code for _ in range(5)] == [401] * 5
    right = client.post("/api/v1/security/login", json=wrong | {"password": "formloom-demo"})
    assert right.status_code == 401
    with crm.database.write() as unit:
        attempts.forget(unit, "service_manager")


def test_new_password_ends_other_sessions(app, crm):
    sm = app.extensions["appbuilder"].sm
    browser = app.test_client()
    sign_in(browser, "agent1")
    token = bearer(app, "agent1")
    assert browser.get("/api/v1/entities").status_code == 200
    with app.test_request_context():
        app.preprocess_request()
        sm.reset_password(sm.find_user("agent1").id, "another-password-1")
    crm.refresh()
    assert browser.get("/api/v1/entities").status_code == 401
    assert app.test_client().get("/api/v1/entities", headers=token).status_code == 401
    with app.test_request_context():
        app.preprocess_request()
        sm.reset_password(sm.find_user("agent1").id, DEMO_PASSWORD)
    crm.refresh()


def test_every_page_has_a_strict_policy(client):
    headers = client.get("/login/").headers
    assert "script-src 'self' 'nonce-" in headers["Content-Security-Policy"]
    assert "unsafe-eval" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_entities_are_those_one_may_read(client, login):
    names = {e["name"] for e in client.get("/api/v1/entities", headers=login("legal")).json["items"]}
    assert "contract" in names
    assert "ticket" not in names
    hidden = client.get("/api/v1/entities/ticket/schema", headers=login("legal"))
    assert (hidden.status_code, hidden.json["code"]) == (404, "unknown-entity")


def test_health_needs_no_login(client):
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json["status"] == "ok"
