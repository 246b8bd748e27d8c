"""Asking for a report of any kind: the form, what it would look like, and a draft of the words to start from."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from clients.models import Couple
from exercises.access import couple_or_404
from practice import audit
from practice.access import PracticeRequest, for_clinicians, read_or_send
from reports import drafting, making, previewing, progress, subjects
from reports.forms import LONGEST_SUMMARY
from reports.kind_form import AboutForm
from reports.kinds import NotTold
from reports.models import Report
from reports.models.report import Kind
from reports.paper import Document
from reports.subjects import Subject

PAGE = "reports/order.html"


@read_or_send
@for_clinicians
def report_new(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """The form for a progress report."""
    return _form_page(request, *_progress(couple_id))


@require_POST
@for_clinicians
def report_preview(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    return _preview(request, *_progress(couple_id))


@require_POST
@for_clinicians
def report_draft(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    return _words(request, *_progress(couple_id))


@read_or_send
@for_clinicians
def report_of_kind(request: PracticeRequest, couple_id: uuid.UUID, kind: str) -> HttpResponse:
    """The form for a report of any other kind, about what the address names."""
    return _form_page(request, *_of_kind(request, couple_id, kind))


@require_POST
@for_clinicians
def report_of_kind_preview(request: PracticeRequest, couple_id: uuid.UUID, kind: str) -> HttpResponse:
    return _preview(request, *_of_kind(request, couple_id, kind))


@require_POST
@for_clinicians
def report_of_kind_draft(request: PracticeRequest, couple_id: uuid.UUID, kind: str) -> HttpResponse:
    return _words(request, *_of_kind(request, couple_id, kind))


# ── what is asked for ────────────────────────────────────────────────────────


def _progress(couple_id: uuid.UUID) -> tuple[Couple, Subject]:
    couple = couple_or_404(couple_id)
    return couple, subjects.of_progress(couple, timezone.now())


def _of_kind(request: PracticeRequest, couple_id: uuid.UUID, kind: str) -> tuple[Couple, Subject]:
    couple = couple_or_404(couple_id)
    return couple, subjects.subject_of(kind, couple, request.GET, timezone.now())


def _addresses(couple: Couple, subject: Subject) -> dict[str, str]:
    """Where the form, its preview and its draft are."""
    address: dict[str, Any] = {"couple_id": couple.pk}
    names = ("report_new", "report_preview", "report_draft")
    if subject.kind != Kind.PROGRESS:
        names = ("report_of_kind", "report_of_kind_preview", "report_of_kind_draft")
        address["kind"] = subject.kind
    return {
        key: reverse(name, kwargs=address) + subject.query
        for key, name in zip(("here", "preview_at", "draft_at"), names, strict=True)
    }


# ── the page and the parts of it that htmx asks for ──────────────────────────


def _form_page(request: PracticeRequest, couple: Couple, subject: Subject) -> HttpResponse:
    """The form; its other buttons show the report first, or begin its words, and write nothing."""
    form = _form(request, couple, subject)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        document = document_of(request, couple, form)
        if "draft" in request.POST:
            form = _with_draft(request, couple, form)
        elif "look" in request.POST and document is not None:
            context["sheet"] = previewing.shown(document)
        elif document is not None:
            return redirect(making.ask(couple, form.wish(), by=request.membership, practice=request.practice))
    return _page(request, couple, form, context, PAGE)


def _preview(request: PracticeRequest, couple: Couple, subject: Subject) -> HttpResponse:
    """What the form would make, for the page to show beside it."""
    form = _form(request, couple, subject)
    document = document_of(request, couple, form) if form.is_valid() else None
    context = {"sheet": previewing.shown(document)} if document is not None else {}
    return render(request, f"{PAGE}#preview", {"couple": couple, "form": form, **context})


def _words(request: PracticeRequest, couple: Couple, subject: Subject) -> HttpResponse:
    """The field of the therapist's own words, with a draft in it."""
    form = _form(request, couple, subject)
    if form.is_valid():
        _written_down(couple, form)
        form = _with_draft(request, couple, form)
    return _page(request, couple, form, {}, f"{PAGE}#words")


def _form(request: PracticeRequest, couple: Couple, subject: Subject) -> AboutForm:
    return AboutForm(request.POST or None, subject=subject, couple=couple, practice=request.practice)


def _page(
    request: PracticeRequest, couple: Couple, form: AboutForm, more: dict[str, Any], template: str
) -> HttpResponse:
    subject = form.subject
    context = {"couple": couple, "form": form, "subject": subject, **_addresses(couple, subject), **more}
    bad = form.is_bound and bool(form.errors)
    return render(request, template, context, status=422 if bad and "#" not in template else 200)


def _unsaved(request: PracticeRequest, couple: Couple, form: AboutForm) -> Report:
    report = making.drafted(couple, form.wish(), by=request.membership, practice=request.practice)
    report.reference = _("preview")
    return report


def _written_down(couple: Couple, form: AboutForm) -> None:
    """Put on record whose words are looked at: what is asked for by a form, the request itself leaves no line about."""
    partner = form.subject.partner
    if partner is not None:
        audit.looked("opened", audit.CLIENTS, partner.pk)
    else:
        audit.looked("opened", audit.COUPLES, couple.pk)


def document_of(request: PracticeRequest, couple: Couple, form: AboutForm) -> Document | None:
    """What would be printed; None, with an error in the form, where the edition may not hold anything of it."""
    _written_down(couple, form)
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
