"""What a list shows, as a CSV file that is safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

BOM = "\ufeff"      # spreadsheets take a file without it for the system's old encoding
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines of the file; a cell that a spreadsheet would run as a formula is marked as text."""
    yield BOM + _line(header)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[str]) -> str:
    out = StringIO()
    csv.writer(out).writerow([safe(c) for c in cells])
    return out.getvalue()


def safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    digits = cell.removeprefix("-").replace(",", "").replace(".", "", 1)
    return digits.isascii() and digits.isdigit()
