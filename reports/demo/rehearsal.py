"""Rehearsing: some days of one couple lived ahead of time, over a change of the clocks, in two zones.

They have a practice of their own in the demo. The database's clock and ours are set to each moment at which
something is due; the planner and the courier that run are the real ones, and the letters lie in the demo's
mailbox with the dates of the days that were rehearsed. These days are ahead of today, so that the demo's own
workers leave them alone.
"""

from __future__ import annotations

import datetime
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.utils import timezone

from clients.models import Contact, Couple
from exercises import occurrences
from exercises.models import Assignment, Occurrence
from practice import delivery, identity, mailboxes, signing_up, tenancy
from practice.models import Membership, Message, Practice
from practice.signing_up import NewPractice
from reports.demo.history import DAY, History, give, standing_at
from reports.demo.people import PASSWORD, Colleague, Gift, Household, Person

OWNER = NewPractice(
    owner="Nora Feld",
    email="nora@example.org",
    password=PASSWORD,
    name="Two Clocks",
    country="DE",
    time_zone="Europe/Berlin",
)
LENA, SAM = "Lena", "Sam"
ZONES = {LENA: "Europe/Berlin", SAM: "America/New_York"}
RITUAL = Gift("gratitude-log", 0, "Three lines a day, each in your own evening.", rule="FREQ=DAILY", at="19:30")
STEP = datetime.timedelta(seconds=1)


@dataclass(frozen=True)
class Told:
    """One message of the rehearsal: who, when on their own clock and on the world's, and what became of it."""

    name: str
    wall: datetime.datetime
    step: str
    channel: str
    state: str
    reason: str

    def __str__(self) -> str:
        said = f"{self.state}: {self.reason}" if self.reason else self.state
        when = f"{self.wall:%a %d %b %H:%M %Z}"
        utc = f"{self.wall.astimezone(datetime.UTC):%H:%M} UTC"
        return f"{self.name:<5} {when:<21} {utc}  {self.step:<10} {self.channel:<7} {said}"


@contextmanager
def living_at(moment: datetime.datetime) -> Iterator[None]:
    """Let this process and its connection believe that it is ``moment``."""
    shift = moment - datetime.datetime.now(datetime.UTC)
    _shift(str(shift.total_seconds()))
    try:
        with standing_at(moment):
            yield
    finally:
        _shift("")


def _shift(seconds: str) -> None:
    with connection.cursor() as cursor:
        value = f"{seconds} seconds" if seconds else ""
        cursor.execute("SELECT set_config('attune.clock_shift', %s, false)", [value])


def next_change(zone: ZoneInfo, after: datetime.date) -> datetime.date:
    """Return the next local day, after a day, on which a zone's clocks change."""
    for ahead in range(1, 400):
        day = after + DAY * ahead
        noon = datetime.time(12)
        yesterday = datetime.datetime.combine(day - DAY, noon, tzinfo=zone)
        if datetime.datetime.combine(day, noon, tzinfo=zone).utcoffset() != yesterday.utcoffset():
            return day
    raise LookupError(f"The clocks of {zone} do not change.")


def rehearse(first: datetime.date, days: int, say: Callable[[str], object]) -> list[Told]:
    """Live ``days`` days from ``first`` on (in Berlin), and return all messages in the order of their moments."""
    begins = datetime.datetime.combine(first, datetime.time(8), tzinfo=ZoneInfo("Europe/Berlin"))
    if begins <= timezone.now() + DAY:
        raise ValueError("Only days ahead of today can be rehearsed.")
    therapist = _practice()
    lived = _Days(therapist, begins, number=uuid.uuid4().hex[:6])
    lived.begin()
    for day in range(days):
        lived.live(first + DAY * day)
        say(f"{first + DAY * day:%A, %d %B %Y} is over")
    return lived.told()


