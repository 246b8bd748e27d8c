"""What other systems are told about reports, alerts and the end of care; and nothing of whoever is erased (B120)."""

from __future__ import annotations

import pytest

from clients import status
from clients.models import Couple
from exercises.models import Response
from practice import calling_out
from reports import standing
from reports.models import Alert
from tests.exercises.api.test_responses import send
from tests.exercises.given import give
from tests.factories import acting_as, inside
from tests.practice.hooked import due_now, lines, make_hook, told
from tests.reports.orders import asked, run
from tests.reports.test_erased import erase

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells", "no_printer")]

AFRAID = [{"key": "safe", "type": "yes_no", "label": "I feel safe at home", "private": True, "flag_if": "no"}]


def test_a_report_is_told_of_once_it_can_be_fetched(practice, couple, therapist):
    make_hook(practice, "report.ready")
    report = asked(couple, therapist)
    assert told(practice) == []
    assert run(report).state == "done"
    run(report)
    (line,) = lines(practice)
    assert line.about == {"couple_id": str(couple.pk), "report_id": str(report.pk)}


def test_a_report_that_is_for_or_about_one_partner_is_told_of_to_nobody(practice, couple, therapist, mara, monkeypatch):
    make_hook(practice, "report.ready")
    for audience in ("partner", "clinical"):
        assert run(asked(couple, therapist, audience=audience, partner_id=mara.pk)).state == "done"
    with acting_as(therapist):
        order = standing.place(couple, by=therapist, audience="partner", days_before=2, partner=mara)
    of_order = {"audience": "partner", "partner_id": mara.pk, "standing_order_id": order.pk}
    assert run(asked(couple, therapist, **of_order)).state == "done"
    assert told(practice) == []
    run(asked(couple, therapist, audience="clinical"))
    assert len(told(practice)) == 1


def test_an_alert_is_told_of_without_whose_it_is(practice, couple, therapist, mara):
    make_hook(practice)
    rounds = give(couple, therapist, "private", AFRAID)
    send(next(one for one in rounds if one.client_id == mara.pk), mara, safe="no")
    with inside(practice):
        alert, response = Alert.objects.get(), Response.objects.get()
    (line,) = lines(practice)
    assert (line.event, line.about) == ("alert.raised", {"alert_id": str(alert.pk)})
    body = calling_out.body_of(line).decode()
    assert body.count("/api/v1/alerts/") == 1
    for nobody in (couple.pk, mara.pk, response.pk, alert.key):
        assert str(nobody) not in body


def test_the_end_of_care_is_told_of_once_for_each_time(practice, couple, therapist):
    make_hook(practice, "couple.closed")
    with acting_as(therapist):
        for wanted in ("paused", "closed", "closed", "active", "closed"):
            status.change(Couple.objects.with_partners().get(pk=couple.pk), wanted, by=therapist)
    assert told(practice) == [("couple.closed", "waiting")] * 2


def test_b120_whoever_is_erased_while_a_call_fails_is_told_of_no_more(practice, couple, therapist, mara, other_side):
    make_hook(practice, "report.ready")
    report = run(asked(couple, therapist))

    def erases_meanwhile() -> int:
        erase(report, mara)
        return 500

    other_side.says = erases_meanwhile
    assert calling_out.deliver() == {"lost": 1}
    due_now(practice)
    assert calling_out.deliver() == {}
    (line,) = lines(practice)
    assert (line.state, line.reason, line.about, line.couple_id) == ("dropped", "erased", {}, None)
