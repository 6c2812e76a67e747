"""The web application: configuration, security headers, error handlers, and the blueprints."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.routing import IntegerConverter, Map

from formloom.errors import FormloomError, Text
from formloom.metadata.values import LARGEST_ID
from formloom.runtime import Runtime
from formloom.settings import Settings
from formloom.wakeup import queue_name
from formloom.web import api, health, metrics, pages, problems, reference, security
from formloom.web.exact_json import ExactJSON
from formloom.web.i18n import LANGUAGES, label, locale, select_locale, select_timezone, t
from formloom.web.identity import has_authorization
from formloom.web.pages.frame import error_page
from formloom.web.passwords import check_password
from formloom.web.requests import actor_or_none, catalog, forget_model, runtime, used_version
from formloom.web.security_accounts import PUBLIC_ROLE

log = logging.getLogger(__name__)

MAX_BODY = 32 * 1024 * 1024
MAX_JSON = 4 * 1024 * 1024
_TRIES = 3      # of a request that meets tables of another catalog
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_TOKEN_LOGIN = frozenset({"/api/v1/security/login", "/api/v1/security/refresh"})


class Identity(IntegerConverter):
    """An address with a number that cannot be an id leads nowhere."""

    def __init__(self, routes: Map) -> None:
        super().__init__(routes, max=LARGEST_ID)


class Application(Flask):
    """Answers a request again when a newly published catalog changed the tables under it: what it did was undone."""

    json_provider_class = ExactJSON

    def dispatch_request(self) -> ResponseReturnValue:
        for _ in range(_TRIES):
            try:
                return super().dispatch_request()
            except DBAPIError as error:
                if not runtime().is_outdated(error, used_version()):
                    raise
                forget_model()
        return super().dispatch_request()


class Refused(FormloomError):
    code, status = "csrf", 400

    def __init__(self) -> None:
        super().__init__(Text("The request carries a session cookie but not the token of a page."),
                         Text("Send the header X-CSRFToken, or an Authorization header instead of the cookie."))


def create_app(runtime: Runtime) -> Flask:
    app = Application(__name__, static_folder="static", static_url_path="/static")
    app.extensions["formloom"] = runtime
    app.url_map.converters["int"] = Identity
    app.config.update(_configuration(runtime.settings))
    csrf = CSRFProtect(app)
    security.install(app, runtime)
    app.extensions["babel"].locale_selector = select_locale
    app.extensions["babel"].timezone_selector = select_timezone
    app.before_request(lambda: _guard(csrf))
    app.after_request(_headers)
    _handle_errors(app)
    app.jinja_env.globals.update(t=t, label=label, locale=locale, csp_nonce=csp_nonce, languages=LANGUAGES,
                                 current_actor=actor_or_none, catalog=catalog)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint)
    app.register_blueprint(api.blueprint)
    app.register_blueprint(reference.blueprint)
    pages.install(app)
    return app


def trusted_hosts(settings: Settings) -> list[str] | None:
    """Names this server answers to; None, any, while it listens everywhere and was not told its public address."""
    name = urlsplit(settings.public_url).hostname or ""
    return None if name in ("0.0.0.0", "::") else sorted({name, "localhost", "127.0.0.1", "[::1]"})  # noqa: S104


def _configuration(settings: Settings) -> dict[str, object]:
    secure, hosts = settings.public_url.startswith("https://"), trusted_hosts(settings)
    return {
        "SECRET_KEY": settings.secret_key,
        "APP_NAME": "Formloom",
        "MAX_CONTENT_LENGTH": MAX_BODY,
        "TRUSTED_HOSTS": hosts,
        "FAB_SAFE_REDIRECT_HOSTS": [f"{h}:{settings.port}" for h in hosts or ()] + (hosts or []),
        "MAX_FORM_PARTS": 10_000,
        "MAX_FORM_MEMORY_SIZE": MAX_JSON,
        "SESSION_COOKIE_NAME": "formloom",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        "WTF_CSRF_CHECK_DEFAULT": False,        # _guard decides
        "WTF_CSRF_TIME_LIMIT": None,            # as long as the session
        "WTF_CSRF_SSL_STRICT": secure,
        "BABEL_DEFAULT_LOCALE": settings.language,
        "BABEL_DEFAULT_TIMEZONE": settings.timezone,
        "BABEL_TRANSLATION_DIRECTORIES": str(Path(__file__).parent / "translations"),
        "LANGUAGES": {code: {"flag": "", "name": name} for code, name in LANGUAGES.items()},
        "AUTH_RATE_LIMITED": True,
        "AUTH_RATE_LIMIT": "30 per minute",
        "RATELIMIT_ENABLED": True,
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "RATELIMIT_KEY_PREFIX": queue_name(settings),
        "JWT_ACCESS_TOKEN_EXPIRES": timedelta(minutes=30),
        "JWT_REFRESH_TOKEN_EXPIRES": timedelta(days=14),
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ADD_SECURITY_PERMISSION_VIEW": False,
        "FAB_ADD_SECURITY_VIEW_MENU_VIEW": False,
        "FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW": False,
        "FAB_API_SWAGGER_UI": False,
        "FAB_PASSWORD_COMPLEXITY_ENABLED": True,
        "FAB_PASSWORD_COMPLEXITY_VALIDATOR": check_password,
        "AUTH_ROLE_PUBLIC": PUBLIC_ROLE,
        "AUTH_USER_REGISTRATION": False,
        "SQLALCHEMY_TRACK_MODIFICATIONS": False,
    }


def _guard(csrf: CSRFProtect) -> None:
    """A request that changes something on the strength of a cookie must carry the page's token."""
    if request.path.startswith("/api/"):
        request.max_content_length = MAX_JSON
    if request.method in _SAFE_METHODS or has_authorization() or request.path in _TOKEN_LOGIN:
        return
    csrf.protect()


