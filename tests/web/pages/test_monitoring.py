"""Pages of operations: how processes do, and the move of what runs to another version."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from formloom.runtime import Runtime
from tests.web.pages.conftest import PACKS, SignIn, installed, sign_in_to

KEY = "contract_approval"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    yield from installed(PACKS / "approval", tmp_path_factory.mktemp("monitoring"), ada="administrator", lena="legal")


@pytest.fixture(scope="module")
def sign_in(runtime: Runtime) -> SignIn:
    return sign_in_to(runtime)


@pytest.fixture(scope="module")
def ada(sign_in: SignIn) -> FlaskClient:
    return sign_in("ada")
