"""Calendars that follow along: what stands in them, who may fetch them, and what empties them."""

from __future__ import annotations

import datetime
import hashlib
import io
import logging
import re
from zoneinfo import ZoneInfo

import icalendar
import pytest
import time_machine
from allauth.account import signals as account
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from dateutil import tz as dateutil_zones
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clients import appointments, calendar_files, calendar_links, consents
from clients import status as statuses
from clients.models import Appointment, CaseloadEntry, Contact, Couple, Partner, PersonCalendar, StaffCalendar
from exercises import pausing
from practice import team, tenancy
from practice.logs import WithoutWords
from practice.models import AccountEvent, Membership, Message, User
from reports import standing
from tests.clients.test_parting import freshly
from tests.exercises.given import give
from tests.factories import PASSWORD, acting_as, asker_for, make_couple, signed_in, user_of

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
PORTAL, STAFF = "/you/calendar/", "/desk/account/calendar/"


def within(row):
    """Work as Attune itself in the practice of a row."""
    return tenancy.acting(tenancy.as_system(row.practice_id))


def link_of(who, **chosen) -> str:
    """Switch somebody's calendar on and return the path of its link."""
    own = calendar_links.of_member if isinstance(who, Membership) else calendar_links.of_person
    with acting_as(who):
        row = own(who)
        for name, value in chosen.items():
            setattr(row, name, value)
        return reverse("calendar", args=[calendar_links.renew(row)])


def fetch(link: str, status: int = 200) -> bytes:
    answer = Browser().get(link)
    assert answer.status_code == status
    return answer.content


def events(link: str) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(fetch(link)).walk("VEVENT"))


def titles(link: str) -> list[str]:
    return [str(one["SUMMARY"]) for one in events(link)]


def meet(couple, starts_at=None, **more) -> Appointment:
    with within(couple):
        return Appointment.objects.create(
            couple=couple, starts_at=starts_at or timezone.now() + datetime.timedelta(days=3), **more
        )


# ── what stands in it ────────────────────────────────────────────────────────


def test_a_partner_finds_when_and_nothing_else(couple, therapist, mara):
    meet(couple, place="Room with the couch", link="https://calls.example/therapy")
    give(couple, therapist, "shared", title="Speaking about us")
    give(couple, therapist, "private", title="A private check about safety")
    link = link_of(mara)
    assert sorted(titles(link)) == ["Appointment", "Reminder", "Reminder"]
    text = fetch(link).decode().casefold()
    told = ("therap", "couple", "exercise", "session", "attune", "private check", "safety", "couch", "calls.example")
    names = ("mara", "theo", "karlsen", "linden")
    assert [word for word in (*told, *names) if word in text] == []


def test_what_one_partner_has_alone_changes_no_byte_of_the_others(couple, therapist, mara, theo):
    meet(couple)
    give(couple, therapist, "reveal")
    mine, theirs = link_of(mara), link_of(theo)
    before, had = fetch(theirs), len(events(mine))
    for lane in ("private", "own"):
        give(couple, therapist, lane, to=[mara])
    meet(couple, audience=[mara.pk])
    assert fetch(theirs) == before
    assert len(events(mine)) == had + 3


def test_the_two_partners_have_other_names_for_the_same_entry(couple, mara, theo):
    meet(couple)
    (mine,), (theirs,) = events(link_of(mara)), events(link_of(theo))
    assert mine["UID"] != theirs["UID"]
    assert mine.start == theirs.start


def test_a_therapist_finds_their_own_caseload_without_a_name_unless_they_choose(practice, couple, therapist, colleague):
    meet(couple, timezone.now() + datetime.timedelta(days=5), place="Room 7")
    other = make_couple(practice, ("Ann", "Bo"), therapist=colleague)
    meet(other)
    with acting_as(therapist):
        standing.place(couple, by=therapist, audience="clinical", days_before=2)
    for names, suffix in (("none", ""), ("initials", " M & T"), ("names", " Mara & Theo")):
        link = link_of(therapist, names=names)
        assert titles(link) == [f"Report due{suffix}", f"Session{suffix}"]
        assert b"Room 7" not in fetch(link)
    with within(couple):
        CaseloadEntry.objects.filter(couple=couple).delete()
    assert titles(link) == []


