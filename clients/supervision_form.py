"""What an owner fills in to let somebody supervise."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients import supervision
from clients.away_form import MemberField
from practice.access import PracticeRequest
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