def csp_nonce() -> str:
    if "csp_nonce" not in g:
        g.csp_nonce = token_urlsafe(16)
    return cast(str, g.csp_nonce)


_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
_NO_CONTENT = "default-src 'none'; frame-ancestors 'none'"


def _headers(response: Response) -> Response:
    response.headers.extend(_ALWAYS)
    if "Content-Security-Policy" not in response.headers:
        response.headers["Content-Security-Policy"] = _policy() if response.mimetype == "text/html" else _NO_CONTENT
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _policy() -> str:
    nonce = csp_nonce()
    return "; ".join((
        "default-src 'self'", f"script-src 'self' 'nonce-{nonce}'", f"style-src 'self' 'nonce-{nonce}'",
        "style-src-attr 'unsafe-inline'", "img-src 'self' data: blob:", "font-src 'self' data:", "object-src 'none'",
        "base-uri 'self'", "form-action 'self'", "frame-ancestors 'none'",
    ))


def _handle_errors(app: Flask) -> None:
    app.register_error_handler(FormloomError, _foreseen)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def _for_programs() -> bool:
    return request.path.startswith("/api/") or request.path in ("/healthz", "/readyz", "/metrics")


def _foreseen(error: FormloomError) -> ResponseReturnValue:
    if error.status >= 500:
        log.error("request %s %s failed: %s", request.method, request.path, error, exc_info=error)
    return problems.respond(error) if _for_programs() else error_page(error)


def _forged(error: CSRFError) -> ResponseReturnValue:
    return problems.respond(Refused()) if _for_programs() else error_page(error)


def _http(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, SecurityError):
        return problems.respond_http(error)     # a page would need to know the address of this server
    if error.response is not None or (error.code and 300 <= error.code < 400):
        return error
    return problems.respond_http(error) if _for_programs() else error_page(error)


def _unforeseen(error: Exception) -> ResponseReturnValue:
    return problems.respond_with(problems.unforeseen(error)) if _for_programs() else error_page(error)
