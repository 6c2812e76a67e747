"""What has to follow when a model came into force: accounts know its roles, and packs bring their reference data."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from formloom.exchange import data
from formloom.metadata.archives import Archive
from formloom.policy.actor import SYSTEM
from formloom.runtime import Runtime
from formloom.web import security_accounts


def settle(runtime: Runtime, packs: Sequence[Archive] = ()) -> None:
    """Reference data is added to entities that have no records."""
    with runtime.writing(SYSTEM) as context:
        security_accounts.sync_roles(context.unit, context.catalog.roles)
        for pack in packs:
            with tempfile.TemporaryDirectory() as folder:
                pack.write(Path(folder))
                data.load_reference(context, Path(folder))