# ── time ─────────────────────────────────────────────────────────────────────


def test_hours_are_right_on_both_sides_of_a_change_of_clocks(practice, therapist, mara, couple):
    """Read back by two libraries; the file's own rules are used by the second, and no zone of the machine's."""
    now = timezone.now()
    spring = next(
        day
        for year in (now.year, now.year + 1)
        for n in range(7)
        if (day := datetime.date(year, 3, 31) - datetime.timedelta(days=n)).weekday() == 6
        and day > now.date() + datetime.timedelta(days=2)
    )
    days = [spring + datetime.timedelta(days=n) for n in (-1, 0, 1)]
    moments = [datetime.datetime.combine(day, datetime.time(18), tzinfo=LONDON) for day in days]
    for one in moments:
        meet(couple, one)
    body = fetch(link_of(mara))
    found = list(icalendar.Calendar.from_ical(body).walk("VEVENT"))
    assert [one.start for one in found] == moments
    assert {one["DTSTART"].params["TZID"] for one in found} == {"Europe/London"}
    rules = re.search(rb"BEGIN:VTIMEZONE.*END:VTIMEZONE\r\n", body, re.S)
    assert rules is not None
    own = dateutil_zones.tzical(io.StringIO(rules.group().decode().replace("\r\n", "\n"))).get("Europe/London")
    for one, moment in zip(found, moments, strict=True):
        wall = one["DTSTART"].dt.replace(tzinfo=None)
        assert wall.hour == 18
        assert wall.replace(tzinfo=own).astimezone(datetime.UTC) == moment.astimezone(datetime.UTC)
    told = body.replace(rules.group(), b"")
    assert not re.search(rb"^DT(START|END):\d{8}T\d{6}\r$", told, re.M), "no time floats"


def test_an_hour_that_comes_twice_is_said_in_utc(couple, mara):
    now = timezone.now()
    autumn = next(
        moment
        for year in (now.year, now.year + 1)
        for n in range(7)
        if (day := datetime.date(year, 10, 31) - datetime.timedelta(days=n)).weekday() == 6
        and (moment := datetime.datetime(year, 10, day.day, 1, 30, tzinfo=LONDON)) > now
    )
    both = [autumn, autumn.replace(fold=1)]
    for one in both:
        meet(couple, one)
    body = fetch(link_of(mara))
    found = list(icalendar.Calendar.from_ical(body).walk("VEVENT"))
    assert [one.start for one in found] == [one.astimezone(datetime.UTC) for one in both]
    assert len(re.findall(rb"^DTSTART:\d{8}T\d{6}Z\r$", body, re.M)) == 2


def test_a_zones_rules_say_each_change_of_clocks_by_the_clocks_until_then():
    """As RFC 5545 (3.6.5) has it: read in its way, they say the same as the zone, up to the second of each change."""
    second, day = datetime.timedelta(seconds=1), datetime.timedelta(days=1)
    for name in ("Europe/London", "Europe/Dublin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"):
        parts = calendar_files._zone(name, 2026, 2028).subcomponents
        onsets = [(one["DTSTART"].dt - one["TZOFFSETFROM"].td, one["TZOFFSETTO"].td) for one in parts]
        assert len(onsets) == 5, name
        days = [onsets[0][0] + day * n for n in range(730)]
        for moment in [*days, *(onset + beside for onset, _to in onsets[1:] for beside in (-second, second * 0))]:
            said = [offset for onset, offset in onsets if onset <= moment][-1]
            assert said == moment.replace(tzinfo=datetime.UTC).astimezone(ZoneInfo(name)).utcoffset(), (name, moment)


def test_an_entry_keeps_its_name_and_counts_what_becomes_of_it(couple, mara):
    row = meet(couple)
    link = link_of(mara)

    def now() -> tuple:
        (one,) = events(link)
        return str(one["UID"]), one["SEQUENCE"], str(one["STATUS"]), one["LAST-MODIFIED"].dt, one.start

    first = now()
    assert first[1:3] == (0, "CONFIRMED")
    with within(couple):
        row.refresh_from_db()
        day = timezone.localtime(row.starts_at, couple.zone).date() + datetime.timedelta(days=1)
        meeting = appointments.Meeting(at=datetime.time(11), minutes=60)
        appointments.change(row, seen=appointments.version_of(row), day=day, meeting=meeting)
    moved = now()
    assert (moved[0], moved[1]) == (first[0], 1)
    assert moved[3] >= first[3]
    assert moved[4] != first[4]
    with within(couple):
        appointments.cancel(row)
    off = now()
    assert (off[0], off[1], off[2]) == (first[0], 2, "CANCELLED")
    with within(couple):
        appointments.take_place(row)
    assert now()[:3] == (first[0], 3, "CONFIRMED")
    link = link_of(mara)
    assert now()[:2] == (first[0], 3), "another link, the same entries"


