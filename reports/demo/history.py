"""Letting time pass: a couple's weeks, lived through the verbs that the site itself uses.

Nothing here writes an answer, a score or a reminder. The clock that the verbs read is set back, somebody is
bound to the database as a request of theirs would be, and the verb is called. What follows from it (readers,
scores, alerts, openings) follows by itself.
"""

from __future__ import annotations

import datetime
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.urls import resolve
from django.utils import timezone

from clients import appointments, clearing, consents, inviting, starting, status
from clients.models import Client, ClientInvitation, Contact, Couple, PortalVisit
from exercises import answering, assigning, lanes, occurrences, record, reviewing
from exercises.giving import Giving
from exercises.library import find_exercise
from exercises.models import Assignment, Occurrence, Response
from exercises.recurrence import Recurrence
from exercises.schedule import dates, default_time
from exercises.vocabulary import Lane
from practice import identity, tenancy
from practice.models import Membership, User
from reports.demo.people import PASSWORD, SLUG, Gift, Household
from reports.demo.voices import Voice, voices

DAY = datetime.timedelta(days=1)
LEFT_OUT = ("Too tired tonight.", "Late shift, sorry.", "We talked instead, and that was good.")


@contextmanager
def standing_at(moment: datetime.datetime) -> Iterator[None]:
    """Let the verbs believe that it is `moment`. For this process and the demo only."""
    real = timezone.now
    timezone.now = lambda: moment.astimezone(datetime.UTC)
    try:
        yield
    finally:
        timezone.now = real


def asker_of(
    user: User, practice_id: uuid.UUID, *, membership: Membership | None = None, person: Client | None = None
) -> tenancy.Asker:
    """Return what a request of this person is bound to."""
    return tenancy.scoped(identity.Identity(user, practice_id, membership=membership, person=person).asker())


def give(
    gift: Gift, couple: Couple, *, by: Membership, asker: tenancy.Asker, on: datetime.date | None = None
) -> list[Assignment]:
    """Give something as the therapist would on the site, for today or the day named."""
    with tenancy.acting(asker):
        exercise = find_exercise(gift.slug)
        if exercise is None or exercise.newest is None:
            raise LookupError(f"The catalogue has no {gift.slug}.")
        cadence = exercise.newest.content["cadence"]
        lane = gift.lane or exercise.newest.content["lane"]
        giving = Giving(
            couple=couple,
            edition=exercise.newest,
            clients=tuple(one.pk for one in couple.clients if not gift.to or one.name in gift.to),
            lane=lane,
            why=gift.why,
            starts_on=on or timezone.localdate(timezone=couple.zone),
            at=datetime.time.fromisoformat(gift.at) if gift.at else default_time(cadence["time_of_day"]),
            recurrence=Recurrence.parse(
                gift.rule or cadence["rule"], reviews=bool(cadence.get("reviews")) and not gift.rule
            ),
            opens_by=gift.opens_by if lane == Lane.REVEAL else "",
            remind=gift.remind,
        )
        return assigning.give(giving, by=by)


