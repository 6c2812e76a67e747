"""What people add to records: comments, files, their own views of lists."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from formloom.errors import Forbidden, NotFound, UnknownEntity, UnknownField, ValidationFailed
from formloom.records import comments, files, timeline, views
from tests.conftest import Bench
from tests.records.conftest import Desk, findings, refused

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def _as(desk: Desk, what: Any, *given: Any, **more: Any) -> Any:
    with desk.bench.writing(desk.who) as context:
        return what(context, *given, **more)


@pytest.fixture
def ron(mini: Bench) -> Desk:
    return Desk(mini, "ron")


# -- comments ----------------------------------------------------------------------------------------------------

def test_comment_is_read_and_told(rita: Desk) -> None:
    made = rita.deal()
    rita.bench.now += timedelta(minutes=1)
    number = _as(rita, comments.add, "deal", made.id, " see @[3] and @[2] ", mentions=[3])
    (said,) = _as(rita, comments.of, "deal", made.id)
    assert (said["id"], said["text"], said["author_id"], said["mentions"], said["at"]) == (
        number, "see @[3] and @[2]", 1, [2, 3], rita.bench.now)
    event = rita.bench.events[-1]
    assert (event.kind, event.values["mentions"]) == ("commented", [2, 3])
    newest = _as(rita, timeline.of, "deal", made.id)[0]
    rita.bench.now -= timedelta(minutes=1)
    assert (newest.kind, newest.text, newest.actor_name) == ("comment", "see @[3] and @[2]", "Rita")


def test_comment_needs_a_readable_record(rita: Desk, ron: Desk) -> None:
    made = rita.deal()
    refused(NotFound, _as, ron, comments.add, "deal", made.id, "x")
    number = _as(rita, comments.add, "deal", made.id, "x")
    refused(NotFound, _as, ron, comments.edit, number, "y")
    refused(NotFound, _as, ron, comments.delete, number)


@pytest.mark.parametrize(("text", "code"), [
    ("", "required"), (" \n\t", "required"), ("x" * 10_001, "too-long"), ("a\x00b", "invalid-value"),
    ("\ud800", "invalid-value"),
])
def test_comment_that_cannot_be_kept_is_refused(rita: Desk, text: str, code: str) -> None:
    assert findings(_as, rita, comments.add, "deal", rita.deal().id, text) == {"text": code}


def test_comment_is_changed_by_its_author_alone(rita: Desk, mona: Desk) -> None:
    made = rita.deal()
    number = _as(rita, comments.add, "deal", made.id, "first")
    refused(Forbidden, _as, mona, comments.edit, number, "second")
    refused(Forbidden, _as, mona, comments.delete, number)
    _as(rita, comments.edit, number, "second")
    assert [c["text"] for c in _as(mona, comments.of, "deal", made.id)] == ["second"]
    _as(rita, comments.delete, number)
    assert _as(mona, comments.of, "deal", made.id) == []
    refused(NotFound, _as, rita, comments.edit, number, "third")


# -- files -------------------------------------------------------------------------------------------------------

def test_file_is_kept_by_its_content(rita: Desk) -> None:
    made, content = rita.deal(), b"a,b\n1,2\n"
    first = _as(rita, files.store, BytesIO(content), "plan.csv", "deal", made.id)
    second = _as(rita, files.store, BytesIO(content), "copy.csv", "deal", made.id)
    assert (first.size, first.media_type, first.sha256) == (8, "text/csv", hashlib.sha256(content).hexdigest())
    with rita.bench.reading("rita") as context:
        path = files.path(context, files.find(context, first.id))
        assert path == files.path(context, files.find(context, second.id))
        assert [f.name for f in files.of(context, "deal", made.id)] == ["plan.csv", "copy.csv"]
    assert path.read_bytes() == content


@pytest.mark.parametrize(("name", "kept"), [
    ("../../etc/passwd", "passwd"), ("C:\\temp\\a.txt", "a.txt"), ("a\x00b\n.txt", "a_b_.txt"), ("", "file"),
    ("...", "file"), ("a\"<b>|c:*?.txt", "a__b__c___.txt"), ("\ud800.txt", "_.txt"),
    ("ann\u202etxt.exe", "ann_txt.exe"),
    ("合同.pdf", "合同.pdf"), ("x" * 300 + ".pdf", "x" * 180 + ".pdf"), ("a." + "b" * 300, "a." + "b" * 19),
])
def test_hostile_name_is_made_harmless(rita: Desk, name: str, kept: str) -> None:
    file = _as(rita, files.store, BytesIO(b"x"), name, "deal", rita.deal().id)
    assert file.name == kept
    assert _as(rita, files.find, file.id).name == kept


@pytest.mark.parametrize(("content", "name", "media_type"), [
    (PNG, "a.exe", "image/png"), (b"%PDF-1.7", "a.html", "application/pdf"),
    (b"<script>", "a.html", "application/octet-stream"),
    (b"<svg onload=alert(1)>", "a.svg", "application/octet-stream"), (b"<script>", "a.txt", "text/plain"),
    (b"a\x00b", "a.txt", "application/octet-stream"), (b"PK\x03\x04", "a.zip", "application/zip"),
    (b"RIFF0000WEBP", "a", "image/webp"), (b"", "a.png", "application/octet-stream"),
])
def test_type_is_told_by_content(content: bytes, name: str, media_type: str) -> None:
    assert files.sniffed(content, name) == media_type


def test_too_large_file_leaves_nothing(rita: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_SIZE", 100_000)
    folder = rita.bench.files
    before = {p for p in folder.rglob("*") if p.is_file()}
    made = rita.deal()
    error = refused(files.FileTooLarge, _as, rita, files.store, BytesIO(b"y" * 100_001), "a.txt", "deal", made.id)
    assert error.status == 413
    assert {p for p in folder.rglob("*") if p.is_file()} == before
    assert _as(rita, files.of, "deal", made.id) == []


def test_file_is_as_readable_as_its_record(rita: Desk, ron: Desk, mona: Desk) -> None:
    made = rita.deal()
    file = _as(rita, files.store, BytesIO(b"x"), "a.txt", "deal", made.id)
    assert _as(mona, files.find, file.id) == file
    refused(NotFound, _as, ron, files.find, file.id)
    refused(NotFound, _as, ron, files.store, BytesIO(b"x"), "a.txt", "deal", made.id)
    refused(NotFound, _as, rita, files.find, 4711)


def test_waiting_file_is_for_its_uploader(rita: Desk, mona: Desk) -> None:
    file = _as(rita, files.store, BytesIO(b"x"), "a.txt")
    assert _as(rita, files.find, file.id) == file
    refused(NotFound, _as, mona, files.find, file.id)


def test_locked_record_takes_no_file(rita: Desk) -> None:
    made = rita.deal(end_date="2026-03-09")
    rita.run("deal", made.id, "win")
    refused(Forbidden, _as, rita, files.store, BytesIO(b"x"), "a.txt", "deal", made.id)
    refused(UnknownField, _as, rita, files.store, BytesIO(b"x"), "a.txt", "deal", rita.deal().id, "photo")


# -- saved views -------------------------------------------------------------------------------------------------

def test_saved_view_is_its_owners(rita: Desk, ron: Desk) -> None:
    number = _as(rita, views.save, "deal", "Mine", filter="owner = user.id", columns=["name"], sort=["-name"])
    (view,) = _as(rita, views.of, "deal")
    assert (view["name"], view["filter"], view["columns"], view["sort"], view["shared"]) == (
        "Mine", "owner = user.id", ["name"], ["-name"], False)
    assert _as(ron, views.of, "deal") == []
    assert _as(rita, views.of, "customer") == []
    refused(NotFound, _as, ron, views.delete, number)
    _as(rita, views.delete, number)
    assert _as(rita, views.of, "deal") == []


def test_same_name_replaces_the_view(rita: Desk, ron: Desk) -> None:
    _as(rita, views.save, "deal", " Mine ", filter="true")
    _as(ron, views.save, "deal", "Mine", filter="true")
    _as(rita, views.save, "deal", " Mine ", filter="false")
    assert [(v["name"], v["filter"]) for v in _as(rita, views.of, "deal")] == [("Mine", "false")]
    assert [(v["name"], v["filter"]) for v in _as(ron, views.of, "deal")] == [("Mine", "true")]


def test_administrator_shares_views(rita: Desk, mona: Desk, mini: Bench) -> None:
    refused(Forbidden, _as, mona, views.save, "deal", "Ours", shared=True)
    number = _as(Desk(mini, "admin"), views.save, "deal", "Ours", shared=True)
    assert [v["name"] for v in _as(rita, views.of, "deal")] == ["Ours"]
    refused(NotFound, _as, rita, views.delete, number)
    _as(Desk(mini, "admin"), views.delete, number)
    assert _as(rita, views.of, "deal") == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_view_needs_a_name(rita: Desk, name: str) -> None:
    refused(ValidationFailed, _as, rita, views.save, "deal", name)
    refused(UnknownEntity, _as, rita, views.save, "deel", "x")
