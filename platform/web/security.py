"""The account half of Flask-AppBuilder: people, login, password pages, tokens. The only importer of flask_appbuilder.

What FAB leaves open is closed here: lockout after failures, sessions and tokens that end with the password they were
made under, rate-limited token login, and a version that changes with every person or role so that caches let go.
"""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from flask import Flask, Request, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_appbuilder import AppBuilder
from flask_appbuilder.baseviews import BaseView
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import Group, PermissionView, Role, User
from flask_appbuilder.security.views import RoleModelView as FabRoles
from flask_appbuilder.security.views import UserGroupModelView as FabGroups
from flask_babel import lazy_gettext
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import user_logged_in
from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from werkzeug.security import check_password_hash

from formloom.runtime import NotInitialised, Runtime
from formloom.storage import attempts, state
from formloom.web.identity import EPOCH

log = logging.getLogger(__name__)

_STATISTICS = frozenset({"last_login", "login_count", "fail_login_count", "changed_on", "changed_by_fk", "changed_by"})


class Home(BaseView):  # type: ignore[misc]
    """Takes the place of FAB's start page, whose address belongs to ours."""

    route_base = "/fab"
    default_view = "home"


class LoginLimiter(Limiter):  # type: ignore[misc]
    """Only attempts to sign in are limited, and they are posted: other requests need not ask."""

    def _check_request_limit(self, *arguments: Any, **named: Any) -> None:
        if request.method == "POST":
            super()._check_request_limit(*arguments, **named)


class Sessions(SecureCookieSessionInterface):
    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """A request with a token has no session: its cookie, if it sends one, counts for nothing."""
        return SecureCookieSession() if "Authorization" in request.headers else super().open_session(app, request)


_USERS, _GROUPS, _ROLES = lazy_gettext("Users"), lazy_gettext("Groups"), lazy_gettext("Roles")


# Columns that FAB leaves in English. The names stay FAB's: permissions are called by them.
class RoleModelView(FabRoles):  # type: ignore[misc]
    label_columns: ClassVar = {**FabRoles.label_columns, "user": _USERS, "groups": _GROUPS}


class UserGroupModelView(FabGroups):  # type: ignore[misc]
    label_columns: ClassVar = {
        "name": lazy_gettext("Name"), "label": lazy_gettext("Label"), "description": lazy_gettext("Description"),
        "users": _USERS, "roles": _ROLES}


class Accounts(SecurityManager):  # type: ignore[misc]
    userstatschartview = None
    rolemodelview, groupmodelview = RoleModelView, UserGroupModelView

    @property
    def builtin_roles(self) -> dict[str, list[list[str]]]:
        """Who administers records administers people: the catalog's administrator roles may open every page of FAB."""
        try:
            roles = current_app.extensions["formloom"].model().catalog.roles.values()
        except NotInitialised:
            return {}
        return {role.name: [[".*", ".*"]] for role in roles if role.admin}

    def create_limiter(self, app: Flask) -> Limiter:
        limiter = LoginLimiter(key_func=get_remote_address)
        limiter.init_app(app)
        return limiter

    def auth_user_db(self, username: str, password: str) -> User | None:
        """A locked name is refused whatever the password, and takes as long as a wrong one."""
        runtime: Runtime = current_app.extensions["formloom"]
        name, now = (username or "").strip().lower(), runtime.now()
        with runtime.database.read() as unit:
            locked = attempts.locked_until(unit, name, now)
        if locked:
            check_password_hash(current_app.config["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"], "password")
            log.warning("login of %r refused: locked until %s", name, locked)
            return None
        user = super().auth_user_db(username, password)
        with runtime.database.write() as unit:
            attempts.forget(unit, name) if user else attempts.note_failure(unit, name, now)
        return user

    def reset_password(self, userid: int | str, password: str) -> None:
        super().reset_password(int(userid), password)
        if g.user and g.user.is_authenticated and g.user.id == int(userid):
            _bind_session(current_app, g.user)      # the session that changed the password goes on

    def load_user(self, pk: int | str) -> User | None:
        """None when the password is another one than when the session began.

        Who asks is known already where a page is being rendered: the model is not asked for inside its unit of work.
        """
        known = g.get("actor")
        if known is not None and known.user_id == int(pk):
            return super().load_user(pk)
        account = current_app.extensions["formloom"].account(int(pk))
        if account is None or session.get(EPOCH, account.epoch) != account.epoch:
            return None
        return super().load_user(pk)

    def load_user_jwt(self, _header: dict[str, Any], claims: dict[str, Any]) -> User | None:
        account = current_app.extensions["formloom"].account(int(claims["sub"]))
        if account is None or account.epoch != claims.get(EPOCH):
            return None
        return super().load_user_jwt(_header, claims)

    def _has_view_access(self, user: User, permission_name: str, view_name: str) -> bool:
        """Everybody may change their own password; the other account pages need FAB's permissions."""
        return view_name == "ResetMyPasswordView" or bool(super()._has_view_access(user, permission_name, view_name))

    def security_cleanup(self, baseviews: list[Any], menus: list[Any]) -> None:
        """FAB would delete what it does not know; nothing here is its to clean."""


class Shell(AppBuilder):  # type: ignore[misc]
    @property
    def get_url_for_index(self) -> str:
        return "/"


def install(app: Flask, runtime: Runtime) -> None:
    """Puts FAB into the application, on the runtime's engine."""
    sessions = scoped_session(sessionmaker(runtime.database.engine))
    event.listen(sessions, "after_flush", _bump)
    app.session_interface = Sessions()
    with app.app_context():
        shell = Shell(app, sessions, indexview=Home, security_manager_class=Accounts, update_perms=False)
        _limit_token_login(app, shell)
        shell.sm.jwt_manager.additional_claims_loader(lambda user_id: {EPOCH: _epoch(runtime, int(user_id))})
    user_logged_in.connect(_bind_session, app)

    @app.teardown_appcontext
    def end(_error: BaseException | None) -> None:
        sessions.remove()


def _limit_token_login(app: Flask, shell: AppBuilder) -> None:
    shell.sm.limiter.limit(app.config["AUTH_RATE_LIMIT"], methods=["POST"])(app.blueprints["SecurityApi"])


def _bind_session(_app: Flask, user: User, **_: Any) -> None:
    runtime: Runtime = current_app.extensions["formloom"]
    runtime.refresh()
    session.permanent = True
    session[EPOCH] = _epoch(runtime, user.id)


def _epoch(runtime: Runtime, user_id: int) -> str:
    account = runtime.account(user_id)
    return account.epoch if account else ""


def _bump(orm: Session, _context: Any) -> None:
    """In the same transaction as the change, so that no process trusts an old role for longer than it polls."""
    if any(_matters(item) for item in (*orm.new, *orm.dirty, *orm.deleted)):
        state.bump(orm.connection(), "security")


def _matters(item: Any) -> bool:
    if not isinstance(item, User):
        return isinstance(item, Role | Group | PermissionView)
    return any(a.history.has_changes() for a in inspect(item).attrs if a.key not in _STATISTICS)
