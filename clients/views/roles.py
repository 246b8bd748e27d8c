"""Who may do what, for owners: the table of roles, and whom supervisors supervise."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clients import supervision
from clients.away_form import MemberField
from clients.models import Supervision
from practice import capabilities
from practice.access import PracticeRequest, for_owners
from practice.fields import KindErrors
from practice.models import Membership
from practice.zones import start_of_day

Role = Membership.Role


class SupervisionForm(KindErrors, forms.Form):
    """Who supervises whom, and until when."""

    supervisor = MemberField(label=gettext_lazy("Supervisor"), queryset=Membership.objects.none())
    therapist = MemberField(label=gettext_lazy("Whose couples they see"), queryset=Membership.objects.none())
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Left empty, it holds until you end it."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, request: PracticeRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        here = Membership.objects.filter(ended_at=None).order_by("name")
        self.fields["supervisor"].queryset = here.filter(role=Role.SUPERVISOR)  # type: ignore[attr-defined]
        self.fields["therapist"].queryset = here.exclude(role=Role.COORDINATOR)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors:
            try:
                supervision.grant(
                    said["supervisor"], said["therapist"], by=self.request.membership, until=self._until(said)
                )
            except supervision.NotToBeGranted:
                self.add_error("therapist", _("Choose somebody else’s couples, and a day that is still to come."))
        return said

    def _until(self, said: dict[str, Any]) -> datetime.datetime | None:
        last = said.get("last_day")
        return start_of_day(last + datetime.timedelta(days=1), self.request.practice.zone) if last else None


@for_owners
def roles(request: PracticeRequest) -> HttpResponse:
    """Show the table of roles, and grant supervision."""
    form = SupervisionForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        messages.success(request, _("Granted. It holds from their next click on."))
        return redirect("capabilities")
    words = {
        "form": form,
        "grants": supervision.in_force(),
        "standings": capabilities.STANDINGS.values(),
        "table": capabilities.TABLE,
    }
    return render(request, "clients/roles.html", words, status=422 if form.errors else 200)


@require_POST
@for_owners
def supervision_end(request: PracticeRequest, pk: uuid.UUID) -> HttpResponse:
    """End a grant."""
    supervision.end(get_object_or_404(Supervision, pk=pk), by=request.membership)
    messages.success(request, _("Ended. It holds from their next click on."))
    return redirect("capabilities")
