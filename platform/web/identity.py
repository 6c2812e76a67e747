"""Who asks: a bearer token, else the session cookie; never both.

A token and a session carry the fingerprint of the password they were made under, so changing the password ends them.
"""

from __future__ import annotations

from functools import lru_cache
from time import time
from typing import Any

from flask import current_app, request, session
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from formloom.policy.actor import Actor
from formloom.runtime import Account, Runtime

EPOCH = "epoch"     # key of the fingerprint in a session and in a token's claims


def has_authorization() -> bool:
    return "Authorization" in request.headers


def identify(runtime: Runtime) -> Actor | None:
    account = _from_token(runtime) if has_authorization() else _from_session(runtime)
    return account.actor if account else None


def _from_token(runtime: Runtime) -> Account | None:
    scheme, _, token = request.headers["Authorization"].partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        claims = _claims(token.strip(), str(current_app.secret_key))
    except (JWTExtendedException, PyJWTError):
        return None
    if claims.get("type") != "access" or claims.get("exp", 0) <= time():
        return None
    return _account(runtime, claims.get("sub"), claims.get(EPOCH))


@lru_cache(maxsize=4096)
def _claims(token: str, secret: str) -> dict[str, Any]:
    """What a well-signed token says; a client sends the same one for minutes, so its signature is checked once."""
    claims: dict[str, Any] = decode_token(token)
    return claims


def _from_session(runtime: Runtime) -> Account | None:
    return _account(runtime, session.get("_user_id"), session.get(EPOCH))


def _account(runtime: Runtime, user_id: object, epoch: object) -> Account | None:
    if not isinstance(user_id, str | int) or not str(user_id).isdigit():
        return None
    account = runtime.account(int(user_id))
    return account if account and account.epoch == epoch else None
