"""The audit trail: what was done to records, by whom, and who looked."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from practice.models.base import bound_practice_id


class AuditEvent(models.Model):
    """One change (written by the trigger ``attune_audit``) or one look (written by :mod:`practice.audit`).

    The application may add looks and read its own practice's trail; nobody but the database's own trigger
    adds changes, and no role may alter or remove a line. Free text never gets here.
    """

    id = models.BigAutoField(primary_key=True)
    practice = models.ForeignKey(
        "practice.Practice",
        on_delete=models.DO_NOTHING,
        default=bound_practice_id,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    at = models.DateTimeField(db_default=Now())
    role = models.CharField(max_length=40)
    user_id = models.UUIDField(null=True)
    request = models.CharField(max_length=40, blank=True)
    act = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    subject_id = models.UUIDField(null=True)
    changes = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["practice", "-at"], name="audit_newest")]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"
