"""Keep the Chinese catalogue in step with the words in the code.

    python tools/translations.py            find every message, add the new ones to messages.po, compile messages.mo
    python tools/translations.py --check    report messages without Chinese, and a .mo that is not of its .po

A message is the literal of `Text("...")`, `_("...")`, `gettext("...")`, `lazy_gettext("...")` in Python and templates.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).parents[1]
SOURCES = (ROOT / "platform", ROOT / "plugins")
FOLDER = ROOT / "platform" / "web" / "translations" / "zh" / "LC_MESSAGES"
PO, MO = FOLDER / "messages.po", FOLDER / "messages.mo"
CALLS = frozenset({"Text", "_", "gettext", "lazy_gettext"})
# Composed by the class of an error, and words of Flask-AppBuilder's pages that its own catalogue lacks.
COMPOSED = tuple(f"There is no {what} {{name}}." for what in ("entity", "field", "action", "process"))
ACCOUNTS = (
    "Add", "Edit", "Delete", "Show", "List Users", "List Roles", "List Groups", "Add User", "Edit User", "Show User",
    "Add Role", "Edit Role", "Show Role", "Add Group", "Edit Group", "Show Group", "Invalid login. Please try again.",
    "Access is Denied", "Reset Password Form", "Reset My Password", "Edit User Information", "Your user information",
    "User info", "Personal Info", "Audit Info", "Sign In", "Name", "Label", "Description", "Actions", "Page size",
    "Record Count", "Reset my password", "No records found", "Are you sure you want to delete this item?",
    "It's not a good policy to remove a user, just make it inactive", "The user's password for authentication",
    "The user group on the application, this will associate with a list of roles associated with the group",
    "Please use a good password policy, this application does not check this for you", "Add a new record",
    "Edit record", "Show record", "Delete record",
    "Username valid for authentication on DB or LDAP, unused for OID auth",
    "The user's email, this will also be used for OID auth",
)
HEADER = "# Formloom in Chinese. `python tools/translations.py` adds what is new; the words are written by hand.\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    used, catalog = dict(sorted(messages())), current()
    missing = [m for m in used if not _translated(catalog, m)]
    if options.check:
        return report(missing, used, catalog)
    PO.parent.mkdir(parents=True, exist_ok=True)
    fresh = merged(used, catalog)
    PO.write_bytes(_bytes(write_po, fresh, width=0, omit_header=False, sort_output=True, no_location=True))
    MO.write_bytes(_bytes(write_mo, fresh))
    print(f"{len(used)} messages, {len(missing)} without Chinese")
    return 0


def report(missing: list[str], used: dict[str, str], catalog: Catalog) -> int:
    for message in missing:
        print(f"{used[message]}: no Chinese for {message!r}", file=sys.stderr)
    broken = [m for m in used if _translated(catalog, m) and names(m) != names(str(_words(catalog, m)))]
    for message in broken:
        print(f"{used[message]}: the Chinese of {message!r} has other values", file=sys.stderr)
    outdated = not MO.exists() or MO.read_bytes() != _bytes(write_mo, catalog)
    if outdated:
        print("messages.mo is not compiled from messages.po: run tools/translations.py", file=sys.stderr)
    return 1 if missing or broken or outdated else 0


def names(message: str) -> set[str]:
    """The values that a message names: `{limit}` and `%(n)s`."""
    return set(re.findall(r"\{(\w+)[^{}]*\}|%\((\w+)\)s", message))


def messages() -> Iterator[tuple[str, str]]:
    """Every message with the place of one use."""
    yield from ((m, "platform/errors.py") for m in COMPOSED)
    yield from ((m, "flask-appbuilder") for m in ACCOUNTS)
    for folder in SOURCES:
        for path in sorted(folder.rglob("*.py")):
            yield from ((m, f"{path.relative_to(ROOT)}:{n}") for n, m in _python(path))
        for path in sorted(folder.rglob("*.html")):
            yield from ((m, f"{path.relative_to(ROOT)}:{n}") for n, m in _template(path))


def _python(path: Path) -> Iterator[tuple[int, str]]:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in CALLS:
            words = node.args[0]
            if isinstance(words, ast.Constant) and isinstance(words.value, str):
                yield node.lineno, words.value


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _template(path: Path) -> Iterator[tuple[int, str]]:
    for line, _function, words, _comments in babel_extract(BytesIO(path.read_bytes()), tuple(CALLS), (), {}):
        for word in words if isinstance(words, tuple) else (words,):
            if word:
                yield line, word


def current() -> Catalog:
    if not PO.exists():
        return Catalog(locale="zh")
    with PO.open("rb") as file:
        return read_po(file, locale="zh")


def merged(used: dict[str, str], catalog: Catalog) -> Catalog:
    """What is used, with the Chinese there is; what is no longer used is dropped."""
    fresh = Catalog(locale="zh", project="Formloom", version="1", charset="utf-8", header_comment=HEADER, fuzzy=False,
                    creation_date=catalog.creation_date, revision_date=catalog.revision_date)
    for message in used:
        fresh.add(message, _words(catalog, message) if _translated(catalog, message) else "")
    return fresh


def _translated(catalog: Catalog, message: str) -> bool:
    return message in catalog and bool(_words(catalog, message))


def _words(catalog: Catalog, message: str) -> object:
    found = catalog.get(message)
    return found.string if found else ""


def _bytes(writer: object, catalog: Catalog, **options: object) -> bytes:
    out = BytesIO()
    writer(out, catalog, **options)  # type: ignore[operator]
    return out.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
