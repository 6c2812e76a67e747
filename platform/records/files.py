"""Uploaded files: the bytes by their hash on disk, the rest as rows. A file is as readable as its record."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import sqlalchemy as sa

from formloom.errors import FieldError, FormloomError, NotFound, Text, ValidationFailed
from formloom.records.context import Context
from formloom.records.resolution import row_for
from formloom.records.scope import Scope
from formloom.storage.platform_tables import fl_file

MAX_SIZE: Final = 25 * 1024 * 1024
_CHUNK = 1 << 16
_OFFICE = "application/vnd.openxmlformats-officedocument"
_BY_CONTENT = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_ZIPPED = {
    ".docx": f"{_OFFICE}.wordprocessingml.document", ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
}
_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class FileTooLarge(FormloomError):
    code, status = "file-too-large", 413


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    id: int
    sha256: str
    name: str
    media_type: str
    size: int
    entity: str | None
    record_id: int | None
    field: str | None
    uploaded_by: int | None
    at: datetime


def store(
    context: Context, stream: BinaryIO, name: str, entity: str | None = None, record_id: int | None = None,
    field: str | None = None,
) -> File:
    """Keeps a file. With a record it is attached to it, and the actor must be allowed to change that record; without
    one it waits, readable by its uploader alone, until a file field takes its id."""
    if entity is not None and record_id is not None:
        row_for(context, context.catalog.entity(entity), record_id, "update")
    digest, size, head = _keep(context.files, stream)
    media_type = sniffed(head, name)
    if field and entity and context.catalog.entity(entity).field(field).type.name == "image" \
            and media_type not in _IMAGES:
        raise ValidationFailed([FieldError(field, "not-an-image", Text("Choose a PNG, JPEG, GIF or WebP image."))])
    values = {"sha256": digest, "name": safe_name(name), "media_type": media_type, "size": size, "entity": entity,
              "record_id": record_id, "field": field, "uploaded_by": context.actor.user_id, "at": context.now}
    made = context.unit.connection.scalar(sa.insert(fl_file).values(values).returning(fl_file.c.id))
    return File(id=int(made or 0), **values)  # type: ignore[arg-type]  # the names are those of the class


def find(context: Context, file_id: int) -> File:
    """The file if the actor may read what it belongs to; one that may not be read is not found."""
    row = context.unit.connection.execute(sa.select(fl_file).where(fl_file.c.id == file_id)).mappings().first()
    if row is None or not _readable(context, file := File(**row)):
        raise NotFound(Text("There is no file number {id}, or you may not see it.", id=file_id))
    return file


def is_readable(context: Context, file_id: int) -> bool:
    try:
        return bool(find(context, file_id))
    except NotFound:
        return False


def path(context: Context, file: File) -> Path:
    return _place(context.files, file.sha256)


def of(context: Context, entity: str, record_id: int) -> list[File]:
    query = sa.select(fl_file).where(fl_file.c.entity == entity, fl_file.c.record_id == record_id)
    return [File(**row) for row in context.unit.connection.execute(query.order_by(fl_file.c.id)).mappings()]


def adopt(context: Context, entity: str, record_id: int, field: str, file_id: int) -> None:
    """A file that waited belongs to the record whose field took it."""
    waiting = fl_file.c.record_id.is_(None) & (fl_file.c.id == file_id)
    context.unit.connection.execute(
        sa.update(fl_file).where(waiting).values(entity=entity, record_id=record_id, field=field))


def safe_name(name: str) -> str:
    """The last part of a path without control characters, at most 200 characters."""
    last = re.split(r"[/\\]", name)[-1]
    clean = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\"<>|:*?]", "_", last).strip(" .")
    stem, dot, ending = clean.rpartition(".")
    return (f"{stem[:180]}{dot}{ending[:19]}" if stem else clean[:200]) or "file"


def sniffed(head: bytes, name: str) -> str:
    """The media type by content; a name alone makes nothing that a browser would run."""
    for start, media_type in _BY_CONTENT:
        if head.startswith(start):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    ending = Path(name).suffix.lower()
    if head.startswith(b"PK\x03\x04"):
        return _ZIPPED.get(ending, "application/zip")
    if ending in (".txt", ".csv", ".md") and b"\x00" not in head:
        return "text/csv" if ending == ".csv" else "text/plain"
    return "application/octet-stream"


def _readable(context: Context, file: File) -> bool:
    if file.entity is None or file.record_id is None:
        return context.actor.system or file.uploaded_by == context.actor.user_id
    entity = context.catalog.entities.get(file.entity)
    row: Any = entity and context.store.get(context.unit, entity.name, file.record_id)
    if entity is None or row is None:
        return False
    scope = Scope(context, entity, row)
    access = context.policy.access(context.actor, entity, scope, context.now)
    allowed = bool(context.policy.decide(context.actor, "read", entity, scope, context.now))
    return allowed and (file.field is None or file.field in access.readable - access.masks.keys())


def _keep(folder: Path, stream: BinaryIO) -> tuple[str, int, bytes]:
    """Hash, size and first bytes. Written aside and moved, so that a half-written file never has a hash for a name."""
    folder.mkdir(parents=True, exist_ok=True)
    aside, digest, size, head = folder / f".{secrets.token_hex(8)}", hashlib.sha256(), 0, b""
    try:
        with aside.open("wb") as out:
            while chunk := stream.read(_CHUNK):
                size, head = size + len(chunk), head or chunk
                if size > MAX_SIZE:
                    raise FileTooLarge(Text("A file may have at most {limit} MB.", limit=MAX_SIZE >> 20))
                digest.update(chunk)
                out.write(chunk)
        place = _place(folder, digest.hexdigest())
        place.parent.mkdir(exist_ok=True)
        os.replace(aside, place)
    finally:
        aside.unlink(missing_ok=True)
    return digest.hexdigest(), size, head


def _place(folder: Path, digest: str) -> Path:
    return folder / digest[:2] / digest
