"""Sending: once, whatever happens around it."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from exercises import answering, drafts, signals
from exercises.models import Answer, Draft, Occurrence, Response
from practice.models import Message
from tests.exercises.given import EVERY_TYPE, JOINT, as_attune, give
from tests.factories import acting_as
from tests.properties import times

pytestmark = pytest.mark.django_db


def mine(occurrence: Occurrence) -> Occurrence:
    return Occurrence.objects.select_related("assignment__edition").get(pk=occurrence.pk)


def send(occurrence: Occurrence, author, raw: dict[str, list[str]]) -> Response:
    with acting_as(author):
        return answering.submit(mine(occurrence), author=author, raw=raw)


def refresh(occurrence: Occurrence) -> Occurrence:
    with as_attune(occurrence):
        return Occurrence.objects.get(pk=occurrence.pk)


def test_sending_writes_answers_closes_it_and_lets_the_draft_go(couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal", EVERY_TYPE)[0]
    with acting_as(mara):
        drafts.save_draft(mine(occurrence), author=mara, raw={"near": ["7"]}, base_version=0)
    response = send(
        occurrence,
        mara,
        {
            "good": ["Tea"],
            "near": ["7"],
            "ways": ["tea", "walks"],
            "signs": ["::none"],
            "hours": ["2,5"],
            "mood": ["4", "calm"],
            "talked": ["no"],
            "safe": ["::rather-not-say"],
            "wish": [""],
        },
    )
    with acting_as(mara):
        answers = {one.key: one for one in Answer.objects.filter(response=response)}
        assert not Draft.objects.exists()
    assert set(answers) == {"good", "near", "ways", "signs", "hours", "mood", "talked", "safe"}
    assert answers["ways"].choices == ["walks", "tea"]
    assert float(answers["hours"].number) == 2.5
    assert answers["safe"].declined
    assert answers["safe"].lane == "private"
    done = refresh(occurrence)
    assert (done.state, done.done_at) == ("done", response.submitted_at)


def test_wrong_answers_send_nothing_and_say_where(couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal", EVERY_TYPE)[0]
    with acting_as(mara), pytest.raises(answering.NotYetRight) as found:
        answering.submit(mine(occurrence), author=mara, raw={"near": ["12"], "hours": ["many"], "good": ["ok"]})
    assert set(found.value.errors) == {"near", "hours"}
    with acting_as(mara):
        assert not Response.objects.exists()
    assert refresh(occurrence).state == "open"


def test_sent_twice_is_one_response_and_one_signal(couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal")[0]
    heard: list[Response] = []

    def listen(sender: object, response: Response, **kwargs: object) -> None:
        heard.append(response)

    signals.response_submitted.connect(listen)
    try:
        first = send(occurrence, mara, {"near": ["3"]})
        second = send(occurrence, mara, {"near": ["9"]})
    finally:
        signals.response_submitted.disconnect(listen)
    assert first == second
    assert heard == [first]


@pytest.mark.parametrize("state", ["withdrawn", "missed"])
def test_what_is_over_is_not_sent_and_the_draft_stays(state, couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal")[0]
    with acting_as(mara):
        drafts.save_draft(mine(occurrence), author=mara, raw={"good": ["Tea"]}, base_version=0)
    with as_attune(couple):
        Occurrence.objects.filter(pk=occurrence.pk).update(state=state)
    with acting_as(mara):
        with pytest.raises(answering.NotOpen):
            answering.submit(mine(occurrence), author=mara, raw={"good": ["Tea"]})
        assert Draft.objects.count() == 1


def test_late_is_fine_until_it_closes(couple, mara, theo, therapist):
    now = timezone.now()
    late = give(couple, therapist, "shared", due=now - datetime.timedelta(days=6))[0]
    closed = give(couple, therapist, "shared", due=now - datetime.timedelta(days=8))[0]
    assert send(late, mara, {"near": ["1"]})
    with pytest.raises(answering.NotOpen):
        send(closed, mara, {"near": ["1"]})


def test_putting_aside_calls_off_the_reminder_and_can_be_taken_back(couple, mara, theo, therapist):
    hers = give(couple, therapist, "shared")[0]
    with as_attune(couple):
        message = Message.objects.create(
            kind="reminder",
            occasion="x",
            person_id=mara.pk,
            about_id=hers.pk,
            due_at=timezone.now(),
            fresh_until=timezone.now(),
        )
    with acting_as(theo):
        assert not answering.skip(hers, author=theo, reason="mine")
    with acting_as(mara):
        assert answering.skip(mine(hers), author=mara, reason="A full week")
    skipped = refresh(hers)
    with as_attune(couple):
        assert Message.objects.get(pk=message.pk).state == "cancelled"
        assert (skipped.state, skipped.skip_reason) == ("skipped", "A full week")
    with acting_as(theo):
        assert not Occurrence.objects.filter(pk=hers.pk).exists()
    assert send(hers, mara, {"near": ["4"]})
    with acting_as(mara):
        assert not answering.skip(mine(hers), author=mara)
    assert refresh(hers).state == "done"


def test_sending_calls_off_the_reminder(couple, mara, therapist):
    occurrence = give(couple, therapist, "shared")[0]
    with as_attune(couple):
        message = Message.objects.create(
            kind="reminder",
            occasion="x",
            person_id=mara.pk,
            about_id=occurrence.pk,
            due_at=timezone.now(),
            fresh_until=timezone.now(),
        )
    send(occurrence, mara, {})
    with as_attune(couple):
        assert (Message.objects.get(pk=message.pk).state, Message.objects.get().reason) == ("cancelled", "done")


def test_a_joint_answer_waits_for_everybodys_own_part(couple, mara, theo, therapist):
    (occurrence,) = give(couple, therapist, "joint", JOINT)
    send(occurrence, mara, {"agreed": ["We stop"], "mine": ["a"]})
    assert refresh(occurrence).state == "open"
    with acting_as(mara):
        assert not answering.skip(mine(occurrence), author=mara)
    send(occurrence, theo, {"mine": ["b"]})
    assert refresh(occurrence).state == "done"


def test_a_joint_answer_without_own_parts_is_done_at_once(couple, mara, theo, therapist):
    (occurrence,) = give(couple, therapist, "joint", JOINT[:1])
    first = send(occurrence, mara, {"agreed": ["We stop"]})
    assert refresh(occurrence).state == "done"
    assert send(occurrence, theo, {"agreed": ["We go on"]}) == first


# ── at the same moment ─────────────────────────────────────────────────────


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run each act in a thread of its own, all let go by one barrier; return what came of them."""
    barrier = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait(10)
            results[place] = act()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.django_db(transaction=True)
