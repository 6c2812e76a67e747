"""Packs in the browser: what is in force, putting a file into force with every conflict decided, taking a pack away."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.design import packs, publishing_job
from formloom.design.coming_and_going import INSTALL, REMOVE
from formloom.errors import BadConfiguration, Conflict, FormloomError, NotFound, Text
from formloom.metadata import archives, layers
from formloom.metadata.archives import Archive
from formloom.metadata.telling import where
from formloom.policy import people
from formloom.storage.choices import NO_CHOICES, Choices
from formloom.web.i18n import label, t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import deciding, decisions_on_data, rehearsals, undertakings
from formloom.web.pages.edited_sources import administrator
from formloom.web.pages.frame import display
from formloom.web.requests import actor, forget_model, model, reading, runtime
from formloom.web.settling import settle


@blueprint.get("/packs")
def pack_list() -> ResponseReturnValue:
    administrator()
    standing = packs.standing(runtime())
    local = [source for source in model().catalog.sources if source.pack == layers.LOCAL]
    with reading() as context:
        names = people.names(context.unit, {one.installed.by for one in standing if one.installed})
    return render_template("design/packs.html", packs=standing, local=len(local), names=names, show=display())


@blueprint.post("/packs")
def upload_pack() -> ResponseReturnValue:
    """Kept below the files of the installation by its content, until somebody puts it into force."""
    administrator()
    upload = request.files.get("pack")
    if upload is None or not upload.filename:
        flash(t(Text("Choose a file.")), "danger")
        return redirect("/packs")
    try:
        archive = archives.unpacked(upload.stream.read(archives.MAX_BYTES + 1), upload.filename)
    except BadConfiguration as error:
        flash(_told(error), "danger")
        return redirect("/packs")
    folder = packs.uploads(runtime())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / archive.digest).write_bytes(archive.packed())
    return redirect(f"/packs/prepared/{archive.digest}")


@blueprint.route("/packs/prepared/<digest>", methods=["GET", "POST"])
def prepared_pack(digest: str) -> ResponseReturnValue:
    """What it would do, with the decisions that were made so far; nothing is changed."""
    administrator()
    return _page(packs.uploaded(runtime(), digest), None)


@blueprint.post("/packs/prepared/<digest>/install")
def install_pack(digest: str) -> ResponseReturnValue:
    administrator()
    archive = packs.uploaded(runtime(), digest)
    try:
        _check_review()
        if "slow" in request.form:
            return undertakings.begin(INSTALL, digest, rehearsals.decided())
        packs.install(runtime(), actor(), [archive], deciding.decided(), _choices())
    except FormloomError as error:
        return _page(archive, error), error.status
    settle(runtime(), [archive])
    forget_model()
    (packs.uploads(runtime()) / archive.digest).unlink(missing_ok=True)
    flash(t(Text("{pack} {version} is in force.", pack=archive.name, version=archive.version)), "success")
    return redirect("/packs")


@blueprint.get("/packs/<name>/file")
def pack_file(name: str) -> ResponseReturnValue:
    """An installed pack as it came; `local`: what was changed here, as a pack."""
    administrator()
    local = packs.local_pack(runtime(), "local_changes", "0.1.0") if name == layers.LOCAL else None
    archive = local or packs.exported(runtime(), name)
    file = f"{archive.name}-{archive.version}{archives.ENDING}"
    return Response(archive.packed(), mimetype="application/zip",
                    headers={"Content-Disposition": f'attachment; filename="{file}"'})


@blueprint.get("/packs/<name>/remove")
def removing_pack(name: str) -> ResponseReturnValue:
    administrator()
    return _removal(name, None)


@blueprint.post("/packs/<name>/remove")
def remove_pack(name: str) -> ResponseReturnValue:
    administrator()
    try:
        _check_review()
        if "slow" in request.form:
            return undertakings.begin(REMOVE, name, {})
        packs.uninstall(runtime(), actor(), name)
    except FormloomError as error:
        return _removal(name, error), error.status
    forget_model()
    flash(t(Text("{pack} is out of force. Its records are kept.", pack=name)), "success")
    return redirect("/packs")


def _page(archive: Archive, trouble: FormloomError | None) -> str:
    one = undertakings.latest(INSTALL, archive.digest)
    if one and one.going:
        return render_template("design/begun.html", title=f"{archive.name} {archive.version}", one=one,
                               step=rehearsals.step(one.progress))
    found = packs.prepare(runtime(), [archive], deciding.decided())
    choices, errors = _choices(), [p for p in found.problems if p.severity == "error"]
    forecast = None if errors else runtime().forecast(found.sources, choices)
    was = next((pack.version for pack in model().catalog.packs if pack.name == archive.name), "")
    return render_template(
        "design/prepared.html", archive=archive, was=was, found=found, errors=errors, forecast=forecast,
        chosen=choices, trouble=trouble, names=deciding.inputs(found.conflicts), where=where,
        called=deciding.called(found.changes), subject=f"pack:{archive.digest}", rehearsed=rehearsals.latest(
            f"pack:{archive.digest}"), one=one, show=display(),
        slow=forecast is not None and publishing_job.is_slow(forecast),
        ready=not (errors or found.open or (forecast and forecast.blocked)))


def _removal(name: str, trouble: FormloomError | None) -> str:
    pack = next((one for one in packs.standing(runtime()) if one.name == name), None)
    if pack is None:
        raise NotFound(Text("The pack {name} is not installed.", name=name))
    one = undertakings.latest(REMOVE, name)
    if one and one.going:
        return render_template("design/begun.html", title=label(pack.label) or name, one=one,
                               step=rehearsals.step(one.progress))
    forecast = None
    try:
        forecast = runtime().forecast(packs.without(runtime(), name))
    except FormloomError as error:
        trouble = trouble or error
    return render_template("design/removal.html", pack=pack, forecast=forecast, trouble=trouble, chosen=NO_CHOICES,
                           one=one, show=display(), slow=forecast is not None and publishing_job.is_slow(forecast))


def _check_review() -> None:
    """One person alone puts nothing new into force here."""
    if runtime().settings.review:
        raise Conflict(Text("Another administrator has to approve what is published."),
                       Text("A pack is put into force with formloom pack, by whoever runs the server."))


def _choices() -> Choices:
    return decisions_on_data.sent(request.form, NO_CHOICES)


def _told(error: BadConfiguration) -> str:
    return " ".join(f"{p.place}: {t(p.message)}" for p in error.problems[:5])
