"""What every new thing of a designer needs: a name in one language at least, and a technical name of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from formloom.errors import FieldError, Text

_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,50}")


def unfit(given: Mapping[str, str], taken: Collection[str], already: Text) -> Iterator[FieldError]:
    """Findings about `label`, `label_zh` and `key` of a form."""
    if not given["label"] and not given["label_zh"]:
        yield FieldError("label", "required", Text("This is needed."))
    if not _KEY.fullmatch(given["key"]):
        yield FieldError("key", "bad-key", Text("Use small letters, digits and _, a letter first."))
    elif given["key"] in taken:
        yield FieldError("key", "taken", already)


def both(given: Mapping[str, str], name: str) -> dict[str, str]:
    """A text of a form by language, as definitions write it."""
    return {language: text for language, text in (("en", given[name]), ("zh", given[f"{name}_zh"])) if text}
