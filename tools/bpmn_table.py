"""Keep the table of BPMN in docs/workflows.md in step with the conformance tests and the reader.

    python tools/bpmn_table.py            write it
    python tools/bpmn_table.py --check    say whether it is stale
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from formloom.errors import Text
from formloom.workflow import elements

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "workflows.md"
CASES = ROOT / "tests" / "workflow" / "conformance" / "cases.yaml"
BEGIN, END = "<!-- made by tools/bpmn_table.py: begin -->", "<!-- end -->"


def table() -> str:
    cases = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    rows = [*_runs(cases["runs"]), *_refused(cases["refused"]),
            *_grouped("a remark", elements.REASONS), *_grouped("needed", elements.NEEDED)]
    return "\n".join(["| drawn | what becomes of it | case |", "|---|---|---|", *rows])


def _runs(cases: Mapping[str, Any]) -> Iterator[str]:
    for name, case in cases.items():
        yield f"| {case['shows']} | {_told(case)} | `{name}` |"


def _told(case: Mapping[str, Any]) -> str:
    if "rewritten" in case:
        return f"rewritten: {case['rewritten']}"
    failure = case["play"][-1].get("fails")
    return f"an incident: `{failure}`" if failure else "runs"


def _refused(cases: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for name, case in cases.items():
        yield f"| {case['shows']} | refused: `{case['code']}` | `{name}` |"


def _grouped(what: str, elements_by_name: Mapping[str, Text]) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for name, reason in elements_by_name.items():
        groups.setdefault(str(reason).replace("<", "`<").replace(">", ">`"), []).append(f"`{name}`")
    for reason, names in groups.items():
        yield f"| {', '.join(names)} | {what}: {reason} | |"


def page() -> str:
    """The page with its table as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    wanted, found = page(), PAGE.read_text(encoding="utf-8")
    if not parser.parse_args().check:
        PAGE.write_text(wanted, encoding="utf-8")
    elif wanted != found:
        sys.exit("docs/workflows.md is stale: run python tools/bpmn_table.py")


if __name__ == "__main__":
    main()
