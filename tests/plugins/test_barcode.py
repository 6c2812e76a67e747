from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formloom import plugins
from formloom.extensions import BadExtension, Extensions

FOLDER = Path(__file__).parents[2] / "plugins"


@pytest.fixture(scope="module")
def extensions() -> Extensions:
    return plugins.load(Extensions(), [FOLDER])


@pytest.fixture(scope="module")
def barcode(extensions: Extensions) -> ModuleType:
    return import_module("formloom_plugin_barcode")


def test_plugin_registers_type_and_task(extensions):
    assert extensions.field_types.get("ean13").feel_type == "string"
    assert extensions.service_tasks.get("post_to_chat")


@pytest.mark.parametrize("text", ["4006381333931", "400-6381-333931", "6901234567892"])
def test_good_article_number_is_kept_as_digits(barcode, text):
    assert barcode.parse(text, None) == text.replace("-", "")


@pytest.mark.parametrize(
    "text", ["4006381333932", "400638133393", "40063813339311", "４００６３８１３３３９３１", "", 4006381333931, None])
def test_bad_article_number_is_refused(barcode, text):
    with pytest.raises(ValueError, match="digit"):
        barcode.parse(text, None)


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(digits, place, shift):
    barcode = import_module("formloom_plugin_barcode")
    whole = digits + str(barcode.check_digit(digits))
    assert barcode.parse(whole, None) == whole
    wrong = whole[:place] + str((int(whole[place]) + shift) % 10) + whole[place + 1:]
    with pytest.raises(ValueError, match="check digit"):
        barcode.parse(wrong, None)


def test_plugin_without_setup_is_named(tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "plugin.yaml").write_text("plugin: empty\n")
    (folder / "empty.py").write_text("")
    with pytest.raises(BadExtension, match="no function setup"):
        plugins.load(Extensions(), [tmp_path])


def test_plugin_twice_is_refused():
    with pytest.raises(BadExtension, match="already"):
        plugins.load(Extensions(), [FOLDER, FOLDER])
