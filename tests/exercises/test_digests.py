"""The daily letter of the staff: at their own hour, when something new waits, and saying nothing about it."""

from __future__ import annotations

import datetime
import uuid
import zoneinfo

import pytest

from clients.models import Client, Couple
from exercises import digests, tasks, threads
from practice import clock, delivery
from practice.models import Membership, Message, User
from tests.factories import acting_as, inside, make_member, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

EVERY_DAY = list(range(7))
HOUR = datetime.timedelta(hours=1)
LONG_AGO = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def soon(member: Membership, *, zone: str = "Europe/London", **changes: object) -> datetime.datetime:
    """Let a member's hour come in two hours, on any day; return that moment."""
    at = (clock.now() + datetime.timedelta(hours=2)).replace(second=0, microsecond=0)
    User.objects.filter(pk=member.user_id).update(time_zone=zone)
    wall = at.astimezone(zoneinfo.ZoneInfo(zone)).time()
    with inside(member.practice):
        Membership.objects.filter(pk=member.pk).update(
            **{"digest_at": wall, "digest_weekdays": EVERY_DAY, **changes}  # type: ignore[arg-type]
        )
    return at


def letters_of(member: Membership) -> list[Message]:
    with inside(member.practice):
        return list(Message.objects.filter(kind=digests.KIND, person_id=member.pk).order_by("due_at"))


def comes(member: Membership) -> str:
    """Let the time of a member's next letter come; return what became of it."""
    with inside(member.practice):
        first = Message.objects.filter(kind=digests.KIND, person_id=member.pk, state="planned").earliest("due_at")
        Message.objects.filter(pk=first.pk).update(due_at=clock.now(), fresh_until=clock.now() + HOUR)
    delivery.deliver()
    with inside(member.practice):
        return Message.objects.get(pk=first.pk).state


def somebody_writes(couple: Couple, person: Client) -> None:
    with acting_as(person):
        threads.begin(couple, [person.pk], by=person, text="Could we talk?", key=uuid.uuid4(), about=threads.About())


def test_it_is_planned_once_at_the_members_own_hour(practice, therapist):
    at = soon(therapist, zone="America/New_York")
    tasks.plan_digests()
    tasks.plan_digests()
    assert [one.due_at for one in letters_of(therapist)][:1] == [at]
    assert len({one.occasion for one in letters_of(therapist)}) == len(letters_of(therapist))


@pytest.mark.parametrize(
    "changes",
    [{"digest_at": None}, {"digest_weekdays": []}, {"ended_at": LONG_AGO}],
)
def test_who_wants_none_or_has_left_gets_none(practice, therapist, changes):
    soon(therapist, **changes)
    tasks.plan_digests()
    assert letters_of(therapist) == []


def test_the_office_gets_none(practice, coordinator):
    soon(coordinator)
    tasks.plan_digests()
    assert letters_of(coordinator) == []


def test_it_leaves_when_something_waits_and_says_nothing_about_it(practice, therapist, couple, mara, mail_server):
    soon(therapist)
    somebody_writes(couple, mara)
    tasks.plan_digests()
    assert comes(therapist) == "accepted"
    [mail] = mail_server.taken
    said = str(mail)
    assert "Could we talk" not in said
    assert "Mara" not in said
    assert "/desk/" in str(mail)


def test_nothing_new_sends_nothing(practice, therapist, couple, mara, mail_server):
    soon(therapist)
    tasks.plan_digests()
    assert comes(therapist) == "skipped"
    assert mail_server.taken == []


def test_the_same_thing_is_told_once(practice, therapist, couple, mara, mail_server):
    soon(therapist)
    somebody_writes(couple, mara)
    tasks.plan_digests()
    assert comes(therapist) == "accepted"
    assert comes(therapist) == "skipped", "the next day"
    assert len(mail_server.taken) == 1


def test_another_caseload_is_not_ones_own(practice, therapist, colleague, couple, mara, mail_server):
    soon(colleague)
    somebody_writes(couple, mara)
    tasks.plan_digests()
    assert comes(colleague) == "skipped"


def test_an_owner_hears_of_messages_that_could_not_be_delivered(practice, owner, therapist, couple, mara, mail_server):
    soon(owner)
    with inside(practice):
        Message.objects.create(
            kind="reminder", occasion="x", person_id=mara.pk, about_id=mara.pk, due_at=clock.now(),
            fresh_until=clock.now(), state="dead", finished_at=clock.now(),
        )  # fmt: skip
    tasks.plan_digests()
    assert comes(owner) == "accepted"


def test_who_chooses_another_hour_is_written_to_at_that_one(practice, therapist, couple, mara, mail_server):
    soon(therapist)
    tasks.plan_digests()
    somebody_writes(couple, mara)
    browser = signed_in(therapist)
    later = (clock.now() + datetime.timedelta(hours=5)).strftime("%H:%M")
    said = {"name": "Ines", "time_zone": "Europe/London", "digest_at": later, "digest_weekdays": EVERY_DAY}
    assert browser.post("/desk/account/", said).status_code == 302
    with inside(practice):
        Message.objects.filter(person_id=therapist.pk, kind=digests.KIND).update(
            due_at=clock.now(), fresh_until=clock.now() + HOUR
        )
    delivery.deliver()
    assert {one.reason for one in letters_of(therapist)} == {"another hour"}
    tasks.plan_digests()
    assert letters_of(therapist)[-1].state == "planned"


def test_a_time_that_is_none_is_said_beside_the_field(practice, therapist):
    page = signed_in(therapist).post(
        "/desk/account/", {"name": "Ines", "time_zone": "Europe/London", "digest_at": "half past"}
    )
    assert "Please write a time" in page.text


def test_members_of_another_practice_are_left_to_it(practice, neighbour, therapist):
    other = make_member(neighbour)
    soon(other)
    with inside(practice):
        digests.plan_all(clock.now())
    assert letters_of(other) == []
