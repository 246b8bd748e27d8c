"""The practice and the people who work in it."""

from __future__ import annotations

import datetime
import secrets
import zoneinfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from practice import roles
from practice.ids import uuid7
from practice.models.base import PracticeModel, inside
from practice.models.user import User
from practice.working_hours import WorkingHours

#: Minutes of working time: the longest that an alert may wait for its first look, and then for the next step.
MOST_MINUTES, MOST_MINUTES_MORE = 240, 120
#: And for what was taken, but neither judged anew nor closed: the usual wait, and the longest there may be.
USUAL_MINUTES_OPEN, MOST_MINUTES_OPEN = 960, 2400
QUICKEST = 15


class Step(models.TextChoices):
    """The steps of reminding somebody of one occurrence, in order."""

    OPENS = "opens", _("When it opens")
    DUE = "due", _("At their own time on the day")
    FOLLOW_UP = "follow_up", _("Once more the day after")


def every_step() -> list[str]:
    return list(Step.values)


def working_days() -> list[int]:
    """Monday to Friday, as Python counts weekdays."""
    return [0, 1, 2, 3, 4]


def usual_week() -> dict[str, list[str]]:
    """Monday to Friday, nine to five: what holds until the practice says otherwise."""
    return {str(day): ["09:00", "17:00"] for day in working_days()}


