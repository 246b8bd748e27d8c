"""Reports: asking for one, watching it being made, taking it away."""

from __future__ import annotations

import base64
import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.models import Couple
from exercises.access import couple_or_404
from exercises.models import ProgramRun
from practice import audit
from practice.access import PracticeRequest, for_clinicians, page_or_part
from reports import handing_over, keeping, making, standing
from reports.models import CaseloadOrder, Report
from reports.taking_out.asking import may_take_out

A_PAGE = 25


@require_safe
@for_clinicians
def reports(request: PracticeRequest) -> HttpResponse:
    """All reports of the asker's couples, the newest first."""
    couples = Prefetch("couple", Couple.objects.with_partners())
    rows = rows_of_reports().prefetch_related(couples)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    orders = CaseloadOrder.objects.filter(requested_by=request.membership).order_by("-requested_at", "-pk")
    return render(request, "reports/reports.html", {"page": page, "orders": list(orders[:3])})


@require_safe
@for_clinicians
def reports_of_couple(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """A couple's reports, and what is made by itself before their sessions."""
    couple = couple_or_404(couple_id)
    context = {
        "couple": couple,
        "may_take_out": may_take_out(couple.pk),
        "reports": list(rows_of_reports().filter(couple=couple)[:A_PAGE]),
        "orders": standing.in_force(couple),
        "ahead": standing.next_sessions(couple, timezone.now()),
        "programs": list(ProgramRun.objects.filter(couple=couple).order_by("-given_at", "-pk")),
    }
    return render(request, "reports/of_couple.html", context)


@require_safe
@for_clinicians
def report(request: PracticeRequest, couple_id: uuid.UUID, report_id: uuid.UUID) -> HttpResponse:
    """One report: how far it is, and the file once it is there. htmx asks for the part that moves."""
    couple = couple_or_404(couple_id)
    one = report_or_404(rows_of_reports(), couple, report_id)
    if not request.htmx:
        audit.looked_at("opened", one)
    context = {
        "couple": couple,
        "report": one,
        "is_moving": one.state in (Report.State.WAITING, Report.State.WORKING),
        "readers": handing_over.readers_of(one, couple),
        "why_not": handing_over.why_not(one, couple),
        "kept_until": keeping.kept_until(one),
        "is_kept": keeping.is_kept(one),
        "lies_there": one.released_at is not None and one.withdrawn_at is None,
    }
    return render(request, page_or_part(request, "reports/report.html", "making"), context)


@require_POST
@for_clinicians
def report_again(request: PracticeRequest, couple_id: uuid.UUID, report_id: uuid.UUID) -> HttpResponse:
    """Try a failed report again."""
    one = report_or_404(rows_of_reports(), couple_or_404(couple_id), report_id)
    making.ask_again(one, practice=request.practice)
    return redirect(one)


@require_POST
@for_clinicians
def report_hand_over(request: PracticeRequest, couple_id: uuid.UUID, report_id: uuid.UUID) -> HttpResponse:
    """Lay a finished report into the portal of those it is for."""
    couple = couple_or_404(couple_id)
    one = report_or_404(rows_of_reports(), couple, report_id)
    try:
        handing_over.hand_over(one, couple, by=request.membership)
    except handing_over.NotHandedOver as error:
        messages.warning(request, str(error.message))
    else:
        messages.success(request, _("It lies in the portal now."))
    return redirect(one)


@require_POST
@for_clinicians
def report_take_back(request: PracticeRequest, couple_id: uuid.UUID, report_id: uuid.UUID) -> HttpResponse:
    """Take a report out of the portal again."""
    one = report_or_404(rows_of_reports(), couple_or_404(couple_id), report_id)
    handing_over.take_back(one)
    messages.success(request, _("It is taken back. What was downloaded before stays where it is."))
    return redirect(one)


@require_safe
@for_clinicians
def report_download(request: PracticeRequest, couple_id: uuid.UUID, report_id: uuid.UUID) -> HttpResponse:
    """The file itself, under a name that says nothing about anybody."""
    one = report_or_404(Report.objects.defer("summary"), couple_or_404(couple_id), report_id)
    if not keeping.is_kept(one) or not one.pdf:
        raise Http404
    audit.looked_at("downloaded", one)
    response = HttpResponse(base64.b64decode(str(one.pdf)), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="report-{slugify(one.reference)}.pdf"'
    return response


def rows_of_reports() -> QuerySet[Report]:
    """Reports without their file, which is large and sealed."""
    return (
        Report.objects.defer("pdf", "summary")
        .select_related("requested_by", "partner")
        .order_by("-requested_at", "-pk")
    )


def report_or_404(rows: QuerySet[Report], couple: Couple, report_id: uuid.UUID) -> Report:
    one = rows.filter(couple=couple, pk=report_id).first()
    if one is None:
        raise Http404
    return one
