"""What is edited in the browser stands above the packs, and one can go back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from formloom.metadata import compiler, layers
from formloom.metadata.builtin_types import TYPES
from formloom.metadata.sources import Source

PATH = "decisions/discount.dmn"
PACK = Source("crm", PATH, "from the pack")
OTHER = Source("crm", "decisions/other.dmn", "other")


def text_of(sources: list[Source]) -> str:
    return "".join(source.text for source in layers.effective(sources) if source.path == PATH)


def test_local_version_wins_over_the_pack() -> None:
    sources = layers.put([PACK, OTHER], PATH, "edited")
    assert text_of(sources) == "edited"
    assert OTHER in layers.effective(sources)
    assert layers.at(sources, PATH).pack == PACK


def test_text_of_the_pack_needs_no_layer() -> None:
    assert layers.put(layers.put([PACK], PATH, "edited"), PATH, PACK.text) == [PACK]


def test_deleted_file_is_hidden_and_comes_back() -> None:
    gone = layers.removed([PACK], PATH)
    assert text_of(gone) == ""
    assert text_of(layers.without(gone, PATH)) == PACK.text
    assert layers.removed(layers.put([], PATH, "new"), PATH) == []


TEXTS = st.sampled_from(["one", "two", PACK.text])
EDITS = st.lists(st.one_of(TEXTS.map(lambda text: ("put", text)), st.sampled_from([
    ("without", ""), ("removed", "")])))


@given(EDITS)
def test_edits_never_leave_two_versions_in_force(edits: list[tuple[str, str]]) -> None:
    sources = [PACK, OTHER]
    for what, text in edits:
        if what == "put":
            sources = layers.put(sources, PATH, text)
            assert text_of(sources) == text
        else:
            sources = getattr(layers, what)(sources, PATH)
        assert sum(source.path == PATH for source in layers.effective(sources)) <= 1
        assert OTHER in sources


def test_hidden_files_are_not_compiled() -> None:
    head = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">'
    pack = Source("crm", "workflows/w.bpmn", f'{head}<process id="one" isExecutable="true"/></definitions>')
    catalog = compiler.compile(layers.put([pack], pack.path, pack.text.replace("one", "other")), TYPES)
    assert list(catalog.processes) == ["other"]
    assert len(catalog.sources) == 2
