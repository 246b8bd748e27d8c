"""Today, the caseload and the list of couples: what each member of staff finds there, and at what cost."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from clients.models import Appointment, Couple
from exercises import answering, assigning, desk
from exercises.desk import QueueItem
from exercises.models import Occurrence
from tests.exercises.test_assigning import giving, inside_of, today_at_end
from tests.factories import acting_as, make_couple, signed_in, takes_part

pytestmark = pytest.mark.django_db


def give(couple, therapist, slug="weekly-state-of-us", **chosen):
    with acting_as(therapist):
        return assigning.give(giving(couple, slug, **{**today_at_end(couple), **chosen}), by=therapist)[0]


def send(person, words="One good evening"):
    with acting_as(person):
        occurrence = Occurrence.objects.filter(state="open", audience__contains=[person.pk]).order_by("due_at").first()
        raw = {
            question.key: ["7"] if question.type == "scale" else [words]
            for question in occurrence.assignment.edition.form
            if question.type in ("scale", "long_text", "short_text")
        }
        return answering.submit(occurrence, author=person, raw=raw)


def page(who, path="/desk/", **kwargs):
    answer = signed_in(who).get(path, **kwargs)
    assert answer.status_code == 200
    return answer.content.decode()


def test_today_shows_the_caseload_and_how_each_partner_stands(couple, therapist, mara, theo):
    give(couple, therapist)
    send(mara)
    shown = page(therapist)
    assert "Mara" in shown
    assert "Theo" in shown
    assert "Weekly state of us" in shown
    assert "All sent" in shown
    assert "Still open" in shown
    assert "1 answer to read" in shown


def test_started_left_out_and_not_joined_are_told_apart(couple, therapist, practice, theo):
    give(couple, therapist)
    with inside_of(couple):
        Occurrence.objects.filter(client=theo).update(started_at=timezone.now())
    make_couple(practice, ("Ada", "Ruth"), therapist=therapist, login=False)
    shown = page(therapist)
    assert "Started" in shown
    assert "Not joined yet" in shown


def test_the_caseload_filters(couple, therapist, practice):
    with inside_of(couple):
        Couple.objects.filter(pk=couple.pk).update(status="paused")
    make_couple(practice, ("Ada", "Ruth"), therapist=therapist)
    part = page(therapist, "/desk/?show=paused", headers={"HX-Request": "true"})
    assert "<html" not in part
    assert "Theo" in part
    assert "Ruth" not in part
    assert "Ruth" in page(therapist, "/desk/?show=nonsense")


def test_sessions_of_today_or_else_the_next(couple, therapist):
    with inside_of(couple):
        Appointment.objects.create(couple=couple, starts_at=timezone.now() + datetime.timedelta(days=3), place="Room 2")
        Appointment.objects.create(
            couple=couple, starts_at=timezone.now() + datetime.timedelta(days=1), cancelled_at=timezone.now()
        )
    shown = page(therapist)
    assert "Next sessions" in shown
    assert "Room 2" in shown


def test_an_empty_desk_says_where_to_begin(therapist):
    assert "No couple on your caseload yet" in page(therapist)


def test_apps_above_put_their_items_first_when_urgent(couple, therapist, mara, monkeypatch):
    give(couple, therapist)
    send(mara)

    def provider(membership, couples):
        return [
            QueueItem("risk", "Item to review", one, "first look by 13:00", timezone.now(), "/x", "Review", urgent=True)
            for one in couples
        ]

    monkeypatch.setattr(desk, "_providers", [*desk._providers])
    desk.register_queue(provider)
    desk.register_queue(provider)
    shown = page(therapist)
    assert shown.count("Item to review") == 1
    assert shown.index("Item to review") < shown.index("New answers")


def test_a_colleague_sees_nothing_and_an_owner_who_treats_them_too_everything(
    couple, therapist, colleague, owner, mara
):
    takes_part(couple, owner)
    give(couple, therapist)
    send(mara)
    assert "Theo" not in page(colleague)
    assert "Theo" in page(owner)
    assert "1 answer to read" in page(owner)


def test_the_office_sees_couples_and_nothing_that_was_given(couple, therapist, coordinator):
    give(couple, therapist)
    browser = signed_in(coordinator)
    assert browser.get("/desk/").headers["Location"] == "/desk/couples/"
    listed = browser.get("/desk/couples/").content.decode()
    shown = browser.get(f"/desk/couples/{couple.pk}/").content.decode()
    for text in (listed, shown):
        assert "Theo" in text
        assert "Weekly" not in text
        assert "private" not in text.lower()
        assert "/assign/" not in text


def test_partners_and_strangers_find_no_desk(mara, client):
    assert signed_in(mara).get("/desk/").status_code == 404
    assert signed_in(mara).get("/desk/couples/").status_code == 404
    assert client.get("/desk/").status_code == 302


def fill(practice, therapist, count):
    for number in range(count):
        couple = make_couple(practice, (f"A{number}", f"B{number}"), therapist=therapist)
        give(couple, therapist)
        with inside_of(couple):
            Appointment.objects.create(couple=couple, starts_at=timezone.now() + datetime.timedelta(days=2))


def queries(who, path):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = signed_in(who)
    browser.get(path)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert browser.get(path).status_code == 200
    return len(caught)


@pytest.mark.parametrize("path", ["/desk/", "/desk/couples/"])
def test_one_couple_or_many_cost_the_same(practice, therapist, path):
    fill(practice, therapist, 1)
    one = queries(therapist, path)
    fill(practice, therapist, 12)
    assert queries(therapist, path) == one < 51