def _practice() -> Membership:
    """Return the owner of the rehearsal's practice, which is opened the first time."""
    owner = mailboxes.account_of(OWNER.email)
    if owner is None:
        owner = signing_up.sign_up(OWNER)
        EmailAddress.objects.filter(user=owner).update(verified=True)
    assert owner is not None  # noqa: S101 the address was free
    with transaction.atomic():
        tenancy.bind_user(owner.pk)
        practice_id = identity.all_of(owner)[0].practice_id
    with tenancy.acting(tenancy.as_system(practice_id)):
        Practice.objects.filter(pk=practice_id).update(slug="two-clocks")
        return Membership.objects.select_related("user", "practice").get(user=owner)


class _Days(History):
    """The couple's days. They join on the morning of the first one."""

    def __init__(self, therapist: Membership, begins: datetime.datetime, number: str):
        partners = tuple(
            Person(name, "", f"{name.lower()}.{number}@example.org", zone=zone) for name, zone in ZONES.items()
        )
        colleague = Colleague(therapist.name, therapist.user.email, therapist.role)
        household = Household(partners=partners, therapist=colleague, days=0)
        super().__init__(household, therapist.practice_id, therapist, begins)  # type: ignore[arg-type]
        self.begins = begins

    def begin(self) -> Couple:
        with living_at(self.begins):
            self._begin()
            self._join()
            give(RITUAL, self.couple, by=self.therapist, asker=self.askers[""], on=self.begins.date())
        return self.couple

    def live(self, day: datetime.date) -> None:
        """Plan the day, let one of them answer early on every third one, and deliver whatever is due on it."""
        zone = ZoneInfo("Europe/Berlin")
        now = datetime.datetime.combine(day, datetime.time(6), tzinfo=zone)
        ends = datetime.datetime.combine(day + DAY, datetime.time(6), tzinfo=zone)
        now = max(now, self.begins + STEP)
        with living_at(now), tenancy.acting(tenancy.as_system(self.practice_id)):
            occurrences.close_due(now)
            for assignment in Assignment.objects.running().filter(couple=self.couple):
                occurrences.plan(assignment, now)
        if (day - self.begins.date()).days % 3 == 1:
            self._answers_early(LENA, day)
        while (due := self._next_due()) is not None and due < ends:
            now = max(due, now) + STEP
            self._deliver(now)

    def _answers_early(self, name: str, day: datetime.date) -> None:
        with tenancy.acting(tenancy.as_system(self.practice_id)):
            today = Occurrence.objects.open().filter(
                couple=self.couple, audience__contains=[self.clients[name].pk], slot__startswith=day.isoformat()
            )
            found = list(today.select_related("assignment__edition__exercise"))
        for occurrence in found:
            moment = occurrence.due_at - datetime.timedelta(minutes=20)
            with living_at(moment):
                self._send(occurrence, self.clients[name], self.voices[name], moment, 0)

    def _next_due(self) -> datetime.datetime | None:
        with tenancy.acting(tenancy.as_system(self.practice_id)):
            waiting = Message.objects.filter(couple_id=self.couple.pk, state=Message.State.PLANNED)
            return waiting.order_by("due_at").values_list("due_at", flat=True).first()

    def _deliver(self, now: datetime.datetime) -> None:
        with living_at(now), delivery.Courier(time.monotonic() + 30) as courier:
            while courier.takes_turn(self.practice_id):
                pass

    def told(self) -> list[Told]:
        names = {client.pk: name for name, client in self.clients.items()}
        with tenancy.acting(tenancy.as_system(self.practice_id)):
            zones = dict(Contact.objects.filter(client_id__in=names).values_list("client_id", "time_zone"))
            rows = list(Message.objects.filter(couple_id=self.couple.pk, kind="reminder").exclude(state="planned"))
        return sorted(
            (
                Told(
                    names[one.person_id],
                    (one.begun_at or one.due_at).astimezone(ZoneInfo(zones[one.person_id])),
                    one.step,
                    one.channel,
                    one.state,
                    one.reason,
                )
                for one in rows
            ),
            key=lambda one: one.wall,
        )
