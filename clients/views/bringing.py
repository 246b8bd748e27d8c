"""Bringing couples in from a file: chosen, its columns named, looked through, taken at once, and undone."""

from __future__ import annotations

import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from clients.bringing.forms import ColumnsForm, FileForm, TakeForm
from clients.bringing.looking import Choices, look
from clients.bringing.reading import Table, read
from clients.bringing.taking import NothingToTake, standing, take, undo
from clients.models import BroughtIn
from practice import archives, tenancy
from practice.access import PracticeRequest, View, for_staff, read_or_send
from practice.models import Archive

#: For so long a file waits to be looked through.
WAITS = datetime.timedelta(hours=2)
#: Imports that are listed.
LISTED = 20


def for_those_who_share_out(view: View) -> View:
    """Let those in who say whose couples are whose: owners and the front desk. Nobody while a screen is shared."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.membership.chooses_therapists or request.membership.shares_with:
            raise Http404
        return view(request, *args, **kwargs)

    return for_staff(guarded)


@read_or_send
@for_those_who_share_out
def bring_in(request: PracticeRequest) -> HttpResponse:
    """Choose a file; and what came in by files before."""
    sent = request.method == "POST"
    form = FileForm(request.POST, request.FILES) if sent else FileForm()
    if sent and form.is_valid():
        held = archives.hold(
            Archive.Kind.COUPLES_FILE, form.cleaned_data["file"], user_id=request.membership.user_id, lives=WAITS
        )
        return redirect("bring_columns", held.pk)
    with tenancy.elevated():
        before = list(BroughtIn.objects.select_related("brought_by").order_by("-brought_at")[:LISTED])
    context = {"form": form, "before": before}
    return render(request, "clients/bringing/file.html", context, status=422 if form.errors else 200)


@read_or_send
@for_those_who_share_out
def columns(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Say what each column holds."""
    held, table = _held(request, pk)
    sent = request.POST if request.method == "POST" else None
    form = ColumnsForm(sent, table=table, said=Choices.of(held.details), time_zone=request.practice.time_zone)
    if sent is not None and form.is_valid():
        archives.note(held, form.choices().as_details())
        return redirect("bring_look", held.pk)
    context = {"form": form, "held": held, "rows": len(table.rows)}
    return render(request, "clients/bringing/columns.html", context, status=422 if form.errors else 200)


@read_or_send
@for_those_who_share_out
def look_through(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """What would come in and what would not, row by row; then all of it comes in at once, or nothing."""
    held, table = _held(request, pk)
    choices = Choices.of(held.details)
    if choices is None:
        return redirect("bring_columns", held.pk)
    seen = look(table, choices)
    sent = request.POST if request.method == "POST" else None
    form = TakeForm(sent, seen=seen)
    if sent is not None and form.is_valid():
        try:
            brought = take(held, anyway=form.chosen(), invite=form.cleaned_data["invite"], by=request.membership)
        except archives.NotThere:
            raise Http404 from None
        except NothingToTake:
            form.add_error(None, _("There is no couple in this file that can come in yet."))
        except IntegrityError:
            form.add_error(
                None, _("Somebody has just begun to use one of these addresses. Please look through it again.")
            )
        else:
            words = ngettext("%(n)s couple came in.", "%(n)s couples came in.", brought.couples)
            messages.success(request, words % {"n": brought.couples})
            return redirect("bring_record", brought.pk)
    context = {"form": form, "held": held, "seen": seen}
    return render(request, "clients/bringing/look.html", context, status=422 if form.errors else 200)


@require_POST
@for_those_who_share_out
def away(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Throw the waiting file away."""
    held, _table = _held(request, pk)
    archives.destroy(held)
    messages.success(request, _("The file is gone. Nothing came in."))
    return redirect("bring_in")


@require_safe
@for_those_who_share_out
def record(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """One import: who, when, what came in, and what has happened with it since."""
    brought = _brought(pk)
    there = standing(brought)
    context = {
        "brought": brought,
        "stay": [one for one in there if one.since],
        "free": [one for one in there if not one.since],
    }
    return render(request, "clients/bringing/record.html", context)


@require_POST
@for_those_who_share_out
def undo_all(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Take an import back, as far as nothing has happened with what came in."""
    brought = _brought(pk)
    try:
        stay = undo(brought, by=request.membership)
    except IntegrityError:
        messages.error(request, _("Something else hangs on these couples by now. Nothing was taken back."))
    else:
        if stay:
            words = ngettext(
                "%(n)s couple stays: something has happened with it since.",
                "%(n)s couples stay: something has happened with them since.",
                len(stay),
            )
            messages.info(request, words % {"n": len(stay)})
        else:
            messages.success(request, _("Taken back. None of them is here any more."))
    return redirect("bring_record", brought.pk)


def _held(request: PracticeRequest, pk: UUID) -> tuple[Archive, Table]:
    try:
        held = archives.waiting(pk, user_id=request.membership.user_id)
    except archives.NotThere:
        raise Http404 from None
    return held, read(archives.read(held))


def _brought(pk: UUID) -> BroughtIn:
    with tenancy.elevated():
        found = BroughtIn.objects.select_related("brought_by", "undone_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
