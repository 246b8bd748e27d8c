"""The letter to whoever is to look at an alert: neutral words, at any hour, rather twice than never."""

from __future__ import annotations

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from practice import envelopes, outbox
from practice.models import Membership, Message
from reports.alert_ladder import KIND
from reports.models import Alert, AlertStep


class AlertLetter(outbox.Handler):
    """What may forbid it: they left, or somebody took it on meanwhile. No hour, no setting and no pause does."""

    repeats = True
    words = _("Letters about alerts")

    def wanted(self, message: Message) -> str:
        alert = Alert.objects.filter(pk=message.about_id).defer("note").first()
        works_here = Membership.objects.filter(pk=message.person_id, ended_at=None)
        if alert is None or not works_here.exclude(role=Membership.Role.COORDINATOR).exists():
            return "no longer there"
        # One letter speaks for everything that one form raised.
        about = {"response": alert.response_id} if alert.response_id else {"entry": alert.entry_id}
        of_form = Alert.objects.filter(**about)
        if of_form.untaken().exists():
            return ""
        if not of_form.open().urgent().exists():
            return "closed"
        return "" if self._is_called_since(message, about) else "taken"

    def _is_called_since(self, message: Message, about: dict) -> bool:
        """Whether this person was told after somebody took it, who is away now or has not closed it in time."""
        told = AlertStep.objects.filter(
            kind=AlertStep.Kind.TOLD,
            by__in=[AlertStep.By.ABSENCE, AlertStep.By.UNCLOSED],
            member_id=message.person_id,
            alert__closed_at=None,
            at__gte=F("alert__acknowledged_at"),
            **{f"alert__{name}": value for name, value in about.items()},
        )
        return told.exists()

    def compose(self, message: Message) -> outbox.Letter:
        return envelopes.to_review(message, reverse("open_alerts"))


outbox.register(KIND, AlertLetter())
