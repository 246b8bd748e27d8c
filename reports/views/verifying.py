"""Whether a file in somebody's hands is a report as it was issued."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from clients.models import Couple
from practice import audit
from practice.access import PracticeRequest, for_clinicians, read_or_send
from reports import verifying
from reports.forms import VerifyForm


@read_or_send
@for_clinicians
def report_verify(request: PracticeRequest) -> HttpResponse:
    """Take a file or a fingerprint and say which of the asker's reports it is. The file is hashed and not kept."""
    sent = request.method == "POST"
    form = VerifyForm(request.POST if sent else None, request.FILES if sent else None)
    context = {"form": form, "asked": False}
    if sent and form.is_valid():
        found = verifying.issued_with(form.cleaned_data["fingerprint"])
        context |= {"asked": True, "found": found, "fingerprint": form.cleaned_data["fingerprint"]}
        if found is not None:
            audit.looked_at("opened", found.report)
            context["people"] = Couple.objects.with_partners().get(pk=found.report.couple_id).clients
    return render(request, "reports/verify.html", context, status=422 if form.errors else 200)
