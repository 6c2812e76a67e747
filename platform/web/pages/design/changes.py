"""Drafts of the model: those that are open, what one would do, publishing it; what was published, and going back."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.design import change_sets, definitions, publishing, publishing_job, rebasing
from formloom.design.coming_and_going import RESTORE
from formloom.errors import BadRequest, FormloomError, Text
from formloom.metadata import layers, parsing
from formloom.metadata.sources import Source
from formloom.metadata.telling import Told, tell
from formloom.policy import people
from formloom.records.context import Context
from formloom.storage import catalogs
from formloom.storage import change_sets as stored
from formloom.storage.change_sets import ChangeSet
from formloom.storage.choices import to_json
from formloom.web.i18n import label, t
from formloom.web.pages import model_draft
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import decisions_on_data, rehearsals, undertakings
from formloom.web.pages.edited_sources import administrator
from formloom.web.pages.frame import display
from formloom.web.pages.workflow_drafts import changes
from formloom.web.requests import forget_model, reading, runtime, writing
from formloom.web.settling import settle
from formloom.workflow import drawn

_PAGE = 50
_TITLE, _REASON = 120, 1000


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """`lines` are those of a unified diff with what surrounds them; `href` leads to where it is edited."""

    path: str
    label: str
    href: str
    lines: tuple[tuple[str, str], ...]      # added | removed | same | gap, text
    told: tuple[Told, ...] = ()
    drawn: tuple[tuple[str, str], ...] = ()     # of a process: what happened to an element, and the words


@blueprint.get("/changes")
def change_list() -> ResponseReturnValue:
    administrator()
    with reading() as context:
        opened, mine = stored.listed(context.unit), model_draft.current(context)
        published = catalogs.publications(context.unit, _PAGE)
        names = people.names(context.unit, {*(one.updated_by or 0 for one in opened), *(one.by for one in published)})
        sizes = {one.id: len(rebasing.edited(context, one)) for one in opened}
    return render_template("design/changes.html", opened=opened, mine=mine.id if mine else 0, published=published,
                           names=names, sizes=sizes, show=display())


@blueprint.post("/changes")
def begin_change() -> ResponseReturnValue:
    administrator()
    title = request.form.get("title", "").strip()[:_TITLE]
    if not title:
        raise BadRequest(Text("Give the draft a name."))
    with writing() as context:
        made = change_sets.start(context, title)
    model_draft.enter(made)
    return redirect(f"/changes/{made.id}")


@blueprint.get("/changes/current")
def current_change() -> ResponseReturnValue:
    administrator()
    with reading() as context:
        found = model_draft.current(context)
    return redirect(f"/changes/{found.id}" if found else "/changes")


@blueprint.get("/changes/<int:change_id>")
def change_page(change_id: int) -> ResponseReturnValue:
    administrator()
    return _page(change_id)


@blueprint.post("/changes/<int:change_id>/enter")
def enter_change(change_id: int) -> ResponseReturnValue:
    """From now on this administrator edits this draft."""
    administrator()
    with reading() as context:
        found = stored.get(context.unit, change_id)
    model_draft.enter(found)
    return redirect(f"/changes/{change_id}")


@blueprint.post("/changes/<int:change_id>/<verb>")
def act_on_change(change_id: int, verb: str) -> ResponseReturnValue:
    administrator()
    acts = {"describe": _describe, "undo": _undo, "redo": _redo, "ask": _ask, "approve": _approve, "reject": _reject,
            "discard": _discard, "reset": _reset, "choices": _choose}
    if verb == "publish":
        return _publish(change_id)
    if verb == "stop":
        return _stop(change_id)
    if verb not in acts:
        raise BadRequest(Text("The request cannot be read."))
    try:
        with writing() as context:
            told = acts[verb](context, _seen(context, change_id))
    except FormloomError as error:
        flash(_told(error), "danger")
    else:
        flash(t(told), "success")
    return redirect("/changes" if verb == "discard" else f"/changes/{change_id}")


@blueprint.get("/changes/published/<int:publication>")
def publication_page(publication: int) -> ResponseReturnValue:
    """What a publication changed, and what going back to it would do."""
    administrator()
    with reading() as context:
        found = catalogs.publication(context.unit, publication)
        before = catalogs.sources_before(context.unit, publication)
        names = people.names(context.unit, {found.by})
    one = undertakings.latest(RESTORE, str(publication))
    asked = not found.newest and not (one and one.going)     # else nothing can be chosen, or it takes its time again
    was = runtime().earlier(publication) if asked else None
    back = publishing.preview(runtime(), was.sources, was.choices) if was else None
    return render_template(
        "design/publication.html", found=found, files=list(_files(before, found.sources)), names=names, back=back,
        show=display(), one=one, step=rehearsals.step(one.progress if one else None),
        slow=back is not None and back.forecast is not None and publishing_job.is_slow(back.forecast))


@blueprint.post("/changes/published/<int:publication>/restore")
def restore_publication(publication: int) -> ResponseReturnValue:
    """The model of an earlier day in force again, as a new publication; values that were archived come back."""
    administrator()
    with reading() as context:
        found = catalogs.publication(context.unit, publication)
        version, actor = context.catalog.version, context.actor
    reason = t(Text("Back to the version of {when}", when=display().moment(found.at)))
    if "slow" in request.form:
        return undertakings.begin(RESTORE, str(publication), {"version": version, "reason": reason})
    was = runtime().earlier(publication)
    try:
        runtime().publish(was.sources, actor, version, reason, was.choices)
    except FormloomError as error:
        flash(_told(error), "danger")
        return redirect(f"/changes/published/{publication}")
    settle(runtime())
    forget_model()
    flash(t(Text("The version of {when} is in force again.", when=display().moment(found.at))), "success")
    return redirect("/changes")


def _page(change_id: int, reason: str = "", trouble: FormloomError | None = None) -> str:
    with reading() as context:
        found = stored.get(context.unit, change_id)
        going = found.state == stored.PUBLISHING
        texts = rebasing.edited(context, found) if found.open else stored.texts(context.unit, found)
        sources = change_sets.sources(context, found)
        edits = stored.history(context.unit, change_id)
        who = {found.created_by or 0, found.reviewed_by or 0, *(edit.by or 0 for edit in edits)}
        names = people.names(context.unit, who)
        mine = model_draft.current(context)
        moved = rebasing.moved(context, texts) if found.open and not going else []
        files = [_file(path, context.catalog.sources, sources) for path in sorted(texts)]
    asked = found.open and texts and not going and not moved    # else it says nothing, or takes its time again
    preview = publishing.preview(runtime(), sources, publishing.chosen(found)) if asked else None
    warnings = [p for p in preview.problems if p.severity != "error" and p.place.file.endswith(
        tuple(texts))] if preview else []
    return render_template(
        "design/change.html", change=found, step=rehearsals.step(found.progress),
        files=files, edits=edits, names=names, preview=preview, warnings=warnings,
        chosen=publishing.chosen(found), moved={file.path: file.label for file in files if file.path in moved},
        current=mine is not None and mine.id == found.id, review=runtime().settings.review, trouble=trouble,
        subject=f"change:{change_id}", rehearsed=rehearsals.latest(f"change:{change_id}") if preview else None,
        reason=reason, states=stored, show=display(), going=going, failed=publishing_job.trouble(found),
        slow=preview is not None and preview.forecast is not None and publishing_job.is_slow(preview.forecast))


def _publish(change_id: int) -> ResponseReturnValue:
    reason = request.form.get("reason", "").strip()[:_REASON]
    try:
        if "slow" in request.form:
            with writing() as context:
                publishing_job.begin(runtime(), context, _seen(context, change_id), reason)
            return redirect(f"/changes/{change_id}")
        with reading() as context:
            seen, actor = _seen(context, change_id), context.actor
        stored.check_free(seen)
        publishing.publish(runtime(), actor, seen, reason)
    except FormloomError as error:
        return _page(change_id, reason, error), error.status
    settle(runtime())
    forget_model()
    flash(t(Text("Published. Everybody works with it from now on.")), "success")
    return redirect("/changes")


@blueprint.get("/changes/<int:change_id>/progress")
def publishing_progress(change_id: int) -> ResponseReturnValue:
    """How far a worker is with publishing; once it has ended, the page that says how."""
    administrator()
    with reading() as context:
        found = stored.get(context.unit, change_id)
    if found.state == stored.PUBLISHING:
        return render_template("design/_progress.html", change=found, step=rehearsals.step(found.progress))
    forget_model()
    if found.state == stored.PUBLISHED:
        flash(t(Text("Published. Everybody works with it from now on.")), "success")
    return Response(headers={"HX-Redirect": "/changes" if found.state == stored.PUBLISHED else f"/changes/{change_id}"})


def _stop(change_id: int) -> ResponseReturnValue:
    with writing() as context:
        publishing_job.stop(context, stored.get(context.unit, change_id))
    flash(t(Text("It stops as soon as it can. Nothing of it comes into force.")), "success")
    return redirect(f"/changes/{change_id}")


def _seen(context: Context, change_id: int) -> ChangeSet:
    """As the page knew it; what happened since is told, not overwritten."""
    found = stored.get(context.unit, change_id)
    if request.form.get("number") != str(found.number):
        raise stored.OvertakenChange
    return found


def _describe(context: Context, seen: ChangeSet) -> Text:
    title = request.form.get("title", "").strip()[:_TITLE] or seen.title
    change_sets.describe(context, seen, title, request.form.get("reason", "").strip()[:_REASON])
    return Text("Kept.")


def _undo(context: Context, seen: ChangeSet) -> Text:
    change_sets.undo(context, seen)
    return Text("Undone.")


def _redo(context: Context, seen: ChangeSet) -> Text:
    change_sets.redo(context, seen)
    return Text("Done again.")


def _ask(context: Context, seen: ChangeSet) -> Text:
    change_sets.ask_for_review(context, seen)
    return Text("Another administrator can approve it now.")


def _approve(context: Context, seen: ChangeSet) -> Text:
    change_sets.review(context, seen, True, request.form.get("note", "").strip()[:_REASON])
    return Text("Approved. It can be published now.")


def _reject(context: Context, seen: ChangeSet) -> Text:
    change_sets.review(context, seen, False, request.form.get("note", "").strip()[:_REASON])
    return Text("Sent back.")


def _discard(context: Context, seen: ChangeSet) -> Text:
    change_sets.discard(context, seen)
    return Text("The draft is gone. Nothing of it was in force.")


def _reset(context: Context, seen: ChangeSet) -> Text:
    """One file as it is in force; undo brings the edits back."""
    path = request.form.get("path", "")
    was = definitions.local(context.catalog.sources, path)
    change_sets.put(context, seen, path, was, Text("{path} was taken back.", path=path))
    return Text("Taken back. Undo brings it here again.")


def _choose(context: Context, seen: ChangeSet) -> Text:
    """What should become of values that do not convert, and of records that break a new rule."""
    stored.update(context.unit, seen, context.actor.user_id, context.now,
                  choices=to_json(decisions_on_data.sent(request.form, publishing.chosen(seen))))
    return Text("Kept. Look at the numbers again.")


def _told(error: FormloomError) -> str:
    return " ".join(t(text) for text in publishing.told(error))


def _files(before: tuple[Source, ...], after: tuple[Source, ...]) -> Iterator[ChangedFile]:
    was = {(s.pack, s.path): s.text for s in before}
    now = {(s.pack, s.path): s.text for s in after}
    for pack, path in sorted(was.keys() | now.keys()):
        old, new = was.get((pack, path), ""), now.get((pack, path), "")
        if old != new:
            name = path if pack == layers.LOCAL else f"{pack}/{path}"
            yield ChangedFile(name, name, "", tuple(_diff(old, new)))


def _file(path: str, before: tuple[Source, ...], after: list[Source]) -> ChangedFile:
    """Definitions are compared as a whole, with what the packs say; diagrams by their lines."""
    old, new = definitions.readable(before, path), definitions.readable(after, path)
    folder, _, file = path.partition("/")
    if layers.is_whole(path):
        process = folder == "workflows"
        title = label(drawn.read(new or old).label) if process else ""
        return ChangedFile(
            path, title or file.rsplit(".", 1)[0], _href(path), tuple(_diff(old, new)),
            drawn=tuple((one["kind"], one["words"]) for one in changes(old, new)) if process else ())
    was, now = (definitions.tree(side, parsing.KINDS[folder], file.removesuffix(".yaml")) for side in (before, after))
    called = (now or was or {}).get("label")
    words = label({"en": called} if isinstance(called, str) else called) if called else file.removesuffix(".yaml")
    return ChangedFile(path, words, _href(path), tuple(_diff(old, new)), tell(was, now))


def _href(path: str) -> str:
    folder, _, name = path.partition("/")
    stem = name.rsplit(".", 1)[0]
    designers = {"entities": "/design/entities/", "roles": "/design/roles/", "workspaces": "/design/workspaces/",
                 "dashboards": "/design/dashboards/", "calendars": "/design/calendars/",
                 "workflows": "/workflows/", "decisions": "/decisions/"}
    return designers[folder] + stem if folder in designers else ""


def _diff(old: str, new: str) -> Iterator[tuple[str, str]]:
    kinds = {"+": "added", "-": "removed", " ": "same", "@": "gap"}
    for line in list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=2, lineterm=""))[2:]:
        yield kinds[line[0]], "" if line[0] == "@" else line[1:]
