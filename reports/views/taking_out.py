"""Taking a couple's record out, or those of all couples that an owner may read: asking, watching, taking it away."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.models import Couple
from exercises.access import couple_or_404
from practice import archives, tenancy
from practice.access import PracticeRequest, for_clinicians, for_owners, page_or_part, read_or_send
from practice.fresh import ask_again, is_fresh
from practice.models import Archive
from reports.taking_out import asking
from reports.taking_out.form import TakingOutForm
from reports.taking_out.making import not_in_it

PAGE = "reports/taking_out.html"


# ── one couple ───────────────────────────────────────────────────────────────


@read_or_send
@for_clinicians
def take_out(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Say what will be in it, ask for it, and show how far it is."""
    couple = theirs_or_404(couple_id)
    if not is_fresh(request):  # what is not theirs to see is not there, before anything is asked
        return ask_again(request)
    form = TakingOutForm(request.POST if request.method == "POST" else None, practice=request.practice)
    if request.method == "POST" and form.is_valid():
        asking.ask_for_couple(couple, form.wish(), by=request.membership)
        return redirect("take_out", couple.pk)
    return _page(request, form, asking.newest_for_couple(couple, by=request.membership), couple=couple)


@require_safe
@for_clinicians
def take_out_file(request: PracticeRequest, couple_id: uuid.UUID, archive_id: uuid.UUID) -> HttpResponse:
    """The file itself, to whoever asked, as often as they need it while it lies here."""
    couple = theirs_or_404(couple_id)
    archive = own_or_404(request, archive_id, about_id=couple.pk)
    return hand_over(request, archive) if is_fresh(request) else ask_again(request)


@require_POST
@for_clinicians
def take_out_end(request: PracticeRequest, couple_id: uuid.UUID, archive_id: uuid.UUID) -> HttpResponse:
    """Destroy it before its time, made or half made."""
    couple = couple_or_404(couple_id)
    _end(request, own_or_404(request, archive_id, about_id=couple.pk))
    return redirect("take_out", couple.pk)


# ── all that an owner may read ───────────────────────────────────────────────


@read_or_send
@for_owners
def take_out_all(request: PracticeRequest) -> HttpResponse:
    """The same for all couples whose words this owner reads."""
    if not is_fresh(request):
        return ask_again(request)
    form = TakingOutForm(request.POST if request.method == "POST" else None, practice=request.practice)
    count, of = len(asking.readable()), _all_couples()
    if request.method == "POST" and form.is_valid():
        if count:
            asking.ask_for_all(form.wish(), by=request.membership)
        else:
            messages.warning(request, _("There is no couple whose answers are yours to read."))
        return redirect("take_out_all")
    archive = asking.newest_for_all(by=request.membership)
    return _page(request, form, archive, readable=count, unreadable=of - count)


@require_safe
@for_owners
def take_out_all_file(request: PracticeRequest, archive_id: uuid.UUID) -> HttpResponse:
    """The file itself."""
    archive = own_or_404(request, archive_id)
    return hand_over(request, archive) if is_fresh(request) else ask_again(request)


@require_POST
@for_owners
def take_out_all_end(request: PracticeRequest, archive_id: uuid.UUID) -> HttpResponse:
    """Destroy it before its time, made or half made."""
    _end(request, own_or_404(request, archive_id))
    return redirect("take_out_all")


# ── what both share ──────────────────────────────────────────────────────────


def _page(
    request: PracticeRequest,
    form: TakingOutForm,
    archive: Archive | None,
    *,
    couple: Couple | None = None,
    **more: Any,
) -> HttpResponse:
    words = {
        "form": form,
        "couple": couple,
        "archive": archive,
        "here": request.path,
        "hours": int(asking.LIVES.total_seconds() // 3600),
        "not_in_it": not_in_it(),
        **more,
    }
    return render(request, page_or_part(request, PAGE, "making"), words, status=422 if form.errors else 200)


def _all_couples() -> int:
    """How many there are in the practice, whoever reads them: an owner sees that in the office."""
    with tenancy.elevated():
        return Couple.objects.count()


def theirs_or_404(couple_id: uuid.UUID) -> Couple:
    """Return a couple whose record whoever asks may take out; one that an emergency opened is none."""
    couple = couple_or_404(couple_id)
    if not asking.may_take_out(couple.pk):
        raise Http404
    return couple


def own_or_404(request: PracticeRequest, archive_id: uuid.UUID, *, about_id: uuid.UUID | None = None) -> Archive:
    """Return what whoever asks asked for themselves, of a couple or of all, and was not destroyed."""
    kind = asking.Kind.COUPLE_RECORD if about_id else asking.Kind.MANY_RECORDS
    rows = Archive.objects.filter(kind=kind, user_id=request.user.pk, about_id=about_id, destroyed_at=None)
    found = rows.filter(pk=archive_id).first()
    if found is None:
        raise Http404
    return found


#: The rest of a file whose first part has arrived already. Other ranges are answered with the whole, as they may be.
THE_REST = re.compile(r"bytes=(\d{1,15})-")


def hand_over(request: Any, archive: Archive) -> HttpResponse:
    """Answer with the file, piece by piece, from where a broken line left off; a 404 where it is not there."""
    try:
        size, read = asking.take(archive)
    except archives.NotThere:
        raise Http404 from None
    name, kind = asking.file_of(archive)
    etag = f'"{archive.sha256}"'
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Accept-Ranges": "bytes", "ETag": etag}
    rest = THE_REST.fullmatch(request.headers.get("Range", ""))
    first = int(rest[1]) if rest and request.headers.get("If-Range", etag) == etag else 0
    if first >= size > 0:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    if first:
        headers["Content-Range"] = f"bytes {first}-{size - 1}/{size}"
    headers["Content-Length"] = str(size - first)
    return StreamingHttpResponse(  # type: ignore[return-value]
        read(first), status=206 if first else 200, content_type=kind, headers=headers
    )


def _end(request: PracticeRequest, archive: Archive) -> None:
    archives.destroy(archive)
    messages.success(request, _("It is destroyed. What you took away stays with you."))
