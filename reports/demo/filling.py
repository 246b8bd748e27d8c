"""Filling the demo: everything once, and something new to do at each start. See `history` for how."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import F
from django.urls import resolve
from django.utils import timezone

from clients import quiet
from clients.models import Client, Contact, Couple, Partner
from exercises import assigning, reminders, reminding
from exercises.models import Assignment, Occurrence
from practice import identity, inviting, mailboxes, signing_up, tenancy
from practice.duty_form import DutyForm
from practice.models import Membership, Message, Practice, User
from reports import making
from reports.demo import papers, people, scores
from reports.demo.duties import Duties
from reports.demo.history import History, asker_of, give, standing_at
from reports.demo.households import HOUSEHOLDS, MARA_AND_THEO, ONCE, QUIET
from reports.demo.keeping import Keeping, run_a_program
from reports.demo.people import Colleague, Gift
from reports.models import Report

State = Message.State
OPENED = datetime.timedelta(days=400)
#: How far ahead the thing is due that a start of the demo begins with.
SOON = datetime.timedelta(seconds=25)
SMALL = Gift(
    slug="one-small-favour",
    day=0,
    why="Something small for today. Nobody has to notice it.",
    rule=ONCE,
    lane="private",
)
SUMMARY = {
    Report.Audience.SHARED: (
        "Twelve weeks ago you told me that you had stopped expecting anything of the evenings. Since then you "
        "have met almost every week, with tea and without phones, and you have found a word that lets both of "
        "you out of a quarrel and back in.\n\n"
        "The two weeks around the holidays were hard, and you went through them without giving up the meeting. "
        "That is the thing I would keep."
    ),
    Report.Audience.CLINICAL: (
        "Pursue and withdraw, both aware of it. Clearance recorded after single talks. Nine slow months with sessions "
        "every other week; since they meet once a week by themselves, closeness and feeling heard rise for both. Her "
        "line runs ahead of his, and he notices.\n\n"
        "Watch: money talks, and his numbness in them. Next: repair gesture, then who carries what."
    ),
}


def fill() -> bool:
    """Make the practice and everybody in it, all or nothing; return False when it is there already."""
    if mailboxes.account_of(people.PRACTICE.email) is not None:
        return False
    now = timezone.now()
    with transaction.atomic():
        with standing_at(now - OPENED):
            practice_id = _open_practice()
            for colleague in people.COLLEAGUES:
                _employ(practice_id, colleague)
            _say_duty(practice_id, now)
        for household in HOUSEHOLDS:
            history = History(household, practice_id, _member(practice_id, household.therapist.email), now)
            history.write()
            if household is MARA_AND_THEO:
                Keeping(history).write()
                scores.write_down(history, scores.MARA_AND_THEO)
                scores.show(history)
                papers.write(history, _member(practice_id, people.PRACTICE.email))
            if household is QUIET:
                run_a_program(history, "digital-distraction-reset", 12)
        Duties(practice_id, now).write()
        _send_letters_of_the_past(practice_id, now)
    return True


def practice_of_demo() -> uuid.UUID:
    """Return the demo's practice."""
    owner = mailboxes.account_of(people.PRACTICE.email)
    if owner is None:
        raise LookupError("The demo has not been filled.")
    with transaction.atomic():
        tenancy.bind_user(owner.pk)
        return identity.all_of(owner)[0].practice_id


# ── the practice ─────────────────────────────────────────────────────────────


def _open_practice() -> uuid.UUID:
    owner = signing_up.sign_up(people.PRACTICE)
    EmailAddress.objects.filter(user=owner).update(verified=True)
    practice_id = practice_of_demo()
    with tenancy.acting(tenancy.as_system(practice_id)):
        practice = Practice.objects.get(pk=practice_id)
        practice.slug, practice.tagline = people.SLUG, people.TAGLINE
        practice.address, practice.reply_hours = people.ADDRESS, people.REPLY_HOURS
        practice.save()
    return practice_id


def _employ(practice_id: uuid.UUID, colleague: Colleague) -> User:
    """The owner invites, and the colleague follows the link of the letter."""
    owner = _member(practice_id, people.PRACTICE.email)
    with tenancy.acting(asker_of(owner.user, practice_id, membership=owner)):
        invitation = inviting.invite(name=colleague.name, email=colleague.email, role=colleague.role, by=owner)
        link = inviting.link(invitation)
    return inviting.accept(resolve(urlsplit(link).path).kwargs["ticket"], password=people.PASSWORD)


def _say_duty(practice_id: uuid.UUID, now: datetime.datetime) -> None:
    """The owner says when somebody is there, who covers and who leads, on the page for it."""
    owner, cover = _member(practice_id, people.PRACTICE.email), _member(practice_id, people.INES.email)
    holidays = [f"{year}-12-{day}" for year in (now.year, now.year + 1) for day in (25, 26)]
    said = {f"{end}_{day}": at for day in range(5) for end, at in (("from", "08:30"), ("until", "18:00"))}
    said |= {
        "holidays": "\n".join(holidays), "answer_within": "240", "pass_on_after": "120", "close_within": "960",
        "cover": str(cover.pk),
        "lead": str(owner.pk), "reply_hours": people.REPLY_HOURS, "country": people.PRACTICE.country,
    }  # fmt: skip
    with tenancy.acting(asker_of(owner.user, practice_id, membership=owner)):
        form = DutyForm(said, practice=Practice.objects.get(pk=practice_id))
        if not form.is_valid():
            raise ValueError(f"The demo's hours are not right: {form.errors.as_json()}")
        form.save()


