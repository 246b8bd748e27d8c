"""When therapist and couple meet."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.models.couple import Couple
from practice.models import PracticeModel, inside
from practice.models.base import BoundManager


class AppointmentQuerySet(models.QuerySet):
    def ahead(self, now: datetime.datetime) -> AppointmentQuerySet:
        """Kept appointments from ``now`` on, the next one first."""
        return self.filter(cancelled_at=None, starts_at__gte=now).order_by("starts_at", "pk")

    def attended_by(self, clients: Iterable[uuid.UUID]) -> AppointmentQuerySet:
        """Those to which all of ``clients`` come."""
        return self.filter(Q(audience=[]) | Q(audience__contains=list(clients)))


class Appointment(PracticeModel):
    """A meeting of therapist and couple. To people it is called a session."""

    couple = inside(Couple, related_name="appointments")
    starts_at = models.DateTimeField(_("date and time"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=60)
    place = models.CharField(_("room or kind of call"), max_length=120, blank=True)
    #: A link to a call, for those who come.
    link = models.CharField(_("link to the call"), max_length=500, blank=True)
    #: Who comes, when it is not everybody. The others see nothing of it.
    audience = ArrayField(models.UUIDField(), default=list, blank=True)
    #: Appointments made in one go share a series.
    series = models.UUIDField(null=True, blank=True)
    #: Raised whenever its time changes, it is called off, or takes place after all (RFC 5545).
    sequence = models.PositiveSmallIntegerField(default=0)
    #: When that was raised last.
    changed_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = BoundManager.from_queryset(AppointmentQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["practice", "couple", "starts_at"], name="appointment_of_couple")]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=10) & Q(minutes__lte=480), name="appointment_minutes")
        ]

    def __str__(self) -> str:
        return f"appointment {self.pk}"

    @property
    def ends_at(self) -> datetime.datetime:
        return self.starts_at + datetime.timedelta(minutes=self.minutes)
