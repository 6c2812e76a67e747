"""The packs that are installed, each as the archive it came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from formloom.errors import NotFound, Text
from formloom.metadata import archives
from formloom.metadata.archives import Archive
from formloom.storage.database import Unit
from formloom.storage.platform_tables import fl_pack as t


@dataclass(frozen=True, slots=True)
class Installed:
    name: str
    version: str
    digest: str         # of names and contents of its files
    at: datetime
    by: int             # 0 for the command line


def installed(unit: Unit) -> dict[str, Installed]:
    rows = unit.connection.execute(
        sa.select(t.c.name, t.c.version, t.c.digest, t.c.installed_at, t.c.installed_by).order_by(t.c.name))
    return {row.name: Installed(row.name, row.version, row.digest, row.installed_at, row.installed_by or 0)
            for row in rows}


def archive(unit: Unit, name: str) -> Archive:
    """Raises NotFound."""
    data = unit.connection.execute(sa.select(t.c.archive).where(t.c.name == name)).scalar_one_or_none()
    if data is None:
        raise NotFound(Text("The pack {name} is not installed.", name=name))
    return archives.unpacked(bytes(data), name)


def keep(unit: Unit, pack: Archive, by: int, now: datetime) -> None:
    unit.connection.execute(sa.delete(t).where(t.c.name == pack.name))
    unit.connection.execute(sa.insert(t).values(
        name=pack.name, version=pack.version, digest=pack.digest, archive=pack.packed(), installed_at=now,
        installed_by=by or None))


def forget(unit: Unit, name: str) -> None:
    unit.connection.execute(sa.delete(t).where(t.c.name == name))
