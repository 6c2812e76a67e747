"""What the request at hand needs: the runtime, who asks, and a unit of work.

A request takes the model (catalog, tables, policy) once and keeps it, whatever is published meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask import current_app, g

from formloom.errors import FormloomError, Text
from formloom.metadata.catalog import Catalog
from formloom.policy.actor import Actor
from formloom.records.context import Context
from formloom.runtime import Model, Runtime
from formloom.web.identity import identify


class LoginRequired(FormloomError):
    code, status = "login-required", 401

    def __init__(self) -> None:
        super().__init__(
            Text("Sign in first."),
            Text("Sign in on the login page, or send the header Authorization: Bearer with a token."),
        )


def runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["formloom"])


def model() -> Model:
    if "model" not in g:
        g.model = runtime().model()
    return cast(Model, g.model)


def catalog() -> Catalog:
    return model().catalog


def actor_or_none() -> Actor | None:
    if "actor" not in g:
        g.actor = identify(runtime())
    return cast("Actor | None", g.actor)


def actor() -> Actor:
    """Who asks. Raises `LoginRequired` when nobody is signed in."""
    known = actor_or_none()
    if known is None:
        raise LoginRequired
    return known


current_actor = actor


@contextmanager
def reading() -> Iterator[Context]:
    """A unit of work; inside one that the request has open already, that one: a page is one view of the data."""
    open_context = cast("Context | None", g.get("context"))
    if open_context is not None:
        yield open_context
        return
    with runtime().reading(actor(), model()) as context, _opened(context):
        yield context


@contextmanager
def writing() -> Iterator[Context]:
    with runtime().writing(actor(), model()) as context, _opened(context):
        yield context


@contextmanager
def _opened(context: Context) -> Iterator[None]:
    g.context = context
    try:
        yield
    finally:
        g.pop("context", None)


def used_version() -> str:
    """Of the catalog that this request began with."""
    return g.model.catalog.version if "model" in g else ""


def forget_model() -> None:
    """The catalog was replaced under this request: take the new one and ask again who is asking."""
    g.pop("model", None)
    g.pop("actor", None)
