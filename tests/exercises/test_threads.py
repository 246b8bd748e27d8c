"""Conversations with the therapist: the audience is fixed, nobody else knows, and nobody is reminded twice."""

from __future__ import annotations

import uuid

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client as Browser
from django.utils import timezone

from clients import reach
from clients.models import Couple, Partner
from exercises import notices, thread_reading, threads, unanswered
from exercises.models import Comment, Seen, Thread
from practice import outbox
from practice.ids import uuid7
from practice.models import Message
from tests.exercises.given import TWO_SCALES, as_attune
from tests.exercises.given import give as give_form
from tests.factories import acting_as, make_couple, signed_in, takes_part
from tests.pages import same_answer

pytestmark = pytest.mark.django_db


def begin(couple, who, to, text="Hello") -> Thread:
    with acting_as(who):
        return threads.begin(couple, [one.pk for one in to], by=who, text=text, key=uuid7(), about=threads.About())


def write(browser: Browser, to="alone", text="A word", query="", **more):
    return browser.post(f"/talk/new/{query}", {"to": to, "text": text, "key": more.pop("key", uuid.uuid4())})


# ── who is in it ─────────────────────────────────────────────────────────────


def test_the_database_refuses_another_audience(couple, therapist, mara, theo):
    thread = begin(couple, mara, [mara])
    for who in (mara, therapist):
        with acting_as(who), pytest.raises(ProgrammingError, match="fixed"), transaction.atomic():
            Thread.objects.filter(pk=thread.pk).update(audience=[mara.pk, theo.pk])


def test_ones_own_thread_is_nothing_to_the_other(couple, therapist, mara, theo):
    his = signed_in(theo)
    paths = ("/today/", "/talk/", "/together/", "/you/", "/goals/")
    before = {path: his.get(path) for path in paths}
    thread = begin(couple, mara, [mara], "between us")
    with acting_as(therapist):
        threads.say(thread, by=therapist, text="I hear you", key=uuid7())
    assert all(same_answer(before[path], his.get(path)) for path in paths)
    assert same_answer(his.get(f"/talk/{thread.pk}/"), his.get(f"/talk/{uuid.uuid4()}/"))
    assert same_answer(
        his.post(f"/talk/{thread.pk}/", {"text": "x"}), his.post(f"/talk/{uuid.uuid4()}/", {"text": "x"})
    )
    with acting_as(theo):
        assert (Thread.objects.count(), Comment.objects.count(), Seen.objects.count()) == (0, 0, 0)
    with as_attune(couple):
        assert not Message.objects.filter(person_id=theo.pk).exists()


def test_a_partner_writes_in_their_own_name_only(couple, mara, theo):
    thread = begin(couple, mara, [mara, theo])
    with acting_as(theo), pytest.raises(Exception, match="policy"), transaction.atomic():
        Comment.objects.create(
            couple=couple, thread=thread, audience=thread.audience, author=mara, text="as her", key=uuid7()
        )


def test_a_comment_cannot_slip_into_a_thread_for_others(couple, mara, theo):
    thread = begin(couple, mara, [mara])
    with acting_as(theo), pytest.raises(Exception, match="no such thread"), transaction.atomic():
        Comment.objects.create(couple=couple, thread=thread, audience=[theo.pk], author=theo, text="x", key=uuid7())


def test_a_new_message_goes_to_whom_it_was_for(couple, therapist, mara, theo):
    browser = signed_in(mara)
    write(browser, "alone", "only us")
    write(browser, "all", "all of us")
    with acting_as(theo):
        assert [one.text for one in Comment.objects.all()] == ["all of us"]
    with acting_as(therapist):
        assert Comment.objects.count() == 2


def test_the_box_says_who_reads_when_and_where_help_is(couple, mara):
    page = signed_in(mara).get("/talk/new/").content.decode()
    for words in ("Only Dr Ines Karlsen and you", "Not for emergencies", "/you/help/", "no place for a hard talk"):
        assert words in page


def test_the_practices_own_hours_are_said(practice, couple, mara):
    with as_attune(couple):
        type(practice).objects.filter(pk=practice.pk).update(reply_hours="Monday to Thursday, until six")
    assert "Monday to Thursday, until six" in signed_in(mara).get("/talk/").content.decode()


# ── saying ───────────────────────────────────────────────────────────────────


def test_pressed_twice_it_begins_once_and_says_it_once(couple, mara):
    browser, key = signed_in(mara), uuid.uuid4()
    first, again = write(browser, key=key), write(browser, key=key)
    assert first["Location"] == again["Location"]
    for _again in range(2):
        browser.post(first["Location"], {"text": "more", "key": key.hex[::-1]})
    with as_attune(couple):
        assert Thread.objects.count() == 1
        assert Comment.objects.count() == 2


