"""Who stands in for me while I am away."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from formloom.errors import FieldError, FormloomError, Text, ValidationFailed
from formloom.policy import people
from formloom.web.i18n import label, t
from formloom.web.pages.blueprint import blueprint
from formloom.web.pages.frame import display
from formloom.web.pages.verbs import why
from formloom.web.requests import actor, reading, writing
from formloom.workflow import deputies


@blueprint.get("/absences")
def absences() -> ResponseReturnValue:
    with reading() as context:
        mine, others = deputies.of_person(context, actor().user_id), deputies.standing_in(context, actor().user_id)
        names = people.names(context.unit, {i for a in (*mine, *others) for i in (a.user_id, a.deputy_id)})
        processes = {d.key: label(d.label) for d in context.definitions.values() if d.user_tasks}
        today = context.now.astimezone(display().timezone).date()
    return render_template("absences.html", mine=mine, others=others, names=names, processes=processes, show=display(),
                           today=today, week=today + timedelta(days=7))


@blueprint.post("/absences")
def set_absence() -> ResponseReturnValue:
    try:
        first, last = _day("from"), _day("until")
        with writing() as context:
            deputies.appoint(context, request.form.get("to", 0, type=int), first, last + timedelta(days=1),
                             tuple(request.form.getlist("process")))
    except FormloomError as error:
        flash(why(error), "error")
    else:
        flash(t(Text("Your deputy is offered your tasks in this period.")), "success")
    return redirect("/absences")


@blueprint.post("/absences/<int:absence_id>/end")
def end_absence(absence_id: int) -> ResponseReturnValue:
    with writing() as context:
        deputies.end(context, absence_id)
    flash(t(Text("The absence has ended.")), "success")
    return redirect("/absences")


def _day(name: str) -> datetime:
    """The beginning of a day, where the person is."""
    try:
        given = date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise ValidationFailed([FieldError(name, "date", Text("Choose a day."))]) from None
    return datetime.combine(given, time.min, display().timezone)
