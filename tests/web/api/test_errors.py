"""Every code has its place in docs/errors.md; what nobody foresaw tells a stranger nothing."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import formloom
from formloom.errors import FormloomError
from formloom.records import actions
from formloom.web import problems, reference

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


def test_document_is_made_from_the_reference():
    assert PAGE.read_text() == reference.markdown(), "python -m formloom.web.reference > docs/errors.md"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_type_of_a_problem_leads_to_its_text(client, login, language):
    problem = client.get("/api/v1/records/nothing", headers=login("sales1")).json
    address, _, code = problem["type"].partition("#")
    answer = client.get(address, headers={"Accept-Language": language})
    page = answer.get_data(as_text=True)
    assert (answer.status_code, code) == (200, "unknown-entity")
    assert f'id="{code}"' in page
    for known in every_code():
        assert f'<code id="{known}">' in page
    assert {"en": "none that you may know of", "zh": "您无权知道它"}[language] in page


def test_signed_in_people_read_the_reference_too(client, login):
    assert client.get("/docs/errors", headers=login("sales1")).status_code == 200


def test_reference_says_everything_in_both_languages():
    found = reference.reference()
    groups = found["groups"]
    texts = [found["intro"], *(group["title"] for group in groups), *(e for group in groups for e in group["entries"])]
    assert all(text["en"].strip() and text["zh"].strip() for text in texts)


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
