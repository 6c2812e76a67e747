"""Keep the Chinese catalogue in step with the words in the code.

    python tools/translations.py            find every message, add the new ones to messages.po, compile messages.mo
    python tools/translations.py --check    report messages without Chinese, and a .mo that is not of its .po

A message is the literal of `Text("...")`, `_("...")`, `gettext("...")`, `lazy_gettext("...")` in Python and templates;
`ngettext("...", "...", n)` makes one message of its two.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Callable, Iterator, Sequence
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
CALLS = {"Text": 1, "_": 1, "gettext": 1, "lazy_gettext": 1, "ngettext": 2}    # how many arguments are words
# Words of Flask-AppBuilder's pages that its own catalogue lacks.
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
Message = str | tuple[str, ...]    # with its plural, if it counts
HEADER = "# Formloom in Chinese. `python tools/translations.py` adds what is new; the words are written by hand.\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    used, catalog = found(), current()
    if options.check:
        complaints = problems(used, catalog)
        print("\n".join(complaints), file=sys.stderr, end="\n" if complaints else "")
        return 1 if complaints else 0
    PO.parent.mkdir(parents=True, exist_ok=True)
    fresh = merged(used, catalog)
    PO.write_bytes(_bytes(write_po, fresh, width=0, omit_header=False, sort_output=True, no_location=True))
    MO.write_bytes(_bytes(write_mo, fresh))
    print(f"{len(used)} messages, {sum(not _words(catalog, m) for m in used)} without Chinese")
    return 0


def problems(used: dict[Message, str], catalog: Catalog) -> list[str]:
    """What is wrong with the Chinese of the messages in use, and with the files that were committed."""
    found = [f"{place}: no Chinese for {m!r}" for m, place in used.items() if not _words(catalog, m)]
    found += [f"{place}: the Chinese of {m!r} has other values" for m, place in used.items() if not _agree(catalog, m)]
    kept, wanted = {m.id for m in catalog if m.id}, set(used)
    found += [f"messages.po: nothing says {m!r}: run tools/translations.py" for m in sorted(kept - wanted, key=_order)]
    if not MO.exists() or MO.read_bytes() != _bytes(write_mo, catalog):
        found.append("messages.mo is not compiled from messages.po: run tools/translations.py")
    return found


def _agree(catalog: Catalog, message: Message) -> bool:
    """A plural may leave the number out where it is one."""
    words, forms = _words(catalog, message), _forms(message)
    return not words or all(names(form) == names(forms[-1]) for form in words)


def names(message: str) -> set[str]:
    """The values that a message names: `{limit}` and `%(n)s`."""
    return {braced or percent for braced, percent in re.findall(r"\{(\w+)[^{}]*\}|%\((\w+)\)s", message)}


def found() -> dict[Message, str]:
    """Every message with the place of one use, in a stable order."""
    return dict(sorted(messages(), key=lambda pair: (_order(pair[0]), pair[1])))


def _order(message: Message) -> Sequence[str]:
    return _forms(message)


def _forms(message: Message) -> tuple[str, ...]:
    return message if isinstance(message, tuple) else (message,)


def messages() -> Iterator[tuple[Message, str]]:
    yield from ((m, "flask-appbuilder") for m in ACCOUNTS)
    for folder in SOURCES:
        for path in sorted(folder.rglob("*.py")):
            yield from ((m, f"{path.relative_to(ROOT)}:{n}") for n, m in _python(path))
        for path in sorted(folder.rglob("*.html")):
            yield from ((m, f"{path.relative_to(ROOT)}:{n}") for n, m in _template(path))


def _python(path: Path) -> Iterator[tuple[int, Message]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        words = [a.value for a in node.args[:CALLS.get(_name(node.func), 0)] if isinstance(a, ast.Constant)]
        if words and all(isinstance(w, str) for w in words):
            yield node.lineno, words[0] if len(words) == 1 else tuple(words)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _template(path: Path) -> Iterator[tuple[int, Message]]:
    for line, function, words, _comments in babel_extract(BytesIO(path.read_bytes()), tuple(CALLS), (), {}):
        given = tuple(w for w in (words if isinstance(words, tuple) else (words,)) if w)
        if given:
            yield line, given[0] if CALLS[function] == 1 else given


def current() -> Catalog:
    if not PO.exists():
        return Catalog(locale="zh")
    with PO.open("rb") as file:
        return read_po(file, locale="zh")


def merged(used: dict[Message, str], catalog: Catalog) -> Catalog:
    """What is used, with the Chinese there is; what is no longer used is dropped."""
    fresh = Catalog(locale="zh", project="Formloom", version="1", charset="utf-8", header_comment=HEADER, fuzzy=False,
                    creation_date=catalog.creation_date, revision_date=catalog.revision_date)
    for message in used:
        words = _words(catalog, message) or ("",)
        fresh.add(message, words if isinstance(message, tuple) else words[0])
    return fresh


def _words(catalog: Catalog, message: Message) -> tuple[str, ...]:
    """The Chinese, one form for each plural that the language has; empty where one is missing."""
    entry = catalog.get(message)
    words = entry.string if entry else ""
    given = words if isinstance(words, (tuple, list)) else (words,)
    return tuple(given) if all(given) else ()


def _bytes(writer: Callable[..., None], catalog: Catalog, **options: object) -> bytes:
    out = BytesIO()
    writer(out, catalog, **options)
    return out.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