def test_one_persons_key_is_nothing_to_another_thread(couple, mara, theo):
    key = uuid.uuid4()
    write(signed_in(mara), text="hers", key=key)
    write(signed_in(theo), text="his", key=key)
    with as_attune(couple):
        assert Thread.objects.count() == 2


def test_what_was_typed_stays_when_it_cannot_be_sent(couple, therapist, mara):
    thread = begin(couple, mara, [mara])
    with acting_as(therapist):
        threads.close(thread)
    answer = signed_in(mara).post(f"/talk/{thread.pk}/", {"text": "my last words", "key": uuid.uuid4()})
    assert answer.status_code == 422
    assert "my last words" in answer.content.decode()
    with acting_as(therapist):
        threads.reopen(thread)
    assert signed_in(mara).post(f"/talk/{thread.pk}/", {"text": "again", "key": uuid.uuid4()}).status_code == 302


def test_an_unkeepable_letter_is_handed_back_beside_the_box(couple, mara):
    answer = write(signed_in(mara), text="bad\x00letter")
    assert answer.status_code == 422
    assert write(signed_in(mara), text="").status_code == 422


def test_nothing_is_added_once_somebody_in_it_has_left(practice, therapist):
    three = make_couple(practice, ("Kwame", "Ingrid", "Mateo"), therapist=therapist)
    thread = begin(three, therapist, three.clients)
    with as_attune(three):
        Partner.objects.filter(client=three.clients[2]).update(left_at=timezone.now())
    with acting_as(therapist), pytest.raises(threads.Closed):
        threads.say(thread, by=therapist, text="x", key=uuid7())
    assert signed_in(three.clients[2]).get(f"/talk/{thread.pk}/").status_code == 404


def test_when_care_ends_the_portal_shows_no_thread(couple, mara):
    thread = begin(couple, mara, [mara])
    with as_attune(couple):
        Couple.objects.filter(pk=couple.pk).update(status="separated")
    assert signed_in(mara).get(f"/talk/{thread.pk}/").status_code == 404


def test_the_desk_writes_to_nobody_who_is_in_care_no_more(couple, therapist, mara):
    with as_attune(couple):
        Couple.objects.filter(pk=couple.pk).update(status="closed")
    answer = signed_in(therapist).post(
        f"/desk/couples/{couple.pk}/messages/new/", {"to": str(mara.pk), "text": "kept words", "key": uuid.uuid4()}
    )
    assert answer.status_code == 422
    assert "kept words" in answer.content.decode()
    with as_attune(couple):
        assert Thread.objects.count() == 0


# ── what it is about ─────────────────────────────────────────────────────────


def test_a_thread_may_be_about_what_everybody_in_it_knows(couple, therapist, mara, theo):
    (hers, _his) = give_form(couple, therapist, "private", TWO_SCALES)
    given = hers.assignment_id
    write(signed_in(mara), "alone", "about it", f"?assignment={given}")
    write(signed_in(mara), "all", "about nothing", f"?assignment={given}")
    with as_attune(couple):
        alone, everybody = Thread.objects.order_by("opened_at")
    assert alone.assignment_id == given
    assert everybody.assignment_id is None


def test_a_message_about_somebody_elses_is_the_same_404_as_about_nothing(couple, therapist, theo):
    (hers, _his) = give_form(couple, therapist, "private", TWO_SCALES)
    browser = signed_in(theo)
    for what in (hers.assignment_id, uuid.uuid4(), "nonsense", "%00"):
        assert browser.get(f"/talk/new/?assignment={what}").status_code == 404
        assert browser.get(f"/talk/new/?response={what}").status_code == 404


# ── unread, each for themselves ──────────────────────────────────────────────


def test_unread_is_each_persons_own(couple, therapist, mara, theo):
    thread = begin(couple, therapist, [mara, theo], "To you both")
    assert "A message for you" in signed_in(mara).get("/today/").content.decode()
    signed_in(mara).get(f"/talk/{thread.pk}/")
    assert "A message for you" in signed_in(mara).get("/today/").content.decode(), "a look alone writes nothing"
    signed_in(mara).post(f"/talk/{thread.pk}/seen/")
    assert "A message for you" not in signed_in(mara).get("/today/").content.decode()
    assert "A message for you" in signed_in(theo).get("/today/").content.decode()
    with acting_as(therapist):
        assert Seen.objects.filter(author__isnull=False).count() == 0, "staff do not learn who has read"
    with acting_as(theo):
        assert Seen.objects.count() == 0