def _member(practice_id: uuid.UUID, email: str) -> Membership:
    with tenancy.acting(tenancy.as_system(practice_id)):
        return Membership.objects.select_related("user", "practice").get(user__email=email)


def _send_letters_of_the_past(practice_id: uuid.UUID, now: datetime.datetime) -> None:
    """What was due before the demo began has left, in its story; only what is due from now on is delivered."""
    way: list[dict[str, Any]] = [
        {"state": State.CLAIMED},
        {"state": State.HANDING_OFF, "handed_off_at": F("due_at"), "begun_at": F("due_at"), "attempts": 1},
        {"state": State.ACCEPTED, "finished_at": F("due_at")},
    ]
    with tenancy.acting(tenancy.as_system(practice_id)):
        past = Message.objects.filter(state=State.PLANNED, due_at__lt=now - datetime.timedelta(hours=1))
        past = Message.objects.filter(pk__in=list(past.values_list("pk", flat=True)))
        for step in way:
            past.update(**step)


def ask_for_reports() -> None:
    """Ask, once, for a report to the couple on twelve weeks and a clinical one on the year. The worker makes them."""
    practice_id = practice_of_demo()
    therapist = _member(practice_id, people.INES.email)
    with tenancy.acting(asker_of(therapist.user, practice_id, membership=therapist)):
        rows = Partner.objects.filter(client__contacts__email=people.MARA.email)
        couple = Couple.objects.with_partners().get(pk__in=rows.values("couple_id"))
        today = timezone.localdate(timezone=couple.zone)
        for audience, days in ((Report.Audience.SHARED, 84), (Report.Audience.CLINICAL, 364)):
            wish = making.Wish(
                begins_on=today - datetime.timedelta(days=days - 1),
                ends_on=today,
                audience=audience,
                paper=Report.Paper.A4,
                summary=SUMMARY[audience],
                key=uuid.uuid5(practice_id, audience),  # asked again at the next start, it is still the same one
            )
            report = making.ask(couple, wish, by=therapist, practice=therapist.practice)
            making.ask_again(report, practice=therapist.practice)  # does nothing unless it failed


# ── at every start ───────────────────────────────────────────────────────────


def give_something_small() -> str:
    """Have a reminder due in a moment; return the name of who gets it, empty when all had enough for today."""
    practice_id, now = practice_of_demo(), timezone.now()
    therapist = _member(practice_id, people.INES.email)
    with transaction.atomic():
        for client, couple in _reachable(practice_id, now):
            _give_small(client, couple, therapist, now)
            return client.name
    return ""


def _give_small(client: Client, couple: Couple, therapist: Membership, now: datetime.datetime) -> None:
    asker = asker_of(therapist.user, therapist.practice.pk, membership=therapist)
    at = (now + SOON).astimezone(couple.zone)
    with tenancy.acting(asker):
        # One of an earlier start that was never answered makes way.
        left = Occurrence.objects.open().filter(client=client, assignment__edition__exercise__slug=SMALL.slug)
        for assignment in Assignment.objects.running().filter(pk__in=left.values("assignment_id")):
            assigning.withdraw(assignment, therapist)
        _make_way(client, now)
    gift = replace(SMALL, at=at.time().replace(microsecond=0).isoformat(), to=(client.name,))
    give(gift, couple, by=therapist, asker=asker, on=at.date())


def _make_way(client: Client, now: datetime.datetime) -> None:
    """Call off what would leave within the hour: between two messages to one person there is a gap."""
    with tenancy.elevated():
        soon = Message.objects.filter(
            kind=reminders.KIND, person_id=client.pk, due_at__lte=now + reminding.GAP, state=Message.State.PLANNED
        )
        soon.update(state=Message.State.CANCELLED, reason="demo", finished_at=now)


def _reachable(practice_id: uuid.UUID, now: datetime.datetime) -> Iterator[tuple[Client, Couple]]:
    """Return who can get a mail now, Theo and Mara before the others."""
    first = [one.email for one in reversed(MARA_AND_THEO.partners)]
    with tenancy.acting(tenancy.as_system(practice_id)):
        couples = Couple.objects.filter(
            status=Couple.Status.ACTIVE, caseload__membership__user__email=people.INES.email
        )
        rows = Partner.objects.filter(couple__in=couples, client__user__isnull=False).select_related("couple")
        contacts = {one.client_id: one for one in Contact.objects.select_related("client")}
        # Wall time is each person's own, so one in another zone would be asked an hour early or late.
        here = [row for row in rows if contacts[row.client_id].time_zone == row.couple.time_zone]
        found = [(contacts[row.client_id], row.couple_id) for row in here]
        found = [one for one in found if not _had_enough(one[0], now)]
        found.sort(key=lambda one: (first.index(one[0].email) if one[0].email in first else len(first), one[0].pk))
        ready = [(one.client, Couple.objects.with_partners().get(pk=couple_id)) for one, couple_id in found[:1]]
    yield from ready


def _had_enough(contact: Contact, now: datetime.datetime) -> bool:
    if quiet.is_quiet(now, contact.quiet_from, contact.quiet_until, contact.zone):
        return True
    today = now.astimezone(contact.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    of_today = Message.objects.filter(kind=reminders.KIND, person_id=contact.client_id, handed_off_at__gte=today)
    lately = of_today.filter(handed_off_at__gt=now - reminding.GAP)
    return lately.exists() or of_today.count() >= reminding.MOST_A_DAY
