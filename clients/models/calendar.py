"""Calendars that follow along: one link for a person in care, one for a member of staff."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models.person import Client
from practice.models import Membership, PracticeModel, inside


class CalendarLink(PracticeModel):
    """What both kinds have in common. Whoever has the database has no link: of its secret only a hash is kept."""

    #: SHA-256 of the secret part, in hexadecimal digits; empty once the link has ended.
    digest = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    #: Minutes before something begins; null: nothing rings.
    alarm = models.PositiveSmallIntegerField(_("alarm"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"calendar {self.pk}"

    @property
    def is_on(self) -> bool:
        return bool(self.digest)


class PersonCalendar(CalendarLink):
    """The link of one person in care. No partner and no staff see whether there is one."""

    client = inside(Client, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice", "client"], name="personcalendar_once")]


class StaffCalendar(CalendarLink):
    """The link of one member of staff, and how it names couples."""

    class Names(models.TextChoices):
        NONE = "none", _("Not at all: each is called “Session”")
        INITIALS = "initials", _("By their initials, as in “Session M & T”")
        NAMES = "names", _("By their names")

    membership = inside(Membership, related_name="+")
    user_id = models.UUIDField()
    names = models.CharField(_("how couples are named"), max_length=8, choices=Names, default=Names.NONE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "membership"], name="staffcalendar_once"),
            models.CheckConstraint(condition=Q(names__in=["none", "initials", "names"]), name="staffcalendar_names"),
        ]
