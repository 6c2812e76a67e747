"""A draft that was overtaken: what was published meanwhile is brought in, with every conflict decided by a person."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.design import rebasing
from formloom.errors import FormloomError, Text
from formloom.metadata.telling import where
from formloom.storage import change_sets as stored
from formloom.web.i18n import t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.design import deciding
from formloom.web.pages.edited_sources import administrator
from formloom.web.requests import reading, writing


@blueprint.get("/changes/<int:change_id>/merge")
def merge_page(change_id: int) -> ResponseReturnValue:
    administrator()
    return _page(change_id, None)


@blueprint.post("/changes/<int:change_id>/merge")
def merge_change(change_id: int) -> ResponseReturnValue:
    """Where nothing is left to decide it is done; else the page asks."""
    administrator()
    try:
        with writing() as context:
            found = stored.get(context.unit, change_id)
            if request.form.get("number") != str(found.number):
                raise stored.OvertakenChange
            rebasing.bring_in(context, found, deciding.decided())
    except rebasing.Undecided as error:
        return _page(change_id, error if deciding.decided() else None), error.status
    except FormloomError as error:
        return _page(change_id, error), error.status
    flash(t(Text("Brought in. Undo takes it back.")), "success")
    return redirect(f"/changes/{change_id}")


def _page(change_id: int, trouble: FormloomError | None) -> str:
    with reading() as context:
        change = stored.get(context.unit, change_id)
        found = rebasing.rebase(context, change, deciding.decided())
    return render_template("design/merge.html", change=change, found=found, trouble=trouble, where=where,
                           names=deciding.inputs(found.conflicts), called=deciding.called(found.changes))