def test_what_closing_called_off_counts_when_care_goes_on(couple, mara):
    meet(couple)
    link = link_of(mara)
    (before,) = events(link)
    with within(couple):
        statuses.change(couple, "closed")
        statuses.change(couple, "active")
    (one,) = events(link)
    assert (one["UID"], one["SEQUENCE"], str(one["STATUS"])) == (before["UID"], 1, "CANCELLED")


def test_another_length_counts_and_another_room_does_not(couple):
    row = meet(couple)
    with within(couple):
        for minutes, place, count in ((60, "Room 2", 0), (90, "Room 2", 1)):
            row.refresh_from_db()
            there = timezone.localtime(row.starts_at, couple.zone)
            meeting = appointments.Meeting(at=there.time(), minutes=minutes, place=place)
            appointments.change(row, seen=appointments.version_of(row), day=there.date(), meeting=meeting)
            row.refresh_from_db()
            assert row.sequence == count
            assert (row.changed_at is not None) == bool(count)


def test_nothing_rings_unless_somebody_chose_it(couple, mara):
    meet(couple)
    assert events(link_of(mara))[0].walk("VALARM") == []
    (ring,) = events(link_of(mara, alarm=60))[0].walk("VALARM")
    assert ring["TRIGGER"].dt == datetime.timedelta(hours=-1)
    assert ring["DESCRIPTION"] == "Appointment"


def test_a_program_is_told_when_to_look_again_and_to_keep_nothing(couple, mara):
    meet(couple)
    answer = Browser().get(link_of(mara))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    file = icalendar.Calendar.from_ical(answer.content)
    assert file["REFRESH-INTERVAL"].dt == datetime.timedelta(hours=1)
    assert file["VERSION"] == "2.0"


# ── what empties it ──────────────────────────────────────────────────────────


def test_consent_taken_back_empties_ones_own_and_no_other(couple, therapist, mara, theo):
    meet(couple)
    give(couple, therapist, "shared")
    mine, theirs = link_of(mara), link_of(theo)
    before = fetch(theirs)
    with acting_as(mara):
        consents.take_back(mara, "care")
    assert titles(mine) == []
    assert fetch(theirs) == before


@pytest.mark.parametrize("status", ["paused", "separated", "closed"])
def test_a_couple_that_rests_or_has_parted_empties_it(status, couple, therapist, mara):
    meet(couple)
    give(couple, therapist, "shared")
    link = link_of(mara)
    assert len(titles(link)) == 2
    with within(couple):
        Couple.objects.filter(pk=couple.pk).update(status=status)
    assert titles(link) == []


def test_who_leaves_finds_nothing_from_that_minute(couple, mara):
    meet(couple)
    link = link_of(mara)
    with within(couple):
        Partner.objects.filter(couple=couple, client=mara).update(left_at=timezone.now())
    assert titles(link) == []


def test_what_rests_is_not_there_until_it_is_due_again(couple, therapist, mara):
    give(couple, therapist, "shared")
    link = link_of(mara)
    assert titles(link) == ["Reminder"]
    with acting_as(therapist):
        today = timezone.localdate(timezone=couple.zone)
        pausing.pause(couple, by=therapist, kind="pause", starts_on=today, ends_on=None)
    assert titles(link) == []


# ── the link ─────────────────────────────────────────────────────────────────


