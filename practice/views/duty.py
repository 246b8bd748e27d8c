"""The owner's page about duty."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from practice.access import PracticeRequest, for_owners
from practice.duty_form import DutyForm


@for_owners
def duty(request: PracticeRequest) -> HttpResponse:
    """Show and save when somebody is there, and who is told of what cannot wait."""
    form = DutyForm(request.POST or None, practice=request.practice)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("duty")
    return render(request, "practice/duty.html", {"form": form}, status=422 if form.errors else 200)
