"""From where on somebody's scores are compared."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from practice.models import Membership, PracticeModel, inside
from practice.vault import SealedTextField


class Baseline(PracticeModel):
    """A therapist's word that a new episode began: one person's scores of a measure are compared from that day on.

    Without one, the first complete score is the baseline. A later one takes the place of an earlier one, which
    stays in the record, with its reason. No client ever learns of it.
    """

    couple = inside(Couple, related_name="baselines")
    client = inside(Client, related_name="baselines")
    measure = models.CharField(max_length=20)
    begins_on = models.DateField(_("compare from"))
    reason = SealedTextField(_("reason"), blank=False, sealed_for="client_id")
    set_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    set_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "couple", "client", "measure"],
                condition=Q(ended_at=None),
                name="baseline_one_in_force",
            ),
        ]
        indexes = [models.Index(fields=["practice", "couple", "client", "measure"], name="baseline_of_client")]

    def __str__(self) -> str:
        return f"baseline {self.pk}"