class Practice(models.Model):
    """The tenant: a solo counsellor or a group."""

    class Secrets(models.TextChoices):
        NO_SECRETS = "no_secrets", _("No secrets: the therapist may bring up what either partner says")
        LIMITED = "limited", _("Limited: private answers stay private unless someone is in danger")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name of the practice"), max_length=120)
    tagline = models.CharField(_("line under the name"), max_length=120, blank=True)
    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    country = models.CharField(_("country"), max_length=2)
    time_zone = models.CharField(_("time zone"), max_length=64)
    language = models.CharField(_("language"), max_length=10, default="en-gb")
    address = models.TextField(_("address for letters and reports"), max_length=400, blank=True)
    reply_hours = models.CharField(_("when you read what clients send"), max_length=200, default=_("on working days"))
    secrets_policy = models.CharField(
        _("secrets between partners"), max_length=20, choices=Secrets, default=Secrets.LIMITED
    )
    weekly_minutes = models.PositiveSmallIntegerField(
        _("minutes a week that you ask of one partner at most"), default=60
    )
    #: What an assignment does that says nothing else.
    reminder_steps = ArrayField(
        models.CharField(max_length=12, choices=Step),
        verbose_name=_("reminders"),
        default=every_step,
        blank=True,
    )
    #: When somebody is there, in the practice's zone: {weekday: [from, until]}, Monday is "0".
    working_week = models.JSONField(default=usual_week)
    holidays = ArrayField(models.DateField(), default=list, blank=True)
    #: Minutes of working time until an alert that nobody has taken goes to the covering colleague, and from
    #: there to the lead. A practice may be quicker than this, not slower.
    answer_within = models.PositiveSmallIntegerField(default=MOST_MINUTES)
    pass_on_after = models.PositiveSmallIntegerField(default=MOST_MINUTES_MORE)
    #: Minutes of working time until an alert that somebody took, and has not closed, is passed on as well.
    close_within = models.PositiveSmallIntegerField(default=USUAL_MINUTES_OPEN)
    #: Who covers when nobody else was named for an absence; empty: it goes straight to the lead.
    duty_cover = models.ForeignKey(
        "practice.Membership", null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    #: With whom the ladder ends; empty: the owners.
    duty_lead = models.ForeignKey(
        "practice.Membership", null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    #: When somebody last said all of this; empty: the default holds, and nothing of the practice's own that asks
    #: about safety can be published or given.
    duty_set_at = models.DateTimeField(null=True, editable=False)
    #: Whether a couple may agree that scores are shown as they come, without a release of each measure.
    scores_by_agreement = models.BooleanField(_("couples may agree to see their scores as they come"), default=False)
    #: For how many years a record is kept after care has ended; empty: as practice/retention.py has it by country.
    keep_years = models.PositiveSmallIntegerField(_("years"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("practice")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(keep_years=None) | models.Q(keep_years__gte=1, keep_years__lte=50),
                name="practice_keeps_for_years",
            ),
            models.CheckConstraint(
                condition=models.Q(answer_within__gte=QUICKEST, answer_within__lte=MOST_MINUTES),
                name="practice_answers_in_time",
            ),
            models.CheckConstraint(
                condition=models.Q(pass_on_after__gte=QUICKEST, pass_on_after__lte=MOST_MINUTES_MORE),
                name="practice_passes_on_in_time",
            ),
            models.CheckConstraint(
                condition=models.Q(close_within__gte=QUICKEST, close_within__lte=MOST_MINUTES_OPEN),
                name="practice_closes_in_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def hours(self) -> WorkingHours:
        """When somebody is there."""
        return WorkingHours.read(self.zone, self.working_week, self.holidays)


class Membership(PracticeModel):
    """What a user is in a practice."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        SUPERVISOR = "supervisor", _("Supervisor")
        THERAPIST = "therapist", _("Therapist")
        COORDINATOR = "coordinator", _("Coordinator")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    name = models.CharField(_("name"), max_length=120)
    joined_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    #: When a letter says that something waits at the desk, wall time in the user's zone; null: never.
    digest_at = models.TimeField(_("daily letter at"), null=True, blank=True, default=datetime.time(7, 30))
    digest_weekdays = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("on these days"), default=working_days, blank=True
    )
    #: The couple with whom they look at one screen now, and since when (see :mod:`practice.shared_screen`).
    shares_with = models.UUIDField(null=True, blank=True, editable=False)
    shares_since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "user"], name="membership_once_per_practice"),
            models.CheckConstraint(
                condition=models.Q(shares_with=None, shares_since=None)
                | models.Q(shares_with__isnull=False, shares_since__isnull=False),
                name="membership_shares_since",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def database_role(self) -> str:
        """The role a request of this member takes on. Coordinators read no answers; all others read those of the
        couples that are theirs to see (:mod:`clients.scope`). Owners and supervisors may write more of the practice.
        On a shared screen everybody is a therapist of one couple."""
        if self.shares_with:
            return roles.THERAPIST
        if self.role in (self.Role.OWNER, self.Role.SUPERVISOR):
            return roles.SUPERVISOR
        return roles.COORDINATOR if self.role == self.Role.COORDINATOR else roles.THERAPIST

    #: Set while an owner looks at a couple that is not theirs: then they are the office.
    in_office = False

    @property
    def is_clinician(self) -> bool:
        return self.role != self.Role.COORDINATOR

    @property
    def sees_answers(self) -> bool:
        return self.is_clinician and not self.in_office

    @property
    def runs_practice(self) -> bool:
        return self.role == self.Role.OWNER

    @property
    def chooses_therapists(self) -> bool:
        """Whether this member says whose couples are whose; clinicians take on their own."""
        return self.role in (self.Role.OWNER, self.Role.COORDINATOR)

    @property
    def leads(self) -> bool:
        """Whether this member may be the second person of an act that needs two."""
        return self.role in (self.Role.OWNER, self.Role.SUPERVISOR)


def in_two_weeks() -> datetime.datetime:
    return timezone.now() + datetime.timedelta(days=14)


def random_nonce() -> str:
    return secrets.token_urlsafe(24)


class StaffInvitation(PracticeModel):
    """An open door for one colleague: single use, expiring, bound to address and role.

    The link's secret is derived (see :mod:`practice.tickets`), the row only holds a nonce.
    """

    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=20, choices=Membership.Role)
    nonce = models.CharField(max_length=64, default=random_nonce, editable=False)
    invited_by = inside(Membership, on_delete=models.DO_NOTHING, related_name="+")
    invited_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=in_two_weeks)
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="staffinvitation_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    @property
    def is_open(self) -> bool:
        return not self.accepted_at and not self.withdrawn_at and self.expires_at > timezone.now()
