"""Plain values as the one YAML text for them: readable, stable, and read the same by YAML 1.1 and 1.2."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import yaml

_TAG = "tag:yaml.org,2002:"
_WIDTH = 120
_INDENT = 2


def dump(tree: Mapping[str, Any]) -> str:
    """In the order of the tree. Small values stand on one line, texts of several lines as blocks."""
    node = _node(tree, 0, "")
    return str(yaml.serialize(node, Dumper=_Dumper, width=_WIDTH, allow_unicode=True, indent=_INDENT))


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _node(value: Any, depth: int, key: str) -> yaml.Node:
    if isinstance(value, Mapping):
        pairs = [(_scalar(str(k)), _node(v, depth + 1, str(k))) for k, v in value.items()]
        return yaml.MappingNode(_TAG + "map", pairs, flow_style=depth > 0 and _fits(value, depth, key))
    if isinstance(value, list | tuple):
        items = [_node(v, depth + 1, "") for v in value]
        return yaml.SequenceNode(_TAG + "seq", items, flow_style=_fits(value, depth, key))
    return _scalar(value)


def _scalar(value: Any) -> yaml.ScalarNode:
    if value is None:
        return yaml.ScalarNode(_TAG + "null", "null")
    if isinstance(value, bool):
        return yaml.ScalarNode(_TAG + "bool", "true" if value else "false")
    if isinstance(value, int):
        return yaml.ScalarNode(_TAG + "int", str(value))
    if isinstance(value, Decimal | float):
        text = format(Decimal(str(value)), "f")
        return yaml.ScalarNode(_TAG + ("float" if "." in text else "int"), text)
    return yaml.ScalarNode(_TAG + "str", value, style=_style(value))


def _style(text: str) -> str | None:
    if "\n" in text:
        printable = all(line == line.rstrip() for line in text.split("\n"))
        return "|" if printable and not text.startswith((" ", "\n")) else '"'
    tag = yaml.SafeLoader("").resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    plain = tag == _TAG + "str"
    return None if plain and not _reads_otherwise(text) else '"'


def _reads_otherwise(text: str) -> bool:
    """Numbers of YAML 1.2 that 1.1 takes for texts, such as 1e3 and 0o7."""
    try:
        float(text)
    except ValueError:
        return text[:2].lower() in ("0o", "0x")
    return True


def _fits(value: Any, depth: int, key: str) -> bool:
    """Whether it is small enough for one line: no blocks inside, little nesting; what stands far out is spread."""
    if not value:
        return True
    if _levels(value) > (1 if depth <= 1 else 2) or _multiline(value):
        return False
    length = depth * _INDENT + len(key) + len(str(value))
    return length <= _WIDTH - 20


def _levels(value: Any) -> int:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return 1 + max(map(_levels, inner), default=0) if isinstance(value, Mapping | list | tuple) else 0


def _multiline(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_multiline, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_multiline, value))
    return isinstance(value, str) and "\n" in value
