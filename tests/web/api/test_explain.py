from __future__ import annotations

from typing import Any


def _one(client: Any, headers: dict[str, str], entity: str) -> int:
    return int(client.get(f"/api/v1/records/{entity}?page_size=1", headers=headers).json["items"][0]["id"])


def test_rule_and_values_are_explained(client: Any, login: Any) -> None:
    headers = login("sales1")
    number = _one(client, headers, "account")
    answer = client.get(f"/api/v1/records/account/{number}/explain?action=update", headers=headers)
    assert answer.status_code == 200
    (rule,) = answer.json["rules"]
    assert answer.json["allowed"] is rule["allowed"] is True
    assert (rule["role"], rule["rule"]) == ("sales_rep", "owner = user.id")
    assert rule["place"].startswith("roles/sales_rep.yaml:")
    assert rule["values"]["owner"] == answer.json["user"]["id"]


def test_denial_tells_its_reason(client: Any, login: Any) -> None:
    headers = login("sales1")
    number = _one(client, headers, "account")
    answer = client.get(f"/api/v1/records/account/{number}/explain?action=delete", headers=headers).json
    assert answer["allowed"] is False
    assert answer["reason"].startswith("None of your roles allows this on Account")


def test_only_administrators_ask_about_others(client: Any, login: Any) -> None:
    rep, admin = login("sales1"), login("admin")
    number = _one(client, rep, "account")
    address = f"/api/v1/records/account/{number}/explain?action=read&user="
    mine = client.get(f"/api/v1/records/account/{number}/explain", headers=rep).json["user"]["id"]
    assert client.get(f"{address}{mine + 1}", headers=rep).status_code == 403
    assert client.get(f"{address}{mine}", headers=admin).json["allowed"] is True
    assert client.get(f"{address}99999", headers=admin).status_code == 404
    assert client.get(f"{address}x", headers=admin).status_code == 400
    assert client.get(f"/api/v1/records/account/{number}/explain?action=nap", headers=rep).status_code == 404
    assert client.get("/api/v1/records/account/99999/explain", headers=rep).status_code == 404
