"""What a WSGI server loads: `gunicorn --config python:formloom.web.wsgi formloom.web.wsgi:app`."""

from __future__ import annotations

from typing import Any

from formloom import settings
from formloom.metadata import garbage
from formloom.runtime import Runtime
from formloom.web.app import create_app

_settings = settings.from_environment()
_runtime = Runtime(_settings)
_runtime.replaced = garbage.settle
app = create_app(_runtime)

bind = f"{_settings.host}:{_settings.port}"
workers = _settings.web_processes
worker_class = "gthread"
threads = 8
preload_app = True
control_socket_disable = True       # it would lie in the home folder, one for all servers of a person
graceful_timeout = 5
timeout = 60
max_requests = 20_000
max_requests_jitter = 2_000


def post_fork(_server: Any, _worker: Any) -> None:
    """A connection must not be shared between processes."""
    _runtime.database.engine.dispose(close=False)


def worker_exit(_server: Any, _worker: Any) -> None:
    _runtime.close()
