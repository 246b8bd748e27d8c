"""The audit trail: what was done to records, by whom, and who looked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from practice.models.base import bound_practice_id


class AuditEvent(models.Model):
    """One change (written by the trigger ``attune_audit``) or one look (written by :mod:`practice.audit`).

    The application may add looks and read its own practice's trail; nobody but the database's own trigger
    adds changes, and no role may alter or remove a line. Free text never gets here.

    ``client_id``, ``couple_id`` and ``lane`` are those of the row that it is about, as far as it has them. ``token_id``
    is the access token by which a program did it for the user.
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
    token_id = models.UUIDField(null=True)
    request = models.CharField(max_length=40, blank=True)
    act = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    subject_id = models.UUIDField(null=True)
    client_id = models.UUIDField(null=True)
    couple_id = models.UUIDField(null=True)
    lane = models.CharField(max_length=10, blank=True, db_default="")
    changes = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["practice", "id"], name="audit_in_order"),
            models.Index(
                fields=["practice", "client_id", "id"], condition=Q(client_id__isnull=False), name="audit_of_client"
            ),
            models.Index(
                fields=["practice", "couple_id", "id"],
                condition=Q(couple_id__isnull=False, client_id=None),
                name="audit_of_couple",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"


class AuditSeal(models.Model):
    """One batch of a practice's trail, closed: what its lines were, and the seal before it.

    Each seal's hash covers its lines and the hash of the seal before, so nothing behind it changes unnoticed.
    See :mod:`practice.sealing`. Rows are added and never altered or removed.
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
    number = models.PositiveIntegerField()
    #: The batch holds the practice's lines behind the last one of the seal before, up to this one.
    last_line = models.BigIntegerField()
    #: For each line, in order: its id and the beginning of its hash.
    lines = models.BinaryField()
    before = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice", "number"], name="auditseal_number")]

    def __str__(self) -> str:
        return f"seal {self.number}"
