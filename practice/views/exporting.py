"""Taking everything out: asking for it, watching it being made, taking the file away."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from practice import archives, audit, exporting, held, two_people, whole_export
from practice.access import PracticeRequest, for_owners, page_or_part, read_or_send
from practice.export_form import ExportForm
from practice.fresh import after_fresh_sign_in, by_own_means
from practice.models import Archive

PAST = 10


@read_or_send
@for_owners
@by_own_means
@after_fresh_sign_in
@sensitive_post_parameters()
def practice_export(request: PracticeRequest) -> HttpResponse:
    """Say what goes along and what stays, ask for an export, and show how far it is."""
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            exporting.ask(
                by=request.membership, why=form.cleaned_data["why"], passphrase=form.cleaned_data["passphrase"]
            )
            messages.success(request, _("Asked for. Once a second person has confirmed it, it is made here."))
        except two_people.NotWaiting:
            messages.warning(request, _("It was asked for already, and waits for a second person."))
        return redirect("practice_export")
    archive = exporting.in_force().filter(user_id=request.user.pk).first()
    waiting = two_people.waiting().filter(act=exporting.ACT).first()
    context = {
        "form": form,
        "waiting": waiting,
        "deciders": two_people.deciders(waiting) if waiting else [],
        "archive": archive if archive and (archive.is_there or archive.state != Archive.State.DONE) else None,
        "kept_days": exporting.LIVES.days,
        "left_behind": whole_export.left_behind_in_words(),
        "was_made": exporting.was_made(),
        "sending_hold": held.now(),
        "history": list(exporting.history()[:PAST]),
    }
    return render(request, page_or_part(request, "practice/export.html", "making"), context)


@require_safe
@for_owners
def practice_export_file(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Hand the sealed file to the owner who asked for it, as often as they need while it lies here."""
    return _hand_over(request, _own_or_404(request, pk))


@after_fresh_sign_in
def _hand_over(request: PracticeRequest, archive: Archive) -> HttpResponse:
    try:
        size, read = archives.begin_taking(archive)
    except archives.NotThere:
        raise Http404 from None
    audit.looked_at("downloaded", archive)
    day = timezone.localtime(archive.finished_at, request.practice.zone)
    headers = {
        "Content-Disposition": f'attachment; filename="practice-export-{day:%Y-%m-%d}.attune"',
        "Content-Length": str(size),
    }
    return StreamingHttpResponse(read(0), content_type="application/octet-stream", headers=headers)  # type: ignore[return-value]


@require_POST
@for_owners
def practice_export_end(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Destroy the file before its time."""
    archives.destroy(_own_or_404(request, pk))
    messages.success(request, _("It is destroyed. What you took away stays with you."))
    return redirect("practice_export")


def _own_or_404(request: PracticeRequest, pk: UUID) -> Archive:
    return get_object_or_404(exporting.in_force(), pk=pk, user_id=request.user.pk)
