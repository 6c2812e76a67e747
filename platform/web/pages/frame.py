"""What surrounds every page: workspaces a person may enter, counts, theme, and what templates may call."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from urllib.parse import quote
from zlib import crc32
from zoneinfo import ZoneInfo

from flask import Flask, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException

from formloom.errors import FormloomError, Text
from formloom.exchange import notifications
from formloom.exchange.notifications import Notification
from formloom.forms.display import Display
from formloom.metadata.catalog import Catalog, Entity, Workspace
from formloom.policy.actor import Actor
from formloom.web import problems
from formloom.web.i18n import LANGUAGES, label, locale, t
from formloom.web.pages.logins import demo_logins
from formloom.web.requests import LoginRequired, actor, actor_or_none, catalog, model, reading, runtime
from formloom.workflow import inbox

_OPERATIONS = ((Text("Monitoring"), "/monitoring", "activity"), (Text("Incidents"), "/incidents", "alert-triangle"))
_DESIGN = (
    (Text("Entities"), "/design/entities", "database"),
    (Text("Model"), "/design/model", "hierarchy"),
    (Text("Permissions"), "/design/roles", "shield-lock"),
    (Text("Menus"), "/design/menus", "layout-sidebar"),
    (Text("Dashboards"), "/design/dashboards", "layout-dashboard"),
    (Text("Calendars"), "/design/calendars", "calendar-time"),
    (Text("Translations"), "/design/translations", "language"),
    (Text("Processes"), "/workflows", "sitemap"),
    (Text("Decisions"), "/decisions", "table"),
    (Text("Drafts and versions"), "/changes", "versions"),
    (Text("Packs"), "/packs", "package"),
)
THEMES = ("light", "dark", "system")
AVATAR_TONES = 6


@dataclass(frozen=True, slots=True)
class Place:
    label: str
    href: str
    icon: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    label: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    person: str
    username: str
    groups: tuple[Group, ...]
    administration: tuple[Place, ...]
    inbox: int
    unread: int
    side_closed: bool


_HERE: Final = re.compile(r"/(records|dashboards)/([^/]+)(?:/|$)")
_MOST_MENUS: Final = 2_000
_menus: dict[tuple[Any, ...], tuple[Group, ...]] = {}


def install_frame(app: Flask) -> None:
    app.jinja_env.globals.update(
        frame=frame, theme=theme, thing=thing, locale=locale, label=label, t=t, languages=LANGUAGES,
        signed_in=lambda: actor_or_none() is not None, demo_logins=demo_logins)
    app.jinja_env.filters.update(
        initials=initials, avatar_tone=avatar_tone, marked=marked, groupby_day=by_day)


def display(compact: bool = False) -> Display:
    """Values as the person of this request reads them."""
    who = actor()
    return Display(locale(), ZoneInfo(who.timezone), runtime().now(), words=t, compact=compact)


def theme() -> str:
    chosen = request.cookies.get("theme", "system")
    return chosen if chosen in THEMES else "system"


def frame() -> Frame:
    if "frame" not in g:
        g.frame = _frame(actor(), catalog())
    return g.frame  # type: ignore[no-any-return]


def _frame(who: Actor, current: Catalog) -> Frame:
    with reading() as context:
        open_tasks = inbox.counts(context)
        unread = notifications.unread(context.unit, who.user_id)
    return Frame(
        person=who.name, username=who.username, groups=(*_groups(who, current), *_design(who)),
        administration=_administration(who), inbox=open_tasks["mine"] + open_tasks["offered"] + open_tasks["copied"],
        unread=unread,
        side_closed=request.cookies.get("side") == "closed")


def _groups(who: Actor, current: Catalog) -> tuple[Group, ...]:
    """The same for all who have the same roles, read the same language and are at the same place."""
    place = _HERE.match(request.path)
    here = (place[1], place[2], request.args.get("view", "")) if place else ("", "", "")
    key = (current.version, who.roles, model().policy.is_admin(who), locale(), here)
    known = _menus.get(key)
    if known is None:
        if len(_menus) >= _MOST_MENUS:
            _menus.clear()
        found = ((workspace, tuple(_places(workspace, current, here))) for workspace in current.workspaces)
        known = _menus[key] = tuple(
            Group(workspace.name, label(workspace.label), places) for workspace, places in found if places)
    return known


def _design(who: Actor) -> Iterator[Group]:
    """What administrators change in the browser."""
    if who.admin:
        yield _group("operations", Text("Operations"), _OPERATIONS)
        yield _group("design", Text("Design"), _DESIGN)


def _group(name: str, words: Text, places: Sequence[tuple[Text, str, str]]) -> Group:
    return Group(name, t(words), tuple(
        Place(t(label), href, icon, f"{request.path}/".startswith(f"{href}/")) for label, href, icon in places))


def _places(workspace: Workspace, current: Catalog, here: tuple[str, str, str]) -> Iterator[Place]:
    """Its dashboards, as far as they tell something of what may be read, then its lists."""
    visible = model().policy.visible(actor())
    for one in current.dashboards.values():
        if one.workspace == workspace.name and any(card.entity in visible for card in one.cards):
            yield Place(label(one.label), f"/dashboards/{one.name}", one.icon, here[:2] == ("dashboards", one.name))
    for item in workspace.items:
        if item.entity in visible:
            entity = current.entities[item.entity]
            href = f"/records/{entity.name}" + (f"?view={item.view}" if item.view else "")
            view = next((label(v.label) for v in entity.views if v.name == item.view), "")
            name = label(entity.plural) + (f" · {view}" if view else "")
            yield Place(name, href, entity.icon, ("records", entity.name, item.view) == here)


def may_read(entity: Entity) -> bool:
    """Whether any record of the entity could be visible: deny by default hides the entity altogether."""
    return entity.name in model().policy.visible(actor())


def may_create(entity: Entity) -> bool:
    return bool(model().policy.decide(actor(), "create", entity.name, now=runtime().now()))


def workspace_of(entity: Entity) -> str:
    """The label of the first workspace that lists the entity; empty when none does."""
    found = (w for w in catalog().workspaces if any(i.entity == entity.name for i in w.items))
    return next((label(w.label) for w in found), "")


def _administration(who: Actor) -> tuple[Place, ...]:
    if not who.admin:
        return ()
    return (
        Place(t(Text("Users")), "/users/list/", "users"), Place(t(Text("Roles")), "/roles/list/", "shield-lock"),
        Place(t(Text("Groups")), "/groups/list/", "users-group"))


def initials(name: str) -> str:
    """The last character of a Chinese name, which tells people apart; two initials of any other."""
    name = name.strip()
    if not name:
        return "?"
    if any("CJK" in unicodedata.name(c, "") for c in name):
        return name[-1]
    words = name.split()
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def avatar_tone(name: str) -> int:
    return crc32(name.encode()) % AVATAR_TONES + 1


def thing(words: Mapping[str, str]) -> str:
    """A label inside a sentence: `New contract`, but `New SLA`."""
    text = label(words)
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def marked(text: str, words: str) -> Markup:
    """The text with what was searched for set off."""
    terms = [re.escape(w) for w in words.split()]
    if not terms:
        return escape(text)
    parts = re.split(f"({'|'.join(terms)})", text, flags=re.IGNORECASE)
    return Markup("").join(Markup("<mark>{}</mark>").format(p) if n % 2 else escape(p) for n, p in enumerate(parts))


def by_day(notices: Iterable[Notification], show: Display) -> list[tuple[str, list[Notification]]]:
    """Newest first, under a heading per day."""
    days = groupby(notices, key=lambda n: n.at.astimezone(show.timezone).date())
    today = show.now.astimezone(show.timezone).date()
    return [(t(Text("Today")) if day == today else show.day(day, today), list(found)) for day, found in days]


_HEADINGS = {
    400: ("alert-triangle", Text("This address does not make sense")), 403: ("lock", Text("You may not do this")),
    404: ("search", Text("There is nothing here")), 409: ("refresh-alert", Text("This has changed meanwhile")),
    422: ("alert-triangle", Text("Something needs fixing first")),
    500: ("alert-circle", Text("Something went wrong here"))}


def error_page(error: Exception) -> ResponseReturnValue:
    """An error as a page in the frame; somebody who is not signed in is sent to sign in and back."""
    if isinstance(error, LoginRequired):
        back = quote(request.full_path.rstrip("?"), safe="/")
        return redirect(f"/login/?next={back}" if request.method == "GET" else "/login/")
    problem = _problem(error)
    status = int(problem["status"])
    glyph, heading = _HEADINGS.get(status, _HEADINGS[500 if status >= 500 else 400])
    framed = status < 500 and actor_or_none() is not None      # what is broken may be what the frame needs
    page = render_template(
        "frame/error.html", problem=problem, glyph=glyph, heading=t(heading), back=_back(), framed=framed)
    return page, status


def _problem(error: Exception) -> dict[str, Any]:
    if isinstance(error, FormloomError):
        return problems.document(error)
    if isinstance(error, CSRFError):
        expired = Text("This page was open for too long. Reload it and send it again.")
        return {"status": 400, "title": t(expired)}
    if isinstance(error, HTTPException):
        response = problems.respond_http(error)
        return {"status": error.code or 500, "title": (response.get_json() or {}).get("title", "")}
    return problems.unforeseen(error)


def _back() -> str:
    referrer = request.referrer or ""
    inside = referrer.startswith(request.host_url) and referrer != request.url
    return referrer if inside else "/"
