"""Asking for a report of any other kind than the progress report, from where it belongs."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST

from clients.models import Couple
from exercises.access import couple_or_404
from practice import audit
from practice.access import PracticeRequest, for_clinicians
from reports import drafting, making, previewing, progress
from reports.forms import LONGEST_SUMMARY
from reports.kind_form import AboutForm
from reports.kinds import NotTold
from reports.models import Report
from reports.paper import Document
from reports.subjects import Subject, subject_of

PAGE = "reports/of_kind.html"


@require_http_methods(["GET", "HEAD", "POST"])
@for_clinicians
def report_of_kind(request: PracticeRequest, couple_id: uuid.UUID, kind: str) -> HttpResponse:
    """The form; its other buttons show the report first, or begin its words, and write nothing."""
    couple, subject = _asked(request, couple_id, kind)
    form = _form(request, couple, subject)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        document = _document(request, couple, form)
        if "draft" in request.POST:
            form = _with_draft(request, couple, form)
        elif "look" in request.POST and document is not None:
            context["sheet"] = previewing.shown(document)
        elif document is not None:
            return redirect(making.ask(couple, form.wish(), by=request.membership, practice=request.practice))
    return _page(request, couple, form, context, PAGE)


@require_POST
@for_clinicians
def report_of_kind_preview(request: PracticeRequest, couple_id: uuid.UUID, kind: str) -> HttpResponse:
    """What the form would make, for the page to show beside it."""
    couple, subject = _asked(request, couple_id, kind)
    form = _form(request, couple, subject)
    document = _document(request, couple, form) if form.is_valid() else None
    context = {"sheet": previewing.shown(document)} if document is not None else {}
    return render(request, f"{PAGE}#preview", {"couple": couple, "form": form, **context})


@require_POST
@for_clinicians
def report_of_kind_draft(request: PracticeRequest, couple_id: uuid.UUID, kind: str) -> HttpResponse:
    """The field of the therapist's own words, with a draft in it."""
    couple, subject = _asked(request, couple_id, kind)
    form = _form(request, couple, subject)
    if form.is_valid():
        form = _with_draft(request, couple, form)
    return _page(request, couple, form, {}, f"{PAGE}#words")


def _asked(request: PracticeRequest, couple_id: uuid.UUID, kind: str) -> tuple[Couple, Subject]:
    couple = couple_or_404(couple_id)
    return couple, subject_of(kind, couple, request.GET, timezone.now())


def _form(request: PracticeRequest, couple: Couple, subject: Subject) -> AboutForm:
    return AboutForm(request.POST or None, subject=subject, couple=couple, practice=request.practice)


def _page(
    request: PracticeRequest, couple: Couple, form: AboutForm, more: dict[str, Any], template: str
) -> HttpResponse:
    subject = form.subject
    address = {"couple_id": couple.pk, "kind": subject.kind}
    context = {
        "couple": couple,
        "form": form,
        "subject": subject,
        "kind": str(Report.Kind(subject.kind).label),
        "here": reverse("report_of_kind", kwargs=address) + subject.query,
        "preview_at": reverse("report_of_kind_preview", kwargs=address) + subject.query,
        "draft_at": reverse("report_of_kind_draft", kwargs=address) + subject.query,
        **more,
    }
    bad = form.is_bound and bool(form.errors)
    return render(request, template, context, status=422 if bad and "#" not in template else 200)


def _unsaved(request: PracticeRequest, couple: Couple, form: AboutForm) -> Report:
    report = making.drafted(couple, form.wish(), by=request.membership, practice=request.practice)
    report.reference = _("preview")
    return report


def _document(request: PracticeRequest, couple: Couple, form: AboutForm) -> Document | None:
    """What would be printed; None, with an error in the form, where the edition may not hold anything of it."""
    if form.subject.partner is not None:
        audit.looked("opened", "clients_client", form.subject.partner.pk)
    try:
        return progress.of_report(_unsaved(request, couple, form), couple, request.practice, timezone.now())
    except NotTold:
        form.refuse()
        return None


def _with_draft(request: PracticeRequest, couple: Couple, form: AboutForm) -> AboutForm:
    """The same form with a draft after what was written already; nothing that was typed is lost."""
    ordered = progress.ordered(_unsaved(request, couple, form), couple, request.practice, timezone.now())
    with override(ordered.language):
        found = drafting.draft(ordered.material())
    said = request.POST.copy()
    written = form.cleaned_data["summary"].strip()
    if found and found not in written:
        together = f"{written}\n\n{found}".strip()
        said["summary"] = together if len(together) <= LONGEST_SUMMARY else written
    fresh = AboutForm(said, subject=form.subject, couple=couple, practice=request.practice)
    fresh.nothing_to_say = not found  # type: ignore[attr-defined]
    return fresh
