"""The only importer of huey: it wakes workers quickly and holds no truth. A lost wake-up costs a sweep's second."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

from huey import PostgresHuey, RedisHuey, SqliteHuey
from huey.api import Huey
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import BaseStorage, RedisStorage
from sqlalchemy import make_url

from formloom.settings import Settings

log = logging.getLogger(__name__)

_QUEUE = "formloom"


class JsonSerializer(Serializer):  # type: ignore[misc]
    """Huey's own is pickle, which would let whoever can write to the queue run code in a worker."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Any:
        return Message(*json.loads(data))


class Waker:
    """`run` does one job by its id; only workers give it."""

    def __init__(self, settings: Settings, run: Callable[[int], None] | None = None) -> None:
        self._settings, self._run = settings, run or _not_here
        self._closing = threading.Lock()

    @cached_property
    def _huey(self) -> Huey:
        """Opened when first needed, and so in the process that uses it, not in the one that forked it."""
        return _huey(self._settings)

    @cached_property
    def _task(self) -> Callable[[int], Any]:
        def run_job(job_id: int) -> None:
            self._run(job_id)

        return self._huey.task()(run_job)  # type: ignore[no-any-return]

    def wake(self, job_id: int) -> None:
        """After the commit that made the job visible. Failing is no error: the sweep finds the job."""
        try:
            self._task(job_id)
        except Exception:
            log.warning("could not wake a worker for job %s; the sweep will find it", job_id, exc_info=True)

    def close(self) -> None:
        """Lets go of every connection; a later wake-up opens the queue again."""
        self.__dict__.pop("_task", None)
        if (huey := self.__dict__.pop("_huey", None)) is not None:
            self._leave(huey.storage)
            if isinstance(huey.storage, RedisStorage):      # its own `close` does nothing
                huey.storage.pool.disconnect()

    def _leave(self, storage: BaseStorage) -> None:
        """What the threads of a consumer share is closed by the first; each has a connection of its own besides."""
        with self._closing:
            storage.close()

    def consumer(self, workers: int) -> Consumer:
        """Runs jobs in threads until SIGTERM, and finishes those in hand first; a second one interrupts."""
        self._task  # noqa: B018 - registers it before the first message is read
        storage = self._huey.storage
        self._huey.on_shutdown("close")(lambda: self._leave(storage))
        return Consumer(self._huey, workers=workers, periodic=False, max_delay=1, initial_delay=0.05,
                        graceful_signal="TERM", shutdown_timeout=20)


def _not_here(job_id: int) -> None:
    raise RuntimeError(f"job {job_id} reached a process that only wakes workers")


def queue_name(settings: Settings) -> str:
    """On Redis, which several installations may share: the id of a job means nothing beside its database."""
    url = make_url(settings.database_url)
    place = f"{url.host}:{url.port}/{url.database}"
    return f"{_QUEUE}{hashlib.sha256(place.encode()).hexdigest()[:12]}"


def _huey(settings: Settings) -> Huey:
    common: dict[str, Any] = {"results": False, "serializer": JsonSerializer()}
    url = make_url(settings.database_url)
    if settings.redis_url:
        return RedisHuey(queue_name(settings), url=settings.redis_url, **common)
    if url.get_backend_name() == "postgresql":
        dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return PostgresHuey(_QUEUE, dsn=dsn, **common)
    # A file of its own: wake-ups never wait for the writer of business data.
    return SqliteHuey(_QUEUE, filename=str(settings.home / "jobs.db"), **common)
