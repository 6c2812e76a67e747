"""Every code has its place in docs/errors.md; what nobody foresaw tells a stranger nothing."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import formloom
from formloom.errors import FormloomError
from formloom.records import actions
from formloom.web import problems

PAGE = Path(__file__).parents[3] / "docs" / "errors.md"
STARTS_A_PROGRAM = ("formloom.__main__", "formloom.web.wsgi", "formloom.storage.migrations")


def every_code() -> Iterator[str]:
    for module in pkgutil.walk_packages(formloom.__path__, "formloom."):
        if not module.name.startswith(STARTS_A_PROGRAM):
            importlib.import_module(module.name)
    waiting = FormloomError.__subclasses__()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not kind.__name__.startswith("_"):
            yield kind.code
    yield from (code for code, _ in problems.HTTP.values())


def test_every_code_is_documented():
    documented = {code.strip() for line in re.findall(r"^##+ (.+)$", PAGE.read_text(), re.MULTILINE)
                  for code in line.split(",")}
    assert set(every_code()) - documented == set()


def test_unforeseen_error_shows_only_its_id(client, login, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("the secret of the house")

    headers = login("sales1")
    monkeypatch.setattr(actions, "read", fail)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/v1/records/account/1", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (500, "internal-error")
    assert "secret" not in answer.get_data(as_text=True)
    assert answer.json["id"] in caplog.text
    assert "the secret of the house" in caplog.text
