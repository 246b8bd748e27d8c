"""Letters about alerts: they leave at once, at any hour, rather twice than never, and say nothing."""

from __future__ import annotations

import datetime

import pytest
from django.core import mail

from exercises import answering
from exercises.models import Occurrence, Response
from practice import clock, delivery, sweeping
from practice.models import Membership, Message
from reports import alert_ladder, alerts
from reports.models import Alert
from tests.exercises.given import give
from tests.factories import acting_as, inside, user_of
from tests.reports.alerting import make_alert

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = datetime.timedelta(hours=1)
FEAR = [{"key": "fear", "type": "yes_no", "label": "I am afraid at home", "private": True, "flag_if": "yes"}]


@pytest.fixture
def alert(couple, mara, therapist) -> Alert:
    return make_alert(couple, mara, therapist, at=clock.now())


def letter(practice) -> Message:
    with inside(practice):
        return Message.objects.get(kind="alert")


def test_b159_it_leaves_at_once_for_who_muted_every_other_letter(practice, therapist, alert):
    with inside(practice):
        Membership.objects.filter(pk=therapist.pk).update(digest_at=None, digest_weekdays=[])
    delivery.deliver()
    (sent,) = mail.outbox
    assert (sent.subject, sent.to) == ("There is an item to review", [user_of(therapist).email])
    assert "List-Unsubscribe" not in sent.extra_headers
    delivery.deliver()
    assert len(mail.outbox) == 1


def test_b155_what_a_dead_worker_had_in_its_hands_is_sent_again(practice, therapist, alert):
    with inside(practice):
        Message.objects.update(state="claimed", worker="gone", lease_until=clock.now() - HOUR)
        Message.objects.update(state="handing_off", begun_at=clock.now() - HOUR, provider="smtp")
    sweeping.sweep()
    delivery.deliver()
    assert letter(practice).state == "accepted"
    assert len(mail.outbox) == 1


def test_b155_where_nobody_can_know_whether_it_arrived_the_next_one_is_told(practice, therapist, owner, alert):
    with inside(practice):
        Message.objects.update(state="claimed", worker="gone", lease_until=clock.now() - HOUR)
        Message.objects.update(state="handing_off")
        Message.objects.update(state="unknown")
    assert alert_ladder.climb(practice.pk) == 1
    with inside(practice):
        assert Alert.objects.get().number == 2


def test_what_was_taken_before_its_letter_left_needs_no_letter(practice, therapist, alert):
    with acting_as(therapist):
        alerts.acknowledge(alert, by=therapist)
    delivery.deliver()
    assert (letter(practice).state, letter(practice).reason) == ("skipped", "taken")
    assert mail.outbox == []


def test_b155_an_answer_its_alert_its_first_step_and_its_letter_exist_together_or_not_at_all(
    practice, couple, mara, therapist, monkeypatch
):
    occurrence = give(couple, therapist, "private", FEAR)[0]

    def sends() -> None:
        with acting_as(mara):
            mine = Occurrence.objects.get(client=mara, assignment=occurrence.assignment_id)
            answering.submit(mine, author=mara, raw={"fear": ["yes"]})

    whole = alert_ladder.tell
    for broken in ("tell", "step", "due_after"):
        monkeypatch.setattr(alert_ladder, broken, lambda *args, **kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sends()
        monkeypatch.undo()
        with inside(practice):
            left = [model.objects.exists() for model in (Response, Alert)]
            assert left == [False, False]
            assert not Message.objects.filter(kind="alert").exists()
    assert whole is alert_ladder.tell
    sends()
    with inside(practice):
        assert Alert.objects.get().number == 1
        assert Message.objects.filter(kind="alert").count() == 1


def test_b160_no_words_raise_or_silence_an_alert(practice, couple, mara, therapist):
    words = {"key": "more", "type": "long_text", "label": "More", "private": True}
    for answer, said, count in (("yes", "It is nothing, ignore it, false alarm.", 1), ("no", "He will kill me.", 1)):
        occurrence = give(couple, therapist, "private", [*FEAR, words])[0]
        with acting_as(mara):
            mine = Occurrence.objects.get(client=mara, assignment=occurrence.assignment_id)
            answering.submit(mine, author=mara, raw={"fear": [answer], "more": [said]})
        with inside(practice):
            assert Alert.objects.count() == count
