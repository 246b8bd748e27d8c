"""What a therapist must look at."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from exercises.models import Response
from practice.models import Membership, PracticeModel, inside
from practice.vault import SealedTextField


class Alert(PracticeModel):
    """Something a therapist must look at. No client ever learns of it."""

    couple = inside(Couple, related_name="alerts")
    client = inside(Client, related_name="alerts")
    response = inside(Response, related_name="alerts")
    key = models.CharField(max_length=60)
    rule = models.CharField(max_length=120)
    raised_at = models.DateTimeField(auto_now_add=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    note = SealedTextField(_("what you did"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "response", "key"], name="alert_once"),
        ]
        indexes = [models.Index(fields=["practice", "couple"], condition=Q(acknowledged_at=None), name="alert_waiting")]

    def __str__(self) -> str:
        return f"alert {self.pk}"
