"""A pack as one file: a ZIP that is the same bytes for the same content, and is read as if an enemy had sent it."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final

from formloom.errors import BadConfiguration, Place, Problem, Text
from formloom.metadata import loader, nodes
from formloom.metadata.sources import Source

ENDING: Final = ".formloom"
MAX_BYTES: Final = 100_000_000          # of all files together
MAX_FILES: Final = 5_000
MAX_RATIO: Final = 200                  # between a file and what it is packed to
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = (stat.S_IFREG | 0o644) << 16


@dataclass(frozen=True, slots=True)
class Archive:
    """The files of a pack by path, all of them: model, data, texts for people."""

    name: str
    version: str
    files: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        """Of names and contents, whatever they are packed with."""
        found = hashlib.sha256()
        for path in sorted(self.files):
            for part in (path.encode(), self.files[path]):
                found.update(len(part).to_bytes(8, "big") + part)
        return found.hexdigest()

    def sources(self) -> list[Source]:
        """The model files; raises BadConfiguration for those that are not text."""
        return loader.sources(self.name, {path: data for path, data in self.files.items() if loader.is_model(path)})

    def packed(self) -> bytes:
        """A ZIP without times, users and order of its own: equal files, equal bytes."""
        held = BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
            for path in sorted(self.files):
                entry = zipfile.ZipInfo(path, _EPOCH)
                entry.external_attr, entry.compress_type, entry.create_system = _MODE, zipfile.ZIP_DEFLATED, 3
                file.writestr(entry, self.files[path])
        return held.getvalue()

    def write(self, folder: Path) -> None:
        """Into an empty or new folder."""
        if folder.exists() and any(folder.iterdir()):
            raise BadConfiguration([_problem("not-empty", Text("The folder is not empty."), str(folder))])
        for path, data in sorted(self.files.items()):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


def from_folder(folder: Path) -> Archive:
    """Every file below the folder but hidden ones; raises BadConfiguration with all that cannot be taken."""
    files, problems = _read(folder)
    return _checked(files, problems, str(folder))


def with_sources(folder: Path, sources: Iterable[Source]) -> Archive:
    """The folder with these model files in the place of its own."""
    files, problems = _read(folder)
    data = {path: content for path, content in files.items() if not loader.is_model(path)}
    return _checked({**data, **{s.path: s.text.encode() for s in sources}}, problems, str(folder))


def _read(folder: Path) -> tuple[dict[str, bytes], list[Problem]]:
    problems: list[Problem] = []
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_dir() or any(part.startswith(".") for part in relative.parts):
            continue
        if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
            problems.append(_problem("outside-pack", Text("A file of a pack must not be a link."), str(path)))
        else:
            files[relative.as_posix()] = path.read_bytes()
    return files, problems


def unpacked(data: bytes, name: str) -> Archive:
    """`name` is the file's, for messages. Raises BadConfiguration."""
    if len(data) > MAX_BYTES:
        raise BadConfiguration([_too_large(name)])
    try:
        with zipfile.ZipFile(BytesIO(data)) as file:
            problems = list(_suspicious(file, name))
            if problems:
                raise BadConfiguration(problems)
            files = {entry.filename: file.read(entry) for entry in file.infolist() if not entry.is_dir()}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise BadConfiguration([_problem(
            "not-an-archive", Text("This is not a pack: {reason}.", reason=str(error)), name,
            Text("Choose a file that formloom pack build has made."))]) from None
    return _checked(files, [], name)


def _suspicious(file: zipfile.ZipFile, name: str) -> Iterator[Problem]:
    entries = file.infolist()
    if len(entries) > MAX_FILES:
        yield _problem("too-large", Text("A pack has at most {limit} files.", limit=MAX_FILES), name)
    if sum(entry.file_size for entry in entries) > MAX_BYTES:
        yield _too_large(name)
    seen: set[str] = set()
    for entry in entries[:MAX_FILES]:
        place = f"{name}/{entry.filename[:200]}"
        if _unsafe(entry) or entry.filename.lower() in seen:
            yield _problem("unsafe-name", Text("A pack must not hold a file of this name or kind."), place)
        elif entry.file_size > 1000 and entry.file_size > entry.compress_size * MAX_RATIO:
            yield _problem("too-large", Text("This file is packed too tightly to be meant well."), place)
        seen.add(entry.filename.lower())


def _unsafe(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return (path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename
            or any(part.startswith(".") for part in path.parts) or not entry.filename.isprintable()
            or kind not in (0, stat.S_IFREG, stat.S_IFDIR) or bool(entry.flag_bits & 0x1))


def _checked(files: dict[str, bytes], problems: list[Problem], name: str) -> Archive:
    """With the name and version of its pack.yaml."""
    if len(files) > MAX_FILES:
        problems.append(_problem("too-large", Text("A pack has at most {limit} files.", limit=MAX_FILES), name))
    if sum(map(len, files.values())) > MAX_BYTES:
        problems.append(_too_large(name))
    manifest = files.get("pack.yaml")
    if manifest is None:
        problems.append(_problem("no-pack", Text("There is no pack.yaml here."), name))
        raise BadConfiguration(problems)
    tree, found = nodes.read(manifest.decode("utf-8-sig", errors="replace"), "pack.yaml")
    held = tree if isinstance(tree, dict) else {}
    title, version = held.get("pack"), held.get("version")
    if not isinstance(title, str) or not isinstance(version, str):
        found.append(_problem("no-pack", Text("pack.yaml must say the name and the version of the pack."), name))
    if problems or found:
        raise BadConfiguration([*problems, *found])
    return Archive(str(title), str(version), files)


def _too_large(name: str) -> Problem:
    return _problem("too-large", Text("A pack has at most {limit} bytes.", limit=MAX_BYTES), name)


def _problem(code: str, message: Text, place: str, hint: Text | None = None) -> Problem:
    return Problem(code, message, Place(place), hint)
