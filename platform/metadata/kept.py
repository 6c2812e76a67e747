"""A compiled catalog as a file, so that a process starts without compiling.

Only what this very platform wrote is read: the file carries a digest keyed with the installation's secret, and lies
in a folder of our own user that nobody else may write. The digest covers the version of the catalog, the code, Python
and the field types; anything that differs is as if there were no file. Expressions are kept as texts and parsed when
they are first asked.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import logging
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from formloom.feel.typechecks import NOTHING_DECLARED
from formloom.metadata.catalog import Catalog
from formloom.metadata.fieldtypes import FieldType
from formloom.metadata.garbage import uncollected

log = logging.getLogger(__name__)

_CODE: Final = Path(__file__).parents[1]
_DIGEST: Final = hashlib.sha256
_NO_TYPES: Final = "no types"


def _code() -> str:
    """Changes with every change of the code that makes catalogs, in a checkout as after an upgrade."""
    digest = _DIGEST()
    for folder in ("metadata", "feel", "calendars"):
        for file in sorted((_CODE / folder).rglob("*.py")):
            found = file.stat()
            digest.update(f"{file.name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


class KeptCatalog:
    """One file in a folder: that of the catalog in force."""

    def __init__(self, folder: Path, secret: str, types: Mapping[str, FieldType]) -> None:
        self._path = folder / "catalog.pickle"
        self._key = _DIGEST(b"formloom kept catalog\0" + secret.encode()).digest()
        self._types = types

    def read(self, version: str) -> Catalog | None:
        """None where there is none to be trusted."""
        data = _own(self._path)
        size = _DIGEST().digest_size
        if data is None or not hmac.compare_digest(data[:size], self._sign(version, data[size:])):
            return None
        with uncollected():
            found = _Reader(io.BytesIO(data[size:]), self._types).load()
        return found if isinstance(found, Catalog) and found.version == version else None

    def write(self, catalog: Catalog) -> None:
        """All or nothing; a folder that cannot be written to is no reason to stop."""
        try:
            with uncollected():
                buffer = io.BytesIO()
                _Writer(buffer, self._types).dump(catalog)
            body = buffer.getvalue()
            _replace(self._path, self._sign(catalog.version, body) + body)
        except (OSError, pickle.PicklingError, TypeError, AttributeError) as error:
            log.warning("the compiled catalog could not be kept: %s", error)

    def _sign(self, version: str, body: bytes) -> bytes:
        """Over what has to be the same as well."""
        described = [f"{t.name} {t.feel_type} {t.computed} {dict(t.options)!r}" for t in self._types.values()]
        same = "\0".join((version, _code(), sys.version, *described))
        return hmac.digest(self._key, same.encode() + b"\0\0" + body, "sha256")


def _own(path: Path) -> bytes | None:
    """What is in the file, if it is a file of our own that nobody else may write, in such a folder."""
    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
            found, folder = os.fstat(file.fileno()), path.parent.stat()
            ours = found.st_uid == folder.st_uid == os.geteuid() and stat.S_ISREG(found.st_mode)
            return file.read() if ours and not (found.st_mode & 0o077 or folder.st_mode & 0o022) else None
    except OSError:
        return None


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".catalog-")    # 0600
    try:
        with open(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def frozen(value: dict[str, Any]) -> MappingProxyType[str, Any]:
    """The type itself has no name that a pickle could hold."""
    return MappingProxyType(value)


class _Writer(pickle.Pickler):
    """Values by what makes them again; field types by name, because they hold functions."""

    def __init__(self, file: io.BytesIO, types: Mapping[str, FieldType]) -> None:
        super().__init__(file, protocol=5)
        self._names = {id(kind): name for name, kind in types.items()}

    def persistent_id(self, value: Any) -> str | None:
        if value is NOTHING_DECLARED:
            return _NO_TYPES
        return self._names.get(id(value)) if isinstance(value, FieldType) else None

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, MappingProxyType):
            return frozen, (dict(value),)
        if isinstance(value, ZoneInfo):
            return ZoneInfo, (value.key,)
        if is_dataclass(value) and not isinstance(value, type) and _positional(type(value)):
            return type(value), tuple(getattr(value, name) for name in _positional(type(value)))
        return NotImplemented


_POSITIONAL: dict[type, tuple[str, ...]] = {}


def _positional(kind: type) -> tuple[str, ...]:
    """Names of what it is made of; none if it is not made by its fields in order."""
    found = _POSITIONAL.get(kind)
    if found is None:
        plain = all(not f.kw_only for f in fields(kind) if f.init)
        found = _POSITIONAL[kind] = tuple(f.name for f in fields(kind) if f.init) if plain else ()
    return found


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, types: Mapping[str, FieldType]) -> None:
        super().__init__(file)
        self._types = types

    def persistent_load(self, name: str) -> Any:
        return NOTHING_DECLARED if name == _NO_TYPES else self._types[name]

    def find_class(self, module: str, name: str) -> Any:
        """The signature is what is relied upon; this is for the day it is not enough."""
        if module.startswith("formloom.") or (module, name) in _MAKERS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not part of a catalog")


_MAKERS: Final = frozenset((
    ("decimal", "Decimal"), ("datetime", "date"), ("datetime", "datetime"), ("datetime", "time"),
    ("datetime", "timedelta"), ("datetime", "timezone"), ("zoneinfo", "ZoneInfo"), ("builtins", "frozenset"),
))
