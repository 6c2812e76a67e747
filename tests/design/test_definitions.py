"""One definition is read without reading all of them, and is the same."""

from __future__ import annotations

from formloom.design import definitions
from formloom.metadata import loader
from formloom.metadata.sources import Source
from tests.cli.conftest import ROOT


def test_one_definition_is_as_among_all() -> None:
    sources = [
        *loader.read_pack(ROOT / "config"),
        Source("local", "entities/account.yaml", "extend: account\nlabel: Firm\n"),
        Source("local", "entities/other_name.yaml", "extend: contact\nlabel: Human\n"),
        Source("local", "entities/escaped.yaml", 'extend: "\\x6cead"\nlabel: Hint\n'),
        Source("local", "entities/task.yaml", "extend: task\nremoved: true\n"),
        Source("more", "entities/Spare-Part.json",
               '{"title": "Spare Part", "type": "object", "properties": {"a": {"type": "string"}}}'),
    ]
    for kind in definitions.FOLDERS:
        every = definitions.trees(sources, kind)
        assert every
        assert {name: definitions.tree(sources, kind, name) for name in every} == every
    assert definitions.trees(sources, "entity")["account"]["label"] == "Firm"
    assert definitions.trees(sources, "entity")["lead"]["label"] == "Hint"
    assert definitions.tree(sources, "entity", "task") is None
    assert definitions.tree(sources, "entity", "spare_part") is not None