def test_every_link_that_is_not_the_present_one_is_an_unknown_page(couple, mara, theo, therapist):
    present, old = link_of(theo), link_of(mara)
    renewed = link_of(mara)
    secret = renewed.removeprefix("/calendar/").removesuffix(".ics")
    changed = secret[:-8] + ("A" if secret[-8] != "A" else "B") + secret[-7:]
    wrong = [old, *(f"/calendar/{one}.ics" for one in (changed, secret[:-4], "x", "ü" * 40, "A" * 86, "A" * 3000))]
    ended = link_of(theo)
    with acting_as(theo):
        calendar_links.end(calendar_links.of_person(theo))
    unknown = strip(fetch("/nothing-like-this/", 404))
    for link in (*wrong, present, ended):
        assert strip(fetch(link, 404)) == unknown, link[:60]
    fetch(renewed)
    assert Browser().post(renewed).status_code in (403, 405)


def strip(body: bytes) -> bytes:
    return re.sub(rb'nonce="[^"]*"|value="[^"]*"|[\w+/=-]{40,}', b"", body)


def test_who_does_not_come_in_any_more_has_no_calendar(couple, therapist, mara):
    mine, theirs = link_of(mara), link_of(therapist)
    with within(couple):
        Membership.objects.filter(pk=therapist.pk).update(ended_at=timezone.now())
    fetch(theirs, 404)
    user = mara.user
    user.is_active = False
    user.save(update_fields=["is_active"])
    fetch(mine, 404)


def test_a_link_ends_with_a_role_and_when_an_account_comes_back_by_mail(practice, mara, therapist):
    mine, theirs = link_of(mara), link_of(therapist)
    with within(therapist):
        team.change_role(therapist, "supervisor")
    fetch(theirs, 404)
    theirs = link_of(therapist)
    for who, link in ((mara, mine), (therapist, theirs)):
        fetch(link)
        account.password_reset.send(sender=User, request=None, user=user_of(who))
        fetch(link, 404)


def test_a_link_ends_whenever_its_owner_signs_in_otherwise_from_then_on(couple, mara, therapist):
    def without_a_second_step(user: User) -> None:
        Authenticator.objects.create(user=user, type="totp", data={"secret": ""}).delete()

    def with_another_address(user: User) -> None:
        new = EmailAddress(user=user, email=f"new.{user.email}")
        said = {"from_email_address": None, "to_email_address": new}
        account.email_changed.send(sender=User, request=None, user=user, **said)

    passwords = [
        lambda user, one=one: one.send(sender=User, request=None, user=user)
        for one in (account.password_changed, account.password_set)
    ]
    for who in (mara, therapist):
        for act in (*passwords, with_another_address, without_a_second_step):
            link = link_of(who)
            fetch(link)
            act(user_of(who))
            fetch(link, 404)
    link = link_of(mara)
    Authenticator.objects.create(user=user_of(mara), type="recovery_codes", data={}).delete()
    fetch(link)
    new = {"oldpassword": PASSWORD, "password1": "quite another long one", "password2": "quite another long one"}
    answer = signed_in(mara).post("/account/password/change/", new, follow=True)
    assert "Your link to a calendar was ended." in answer.content.decode()
    fetch(link, 404)


def test_whose_link_it_is_reads_in_their_account_that_one_was_made_and_is_told_outside(couple, mara, therapist):
    with within(couple):
        Contact.objects.update_or_create(client=mara, defaults={"safe_channel": "email", "email": "m@example.org"})
    for who in (mara, therapist):
        for _once_and_again in range(2):
            link_of(who)
        told = AccountEvent.objects.filter(user=user_of(who)).values_list("what", flat=True)
        assert list(told) == ["calendar_made"] * 2
        assert "A link was made by which a program reads your calendar." in (
            freshly(signed_in(who)).get("/account/sign-ins/").content.decode()
        )
    assert [one.to for one in mail.outbox] == [[user_of(therapist).email]] * 2
    with within(couple):
        assert Message.objects.filter(kind="security", person_id=mara.pk).count() == 2


def test_nothing_that_is_kept_opens_a_calendar(couple, mara, therapist):
    for who, model in ((mara, PersonCalendar), (therapist, StaffCalendar)):
        secret = link_of(who).removeprefix("/calendar/").removesuffix(".ics")
        with within(couple):
            row = model.objects.get()
            assert row.digest == hashlib.sha256(calendar_links._parts(secret)[2]).hexdigest()
            kept = " ".join(str(getattr(row, one.attname)) for one in row._meta.concrete_fields)
        assert secret not in kept


