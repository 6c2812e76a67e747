"""Reads the model files of a pack into sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from formloom.errors import BadConfiguration, Place, Problem, Text
from formloom.metadata import nodes
from formloom.metadata.parsing import KINDS
from formloom.metadata.sources import Source

MAX_BYTES = 1_000_000
MAX_FILES = 2_000
_MODEL: Final = re.compile(
    rf"pack\.yaml|({'|'.join(KINDS)})/[^/]+\.(yaml|yml|json)|workflows/[^/]+\.bpmn|decisions/[^/]+\.dmn")


def is_model(path: str) -> bool:
    """Whether a file of a pack, by its path, is part of the model; other files are data and texts for people."""
    return _MODEL.fullmatch(path) is not None


def read_pack(folder: Path) -> list[Source]:
    """The model files of a pack, sorted by path; raises BadConfiguration with every file that cannot be read."""
    name = _pack_name(folder)
    files = {path.relative_to(folder).as_posix(): path for path in (folder / "pack.yaml", *folder.glob("*/*"))}
    paths = {path: file for path, file in files.items() if is_model(path)}
    if len(paths) > MAX_FILES:
        raise BadConfiguration(
            [_problem("too-large", Text("A pack has at most {limit} files.", limit=MAX_FILES), folder)]
        )
    problems: list[Problem] = []
    ordered = sorted(paths.items(), key=_manifest_first)
    made = [Source(name, path, _read(file, folder, problems)) for path, file in ordered]
    if problems:
        raise BadConfiguration(problems)
    return made


def sources(name: str, files: Mapping[str, bytes]) -> list[Source]:
    """Of model files that were read already; raises BadConfiguration with each that is not a text or too large."""
    problems: list[Problem] = []
    ordered = sorted(files.items(), key=_manifest_first)
    made = [Source(name, path, _text(data, path, problems)) for path, data in ordered]
    if problems:
        raise BadConfiguration(problems)
    return made


def _manifest_first(item: tuple[str, object]) -> tuple[bool, str]:
    return item[0] != "pack.yaml", item[0]


def _pack_name(folder: Path) -> str:
    manifest = folder / "pack.yaml"
    if not manifest.is_file():
        raise BadConfiguration([_problem("no-pack", Text("There is no pack.yaml here."), manifest)])
    problems: list[Problem] = []
    tree, found = nodes.read(_read(manifest, folder, problems), str(manifest))
    if problems or found:
        raise BadConfiguration([*problems, *found])
    name = tree.get("pack") if isinstance(tree, nodes.Mapping) else None
    return name if isinstance(name, str) else folder.name


def _read(path: Path, folder: Path, problems: list[Problem]) -> str:
    try:
        if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
            problems.append(_problem("outside-pack", Text("A file of a pack must not be a link."), path))
        elif path.stat().st_size > MAX_BYTES:
            problems.append(_problem("too-large", Text("A file has at most {limit} bytes.", limit=MAX_BYTES), path))
        else:
            return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(_problem("unreadable", Text("This file cannot be read: {reason}.", reason=str(error)), path))
    return ""


def _text(data: bytes, path: str, problems: list[Problem]) -> str:
    if len(data) > MAX_BYTES:
        problems.append(_problem("too-large", Text("A file has at most {limit} bytes.", limit=MAX_BYTES), Path(path)))
        return ""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        reason = str(error)
        problems.append(_problem("unreadable", Text("This file cannot be read: {reason}.", reason=reason), Path(path)))
        return ""


def _problem(code: str, message: Text, path: Path) -> Problem:
    return Problem(code, message, Place(str(path)))