def test_b148_pressed_four_times_at_once_is_one_response(couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal", EVERY_TYPE)[0]
    sent = at_once(*[lambda: send(occurrence, mara, {"near": ["7"], "good": ["Tea"]})] * 4)
    assert {type(one) for one in sent} == {Response}, sent
    assert len({one.pk for one in sent}) == 1  # type: ignore[attr-defined]
    with as_attune(couple):
        assert Answer.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_b146_two_partners_in_the_same_millisecond(couple, mara, theo, therapist):
    for number in range(times(12, 1000)):
        day = datetime.date(2026, 11, 10) + datetime.timedelta(days=number)
        hers, his = give(couple, therapist, "reveal", opens_by="all", slot=f"{day}T18:00")
        sent = at_once(partial(send, hers, mara, {"near": ["7"]}), partial(send, his, theo, {"near": ["3"]}))
        assert {type(one) for one in sent} == {Response}, sent
        with as_attune(couple):
            first, second = (Response.objects.get(occurrence=one) for one in (hers, his))
            assert (first.readers, second.readers) == ([theo.pk], [mara.pk])
            assert first.opens_at == second.opens_at is not None
            assert refresh(hers).state == refresh(his).state == "done"


@pytest.mark.django_db(transaction=True)
def test_two_partners_send_the_joint_part_at_once(couple, mara, theo, therapist):
    for _round in range(8):
        (occurrence,) = give(couple, therapist, "joint", JOINT, slot=f"2026-10-{10 + _round}T18:00")
        raw = {"agreed": ["We stop"], "mine": ["x"]}
        sent = at_once(partial(send, occurrence, mara, raw), partial(send, occurrence, theo, raw))
        assert {type(one) for one in sent} == {Response}, sent
        with as_attune(couple):
            assert Answer.objects.filter(response__occurrence=occurrence, key="agreed").count() == 1
            assert Answer.objects.filter(response__occurrence=occurrence, key="mine").count() == 2
            assert Occurrence.objects.get(pk=occurrence.pk).state == "done"


@pytest.mark.django_db(transaction=True)
def test_two_tabs_begin_a_draft_at_once(couple, mara, therapist):
    occurrence = give(couple, therapist, "shared")[0]

    def save(key: str) -> object:
        with acting_as(mara):
            return drafts.save_draft(mine(occurrence), author=mara, raw={key: ["5"]}, base_version=0)

    saved = at_once(lambda: save("near"), lambda: save("good"))
    assert {type(one) for one in saved} == {Draft}, saved
    with acting_as(mara):
        assert drafts.kept(mine(occurrence), mara).raw == {"near": ["5"], "good": ["5"]}