def test_the_desk_has_one_item_for_each_message_until_somebody_acts(couple, therapist, owner, mara):
    takes_part(couple, owner)
    thread = begin(couple, mara, [mara], "secret words")

    def items(who):
        with acting_as(who):
            return unanswered.to_answer(who, [couple.pk])

    [item] = items(therapist)
    assert "Mara" not in item.detail
    assert "secret" not in item.detail
    browser = signed_in(therapist)
    browser.get(item.url)
    assert len(items(therapist)) == 1
    browser.post(f"{item.url}state/", {"do": "read"})
    assert items(therapist) == []
    assert len(items(owner)) == 1, "read is one's own"
    browser.post(item.url, {"text": "Thank you", "key": uuid.uuid4()})
    assert items(owner) == [], "answered is answered"
    with acting_as(mara):
        threads.say(thread, by=mara, text="One more thing", key=uuid7())
    assert len(items(therapist)) == 1
    browser.post(f"{item.url}state/", {"do": "close"})
    assert items(therapist) == []


def test_private_and_joint_threads_stand_on_pages_of_their_own(couple, therapist, mara, theo):
    begin(couple, mara, [mara], "marzipan")
    begin(couple, mara, [mara, theo], "for all of us")
    browser = signed_in(therapist)
    joint = browser.get(f"/desk/couples/{couple.pk}/messages/").content.decode()
    hers = browser.get(f"/desk/couples/{couple.pk}/private/{mara.pk}/messages/").content.decode()
    his = browser.get(f"/desk/couples/{couple.pk}/private/{theo.pk}/messages/").content.decode()
    assert ("marzipan" in joint, "for all of us" in joint) == (False, True)
    assert ("marzipan" in hers, "for all of us" in hers) == (True, False)
    assert "marzipan" not in his


def test_a_colleague_of_another_caseload_finds_nothing(couple, colleague, mara):
    thread = begin(couple, mara, [mara])
    assert signed_in(colleague).get(f"/desk/couples/{couple.pk}/messages/{thread.pk}/").status_code == 404
    with acting_as(colleague):
        assert Thread.objects.count() == 0


def test_lists_cost_the_same_for_one_thread_or_many(couple, therapist, mara, django_assert_max_num_queries):
    desk, hers = signed_in(therapist), signed_in(mara)
    for number in range(7):
        begin(couple, mara, [mara], f"message {number}")
    with django_assert_max_num_queries(19):
        hers.get("/talk/")
    with django_assert_max_num_queries(21):
        desk.get(f"/desk/couples/{couple.pk}/private/{mara.pk}/messages/")


# ── letters ──────────────────────────────────────────────────────────────────


def letters(couple, person) -> list[Message]:
    with as_attune(couple):
        return list(Message.objects.filter(kind=notices.KIND, person_id=person.pk))


def test_one_letter_until_they_have_looked(couple, therapist, mara):
    thread = begin(couple, therapist, [mara])
    with acting_as(therapist):
        threads.say(thread, by=therapist, text="and this", key=uuid7())
    assert len(letters(couple, mara)) == 1
    with acting_as(mara):
        threads.see(thread, mara)
    with acting_as(therapist):
        threads.say(thread, by=therapist, text="later", key=uuid7())
    assert len(letters(couple, mara)) == 2


def test_a_partners_own_words_bring_nobody_a_letter(couple, mara, theo):
    begin(couple, mara, [mara, theo])
    assert letters(couple, theo) == []


def test_the_letter_says_nothing_of_what_or_who(couple, therapist, mara):
    begin(couple, therapist, [mara], "marzipan")
    [message] = letters(couple, mara)
    with as_attune(couple):
        letter = outbox.handler_of(message.kind).compose(message)
    said = f"{letter.subject}{letter.text}{letter.html}"
    for word in ("marzipan", "Mara", "Karlsen", "Linden", str(message.about_id)):
        assert word not in said


@pytest.mark.parametrize("why", ["seen", "paused", "wants none"])
def test_what_forbids_the_letter_is_asked_in_the_last_moment(couple, therapist, mara, why):
    thread = begin(couple, therapist, [mara])
    [message] = letters(couple, mara)
    if why == "seen":
        with acting_as(mara):
            threads.see(thread, mara)
    with as_attune(couple):
        if why == "paused":
            Couple.objects.filter(pk=couple.pk).update(status="paused")
        elif why == "wants none":
            reach.end(mara.pk, by="you")
        assert outbox.handler_of(message.kind).wanted(message) == why


def test_the_latest_words_stand_last(couple, therapist, mara):
    thread = begin(couple, mara, [mara], "first")
    with acting_as(therapist):
        threads.say(thread, by=therapist, text="second", key=uuid7())
        fresh = thread_reading.thread_or_404(therapist, [couple.pk], thread.pk)
        shown = thread_reading.in_full(therapist, fresh, Couple.objects.with_partners().get(pk=couple.pk))
    assert [line.comment.text for line in shown.lines] == ["first", "second"]
