"""Reports for many couples at once: asking, watching, taking them away."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from practice.access import PracticeRequest, for_clinicians, page_or_part, read_or_send
from reports import caseload
from reports.forms import CaseloadForm
from reports.models import CaseloadOrder, Report
from reports.views.asked import kind_or_404


@read_or_send
@for_clinicians
def caseload_new(request: PracticeRequest) -> HttpResponse:
    """The form for reports of many couples, of the kind that the address names."""
    kind = kind_or_404(request, caseload.KINDS)
    form = CaseloadForm(request.POST or None, kind=kind, practice=request.practice)
    if request.method == "POST" and form.is_valid():
        try:
            order = caseload.order(form.wish(), form.chosen(), by=request.membership, practice=request.practice)
        except caseload.NotOrdered as error:
            form.add_error(None, error.message)
        else:
            return redirect(order)
    return render(request, "reports/caseload_new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@for_clinicians
def caseload_order(request: PracticeRequest, order_id: uuid.UUID) -> HttpResponse:
    """How far an order is, couple by couple. htmx asks for the part that moves."""
    order = _order_or_404(request, order_id)
    context: dict[str, Any] = {"order": order, "progress": caseload.progress_of(order)}
    return render(request, page_or_part(request, "reports/caseload_order.html", "making"), context)


@require_POST
@for_clinicians
def caseload_again(request: PracticeRequest, order_id: uuid.UUID) -> HttpResponse:
    """Try the failed ones once more."""
    order = _order_or_404(request, order_id)
    again = caseload.try_again(order, practice=request.practice)
    told = ngettext("%(count)d is tried once more.", "%(count)d are tried once more.", again)
    messages.success(request, told % {"count": again} if again else _("There is none to try again."))
    return redirect(order)


@require_safe
@for_clinicians
def caseload_files(request: PracticeRequest, order_id: uuid.UUID) -> HttpResponse:
    """All finished reports in one file, under names that say nothing about anybody."""
    order = _order_or_404(request, order_id)
    if not Report.objects.filter(caseload_order=order, state=Report.State.DONE).exists():
        raise Http404
    response = StreamingHttpResponse(caseload.files(order), content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="reports-{order.ends_on:%Y-%m-%d}.zip"'
    return response  # type: ignore[return-value]  # a response like any other, but for its body


def _order_or_404(request: PracticeRequest, order_id: uuid.UUID) -> CaseloadOrder:
    """One of the asker's own orders: it is about their couples."""
    order = CaseloadOrder.objects.filter(pk=order_id, requested_by=request.membership).first()
    if order is None:
        raise Http404
    return order
