"""Reads a pack's folder into sources."""

from __future__ import annotations

from pathlib import Path

from formloom.errors import BadConfiguration, Place, Problem, Text
from formloom.metadata import nodes
from formloom.metadata.sources import Source

MAX_BYTES = 1_000_000
MAX_FILES = 2_000
_PATTERNS = ("entities/*", "roles/*", "workspaces/*", "workflows/*", "decisions/*", "calendars/*")
_ENDINGS = {"workflows": (".bpmn",), "decisions": (".dmn",)}
_YAML = (".yaml", ".yml", ".json")


def read_pack(folder: Path) -> list[Source]:
    """The model files of a pack, sorted by path; raises BadConfiguration with every file that cannot be read."""
    problems: list[Problem] = []
    name = _pack_name(folder)
    paths = [folder / "pack.yaml", *sorted(p for pattern in _PATTERNS for p in folder.glob(pattern) if _is_model(p))]
    if len(paths) > MAX_FILES:
        raise BadConfiguration(
            [_problem("too-large", Text("A pack has at most {limit} files.", limit=MAX_FILES), folder)]
        )
    sources = [Source(name, p.relative_to(folder).as_posix(), _read(p, folder, problems)) for p in paths]
    if problems:
        raise BadConfiguration(problems)
    return sources


def _is_model(path: Path) -> bool:
    return path.suffix in _ENDINGS.get(path.parent.name, _YAML)


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


def _problem(code: str, message: Text, path: Path) -> Problem:
    return Problem(code, message, Place(str(path)))
