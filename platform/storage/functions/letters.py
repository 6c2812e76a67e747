"""Upper and lower case of Python as SQL of PostgreSQL, whose own depend on the libraries it was built with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

_LETTERS = tuple(chr(code) for code in (*range(1, 0xD800), *range(0xE000, 0x20000), *range(0xE0000, 0xE0200)))
WHITE_SPACE = "".join(letter for letter in _LETTERS if letter.isspace())


@lru_cache(maxsize=1)
def functions() -> tuple[str, ...]:
    return _upper(), _lower(), _trim()


def _made(name: str, body: str) -> str:
    return (f"CREATE OR REPLACE FUNCTION {name}(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE "
            f"AS $body$ {body} $body$")


def _upper() -> str:
    simple, longer = _mapped(str.upper)
    return _made("fl_upper", f"""
    DECLARE
        longer text[] := {_array(longer)};
        written text[] := {_array(letter.upper() for letter in longer)};
    BEGIN
        IF octet_length(t) = char_length(t) THEN RETURN upper(t COLLATE "C"); END IF;
        IF t ~ '[{_ranges(longer)}]' THEN
            FOR i IN 1 .. array_length(longer, 1) LOOP t := replace(t, longer[i], written[i]); END LOOP;
        END IF;
        RETURN translate(t, '{simple}', '{simple.upper()}');
    END""")


def _lower() -> str:
    """Sigma ends a word in a form of its own."""
    simple, longer = _mapped(str.lower)
    simple = simple.replace("Σ", "")
    cased = _ranges(letter for letter in _LETTERS if f"{letter}Σ".lower().endswith("ς"))
    passed = _ranges(letter for letter in _LETTERS
                     if f"a{letter}Σ".lower().endswith("ς") and not f"{letter}Σ".lower().endswith("ς"))
    rest = "".join(f"t := replace(t, '{letter}', '{letter.lower()}');" for letter in longer)
    return _made("fl_lower", f"""
    DECLARE
        place int;
        ends boolean;
    BEGIN
        IF octet_length(t) = char_length(t) THEN RETURN lower(t COLLATE "C"); END IF;
        LOOP
            place := strpos(t, 'Σ');
            EXIT WHEN place = 0;
            ends := left(t, place - 1) ~ '[{cased}][{passed}]*$' AND substr(t, place + 1) !~ '^[{passed}]*[{cased}]';
            t := left(t, place - 1) || CASE WHEN ends THEN 'ς' ELSE 'σ' END || substr(t, place + 1);
        END LOOP;
        {rest}
        RETURN translate(t, '{simple}', '{"".join(letter.lower() for letter in simple)}');
    END""")


def _trim() -> str:
    spaces = "".join(f"\\u{ord(letter):04x}" for letter in WHITE_SPACE)
    return _made("fl_trim", f"BEGIN RETURN btrim(t, E'{spaces}'); END")


def _mapped(change: Callable[[str], str]) -> tuple[str, list[str]]:
    """Letters that become another one, and those that become several."""
    changed = [letter for letter in _LETTERS if change(letter) != letter]
    return ("".join(letter for letter in changed if len(change(letter)) == 1),
            [letter for letter in changed if len(change(letter)) > 1])


def _array(texts: Iterable[str]) -> str:
    return "ARRAY[" + ", ".join(f"'{text}'" for text in texts) + "]"


def _ranges(letters: Iterable[str]) -> str:
    """As the inside of a character class."""
    return "".join(f"\\U{first:08x}" if first == last else f"\\U{first:08x}-\\U{last:08x}"
                   for first, last in _spans(sorted(map(ord, letters))))


def _spans(codes: list[int]) -> Iterator[tuple[int, int]]:
    first = last = codes[0]
    for code in codes[1:]:
        if code != last + 1:
            yield first, last
            first = code
        last = code
    yield first, last