class History:
    """One household's time in care, from the first call until now."""

    def __init__(self, household: Household, practice_id: uuid.UUID, therapist: Membership, now: datetime.datetime):
        self.household = household
        self.practice_id = practice_id
        self.therapist = therapist
        self.now = now
        self.chance = random.Random(f"{SLUG} {household.names}")  # noqa: S311
        self.voices = voices(household.partners, household.said)
        self.clients: dict[str, Client] = {}
        self.askers: dict[str, tenancy.Asker] = {}

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.couple.time_zone)

    def write(self) -> Couple:
        """Write all of it and return the couple."""
        self._begin()
        if self.household.joined:
            self._join()
            for day in range(self.household.days + 1):
                self._live(day)
            self._change_status()
        return self.couple

    # ── the clock ────────────────────────────────────────────────────────────

    def _moment(self, day: int, at: str | datetime.time) -> datetime.datetime:
        """Return the moment on a day of their care, counted from the first one."""
        time = datetime.time.fromisoformat(at) if isinstance(at, str) else at
        zone = ZoneInfo(self.therapist.practice.time_zone)
        today = self.now.astimezone(zone).date()
        date = today - DAY * (self.household.days - day)
        return datetime.datetime.combine(date, time, tzinfo=zone).astimezone(datetime.UTC)

    def _past(self, moment: datetime.datetime) -> datetime.datetime:
        """Nothing of a history happens in the future."""
        return min(moment, self.now - datetime.timedelta(minutes=1))

    # ── the beginning ────────────────────────────────────────────────────────

    def _begin(self) -> None:
        """The therapist takes them on, invites them, plans the sessions and notes that it is safe."""
        household = self.household
        began = self._past(self._moment(0, "09:00"))
        user = self.therapist.user
        with standing_at(began):
            with tenancy.acting(asker_of(user, self.practice_id, membership=self.therapist)):
                new = [starting.NewPartner(one.name, one.pronouns, one.email, one.zone) for one in household.partners]
                self.couple = starting.take_on(
                    new,
                    time_zone=self.therapist.practice.time_zone,
                    therapists=[self.therapist],
                    by=self.therapist,
                    invite=True,
                )
                with tenancy.elevated():  # a date without a clock: the day of the database, not of the story
                    self.couple.started_on = self._moment(0, "12:00").date()
                    self.couple.save(update_fields=["started_on"])
            # Asked again: their caseload has a couple more now.
            self.askers[""] = asker_of(user, self.practice_id, membership=self.therapist)
            with tenancy.acting(self.askers[""]):
                self.couple = Couple.objects.with_partners().get(pk=self.couple.pk)
                self.clients = {client.name: client for client in self.couple.clients}
                for ago, at in household.sessions:
                    moment = self._moment(household.days - ago, at) if at else self._today()
                    appointments.make(self.couple, starts_at=moment, minutes=60, place=household.place)
                if household.clearance:
                    clearing.record(self.couple, note=household.clearance, by=self.therapist)

    def _today(self) -> datetime.datetime:
        """A session later today, or the last one possible."""
        wished = (self.now + datetime.timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
        return min(wished, self._moment(self.household.days, "21:00"))

    def _join(self) -> None:
        """Each opens their own letter, chooses a password and agrees to what each adult agrees to."""
        for number, one in enumerate(self.household.partners):
            with standing_at(self._past(self._moment(0, f"{12 + number}:10"))):
                client = self.clients[one.name]
                with tenancy.acting(tenancy.as_system(self.practice_id)):
                    invitation = ClientInvitation.objects.get(client=client, accepted_at=None)
                    ticket = resolve(urlsplit(inviting.link(invitation)).path).kwargs["ticket"]
                user = inviting.accept(ticket, password=PASSWORD)
                client.user = user
                self.askers[one.name] = asker_of(user, self.practice_id, person=client)
                with tenancy.acting(self.askers[one.name]):
                    for about in consents.REQUIRED:
                        consents.give(client, about)
                    if one.never_quiet:
                        contact = Contact.objects.get(client=client)
                        contact.quiet_from = contact.quiet_until = datetime.time(0)
                        contact.save(update_fields=["quiet_from", "quiet_until"])

    # ── one day ──────────────────────────────────────────────────────────────

    def _live(self, day: int) -> None:
        ago = self.household.days - day
        if self.household.then and ago <= self.household.then[1]:
            return
        for gift in self.household.gifts:
            if gift.day == day:
                with standing_at(self._past(self._moment(day, "08:30"))):
                    give(gift, self.couple, by=self.therapist, asker=self.askers[""])
        if day % 14 == 0:
            self._plan(self._past(self._moment(day, "06:00")))
        if ago >= self.household.quiet_for:
            for occurrence in self._due(day):
                self._answer(occurrence, day)
        if day % 2 == 1 or ago == 0:
            self._close(self._past(self._moment(day, "23:58")))
        if day % 7 == 3:
            self._read(self._past(self._moment(day, "22:30")))

    def _plan(self, moment: datetime.datetime) -> None:
        with standing_at(moment), tenancy.acting(tenancy.as_system(self.practice_id)):
            for assignment in Assignment.objects.running().filter(couple=self.couple):
                occurrences.plan(assignment, moment)

    def _close(self, moment: datetime.datetime) -> None:
        with standing_at(moment), tenancy.acting(tenancy.as_system(self.practice_id)):
            occurrences.close_due(moment)
            occurrences.end_finished(moment)

    def _read(self, moment: datetime.datetime) -> None:
        """Once a week the therapist reads what came in, and works through it."""
        with standing_at(moment), tenancy.acting(self.askers[""]):
            sent = list(Response.objects.filter(couple=self.couple))
            for apart in (False, True):
                record.mark_read(self.therapist, sent, apart=apart)
            reviewing.mark_all(list(reviewing.to_review([self.couple.pk])), self.therapist)
            for client in self.clients.values():
                private = list(reviewing.to_review([self.couple.pk], client=client))
                reviewing.mark_all(private, self.therapist, apart=True)

    def _due(self, day: int) -> list[Occurrence]:
        begins = self._moment(day, "00:00")
        with tenancy.acting(tenancy.as_system(self.practice_id)):
            rows = Occurrence.objects.open().filter(
                couple=self.couple, due_at__gte=begins, due_at__lt=min(begins + DAY, self.now)
            )
            return list(rows.select_related("assignment__edition__exercise").order_by("due_at", "pk"))

    # ── one answer ───────────────────────────────────────────────────────────

    def _answer(self, occurrence: Occurrence, day: int) -> None:
        """Whoever is asked answers around the time it is due, or not, or says why not."""
        asked = [(name, one) for name, one in self.clients.items() if one.pk in occurrence.audience]
        joint, form = occurrence.assignment.is_joint, occurrence.assignment.edition.form
        if joint:
            self.chance.shuffle(asked)
            if not any(lanes.is_personal(one, Lane.JOINT) for one in form):
                asked = asked[:1]
        awaited = occurrence.assignment.lane in (Lane.REVEAL, Lane.JOINT)
        willing = [
            (name, one)
            for name, one in asked
            if self._must(name, occurrence, day) or self.voices[name].joins_in(awaited=awaited)
        ]
        if joint and len(willing) < len(asked):
            return
        for name, client in asked:
            minutes = self.chance.triangular(-50, 55, 5)
            moment = max(occurrence.due_at + datetime.timedelta(minutes=minutes), occurrence.opens_at)
            if (name, client) in willing and moment < self.now:
                self._send(occurrence, client, self.voices[name], moment, day)
            elif moment < self.now and self.chance.random() < 0.2:
                with standing_at(moment), tenancy.acting(self.askers[name]):
                    answering.skip(occurrence, author=client, reason=self.chance.choice(LEFT_OUT))

    def _must(self, name: str, occurrence: Occurrence, day: int) -> bool:
        """Some answers are no chance: what the story is about, and what lies sealed today."""
        sealed = occurrence.assignment.lane == Lane.REVEAL and self.household.days - day <= 7
        return sealed or occurrence.assignment.edition.exercise.slug in self.household.said.get(name, {})

    def _send(self, occurrence: Occurrence, client: Client, voice: Voice, moment: datetime.datetime, day: int) -> None:
        edition = occurrence.assignment.edition
        through = day / max(self.household.days, 1)
        given = occurrence.assignment
        turn = len(dates(given.recurrence, given.starts_on, end=datetime.date.fromisoformat(occurrence.slot[:10]))) - 1
        raw = voice.answers(edition.exercise.slug, edition.form, turn, through)
        with standing_at(moment), tenancy.acting(self.askers[voice.person.name]):
            answering.submit(occurrence, author=client, raw=raw)
            with tenancy.elevated():
                PortalVisit.objects.create(client=client, at=moment - datetime.timedelta(minutes=4))

    # ── the end ──────────────────────────────────────────────────────────────

    def _change_status(self) -> None:
        if self.household.then:
            to, ago = self.household.then
            with standing_at(self._moment(self.household.days - ago, "15:00")), tenancy.acting(self.askers[""]):
                status.change(self.couple, to)
