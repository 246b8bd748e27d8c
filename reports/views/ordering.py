"""Asking for a report: the form, what it would look like, and a draft of the words to start from."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST

from clients.models import Couple
from exercises.access import couple_or_404
from practice.access import PracticeRequest, for_clinicians
from reports import drafting, making, previewing, progress
from reports.forms import LONGEST_SUMMARY, ReportForm
from reports.models import Report

PAGE = "reports/new.html"


@require_http_methods(["GET", "HEAD", "POST"])
@for_clinicians
def report_new(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """The form for a new report. Its other buttons show it first, or begin its words, and write nothing."""
    couple = couple_or_404(couple_id)
    form = ReportForm(request.POST or None, couple=couple, practice=request.practice)
    if request.method == "POST" and form.is_valid():
        if "draft" in request.POST:
            form = _with_draft(request, couple, form)
        elif "look" not in request.POST:
            return redirect(making.ask(couple, form.wish(), by=request.membership, practice=request.practice))
    context: dict[str, Any] = {"couple": couple, "form": form}
    if "look" in request.POST and not form.errors:
        context["sheet"] = _drawn(request, couple, form)
    return render(request, PAGE, context, status=422 if form.errors else 200)


@require_POST
@for_clinicians
def report_preview(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """What the form would make, for the page to show beside it."""
    couple = couple_or_404(couple_id)
    form = ReportForm(request.POST, couple=couple, practice=request.practice)
    context: dict[str, Any] = {"couple": couple, "form": form}
    if form.is_valid():
        context["sheet"] = _drawn(request, couple, form)
    return render(request, f"{PAGE}#preview", context)


@require_POST
@for_clinicians
def report_draft(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """The field of the therapist's own words, with a draft in it."""
    couple = couple_or_404(couple_id)
    form = ReportForm(request.POST, couple=couple, practice=request.practice)
    if form.is_valid():
        form = _with_draft(request, couple, form)
    return render(request, f"{PAGE}#words", {"couple": couple, "form": form})


def _drawn(request: PracticeRequest, couple: Couple, form: ReportForm) -> SafeString:
    return previewing.preview(_unsaved(request, couple, form), couple, request.practice)


def _unsaved(request: PracticeRequest, couple: Couple, form: ReportForm) -> Report:
    report = making.drafted(couple, form.wish(), by=request.membership, practice=request.practice)
    report.reference = _("preview")
    return report


def _with_draft(request: PracticeRequest, couple: Couple, form: ReportForm) -> ReportForm:
    """The same form with a draft after what was written already; nothing that was typed is lost."""
    report = _unsaved(request, couple, form)
    ordered = progress.ordered(report, couple, request.practice, timezone.now())
    with override(ordered.language):
        found = drafting.draft(ordered.material())
    said = request.POST.copy()
    written = form.cleaned_data["summary"].strip()
    if found and found not in written:
        together = f"{written}\n\n{found}".strip()
        said["summary"] = together if len(together) <= LONGEST_SUMMARY else written
    fresh = ReportForm(said, couple=couple, practice=request.practice)
    fresh.nothing_to_say = not found  # type: ignore[attr-defined]
    return fresh
