"""Roles written down in a test, over the entities of tests/packs/mini."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent, indent

import pytest

from formloom.metadata import builtin_types, compiler, loader
from formloom.metadata.sources import Source
from formloom.policy.policy import Policy
from tests.conftest import ROOT

Given = Callable[..., Policy]


@pytest.fixture
def given() -> Given:
    """`given(rep="deal: {read: true}")`: a policy of these roles and of no others."""
    pack = [s for s in loader.read_pack(ROOT / "tests" / "packs" / "mini") if not s.path.startswith("roles/")]

    def policy(**roles: str) -> Policy:
        return Policy(compiler.compile([*pack, *(_role(name, rules) for name, rules in roles.items())],
                                       builtin_types.TYPES))

    return policy


def _role(name: str, rules: str) -> Source:
    text = f"role: {name}\nlabel: {{en: {name}}}\nentities:\n" + indent(dedent(rules).strip(), "  ") + "\n"
    return Source("mini", f"roles/{name}.yaml", text)