def test_no_line_of_the_log_holds_a_link(mara):
    link = link_of(mara)
    record = logging.LogRecord("x", logging.WARNING, "", 1, "Not Found: %s", (link,), None)
    assert link.split("/")[2] not in WithoutWords().format(record)
    assert "/calendar/…" in WithoutWords().format(record)


def test_one_link_is_fetched_so_often_and_then_later(mara):
    link = link_of(mara)
    with time_machine.travel(timezone.now(), tick=False):
        came = [Browser().get(link) for _ in range(21)]
    assert {one.status_code for one in came[:20]} == {200}
    assert came[20].status_code == 429
    assert int(came[20]["Retry-After"]) > 0


def test_the_walls_show_a_link_to_its_owner_alone(couple, mara, theo, therapist, colleague, owner, coordinator):
    link_of(mara)
    link_of(therapist)
    for who, model in ((mara, PersonCalendar), (therapist, StaffCalendar)):
        with acting_as(who):
            assert model.objects.count() == 1
    for who in (theo, colleague, owner):
        model = PersonCalendar if who is theo else StaffCalendar
        with acting_as(who):
            assert not model.objects.exists()


def test_the_number_of_questions_does_not_grow(practice, couple, therapist, mara):
    with acting_as(therapist):
        standing.place(couple, by=therapist, audience="clinical", days_before=2)
    mine, theirs = link_of(mara), link_of(therapist, names="names")

    def asked() -> list[int]:
        found = []
        for link in (mine, theirs):
            with CaptureQueriesContext(connection) as queries:
                fetch(link)
            found.append(len(queries))
        return found

    meet(couple)
    give(couple, therapist, "joint")
    few = asked()
    for n in range(8):
        meet(couple, timezone.now() + datetime.timedelta(days=4 + n))
        give(couple, therapist, "joint")
        meet(make_couple(practice, ("Ann", "Bo"), therapist=therapist))
    assert asked() == few
    assert max(few) <= 34


# ── the pages ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", [PORTAL, STAFF])
def test_it_is_off_until_somebody_switches_it_on_after_a_fresh_sign_in(page, couple, mara, therapist):
    browser = signed_in(mara if page == PORTAL else therapist)
    model = PersonCalendar if page == PORTAL else StaffCalendar
    assert "It is switched off." in browser.get(page).content.decode()
    said = {"act": "renew", "names": "none", "alarm": ""}
    assert browser.post(page, said).url.startswith("/account/reauthenticate/")
    with within(couple):
        assert not model.objects.exists()
    answer = freshly(browser).post(page, said).content.decode()
    (link,) = re.findall(r"http://testserver(/calendar/[\w-]+\.ics)", answer)
    fetch(link)
    again = browser.get(page).content.decode()
    assert link not in again
    assert "It is switched on." in again
    # What is chosen later keeps the link; another link ends it; the end needs no fresh sign-in.
    browser.post(page, {"act": "save", "names": "none", "alarm": "60"})
    fetch(link)
    assert 'value="60" checked' in re.sub(r"\s+", " ", browser.get(page).content.decode()).replace(
        'value="60" id="id_alarm_2" checked', 'value="60" checked'
    )
    other = re.findall(r"testserver(/calendar/[\w-]+\.ics)", browser.post(page, said).content.decode())
    fetch(link, 404)
    fetch(other[0])
    signed_in(mara if page == PORTAL else therapist).post(page, {"act": "end"})
    fetch(other[0], 404)


@pytest.mark.parametrize("wrong", [{"alarm": "7"}, {"alarm": "x" * 500}, {"names": "all"}])
def test_what_nobody_offered_is_refused_beside_the_field(wrong, therapist):
    answer = freshly(signed_in(therapist)).post(STAFF, {"act": "renew", "names": "none", "alarm": "", **wrong})
    assert answer.status_code == 422
    with within(therapist):
        assert not StaffCalendar.objects.exists()


def test_the_front_desk_has_none(coordinator):
    assert signed_in(coordinator).get(STAFF).status_code == 404


def test_a_sign_in_through_the_mailbox_alone_makes_no_link(mara):
    from dataclasses import replace

    closed = replace(asker_for(mara), closed=timezone.now().isoformat())
    with tenancy.acting(closed), pytest.raises(tenancy.Closed):
        calendar_links.renew(calendar_links.of_person(mara))
