"""Earlier versions that come back, packs that come and go: by a worker, where it takes longer than a page waits.

The undertaking ends in the transaction that puts the model into force, so nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from formloom.design import packs, publishing_job, undertakings
from formloom.design.publishing_job import CHECKING
from formloom.design.undertakings import Undertaking
from formloom.errors import NotFound
from formloom.metadata.archives import Archive
from formloom.policy.actor import Actor
from formloom.runtime import Runtime
from formloom.storage.catalogs import Progress
from formloom.storage.choices import from_json
from formloom.storage.database import Unit

RESTORE, INSTALL, REMOVE = "restore", "install", "remove"
Settle = Callable[[Runtime, Sequence[Archive]], None]


def register(runtime: Runtime, settle: Settle) -> None:
    """For workers. `settle`: what has to follow when a model came into force, with the packs that it brought."""
    undertakings.register(runtime, RESTORE, _restore, lambda runtime, _one: settle(runtime, ()))
    undertakings.register(runtime, INSTALL, _install, partial(_installed, settle))
    undertakings.register(runtime, REMOVE, _remove, lambda runtime, _one: settle(runtime, ()))


def _restore(runtime: Runtime, one: Undertaking, report: Progress) -> Mapping[str, Any]:
    """`version`: the catalog that was in force when it was asked; StaleCatalog if it is another one by now."""
    report(0, 0, CHECKING)
    was = runtime.earlier(int(one.subject))
    runtime.publish(was.sources, _actor(runtime, one), str(one.asked["version"]), str(one.asked["reason"]), was.choices,
                    _finishing(runtime, one), report)
    return {}


def _install(runtime: Runtime, one: Undertaking, report: Progress) -> Mapping[str, Any]:
    report(0, 0, CHECKING)
    packs.install(runtime, _actor(runtime, one), [packs.uploaded(runtime, one.subject)], packs.decisions_of(one.asked),
                  from_json(one.asked.get("choices")), within=_finishing(runtime, one), progress=report)
    return {}


def _installed(settle: Settle, runtime: Runtime, one: Undertaking) -> None:
    try:
        archive = packs.uploaded(runtime, one.subject)
    except NotFound:        # everything followed already
        return
    settle(runtime, [archive])
    (packs.uploads(runtime) / archive.digest).unlink(missing_ok=True)


def _remove(runtime: Runtime, one: Undertaking, report: Progress) -> Mapping[str, Any]:
    report(0, 0, CHECKING)
    packs.uninstall(runtime, _actor(runtime, one), one.subject, within=_finishing(runtime, one), progress=report)
    return {}


def _finishing(runtime: Runtime, one: Undertaking) -> Callable[[Unit], None]:
    return lambda unit: undertakings.finish(unit, one.id, {}, runtime.now())


def _actor(runtime: Runtime, one: Undertaking) -> Actor:
    return publishing_job.actor_of(runtime, one.asked_by)
