"""A practice that sends nothing until an owner says so: after an import, and after it moved."""

from __future__ import annotations

import pytest
from django.urls import reverse

from practice import clock, delivery, held, ledger, outbox
from practice.models import AuditEvent, Message, SendingHold, TwoPersonAct
from practice.registry import all_messages
from tests.factories import acting_as, inside, make_member, signed_in
from tests.practice.carrying import HOUR, begins, change, hand_off, now_of, plan
from tests.practice.fake_provider import FakeProvider, use

pytestmark = pytest.mark.django_db

State = Message.State
Channel = Message.Channel
#: What leaves while all else is held, each with its reason in ``held``: whoever adds a kind here writes one there.
PASSING = {"security", "proof"}


def brought_here(practice) -> SendingHold:
    with inside(practice):
        return held.begin_after_import()


def release(owner) -> None:
    with acting_as(owner):
        held.release(by=owner)


def taken_out(owner) -> None:
    """As if the practice's export had been asked for and confirmed."""
    with acting_as(owner):
        TwoPersonAct.objects.create(act=TwoPersonAct.Act.PRACTICE_EXPORT, why="We move.", asked_by=owner)
    with inside(owner.practice):
        TwoPersonAct.objects.update(outcome="done", operator="Ops", decided_at=clock.now())


# ── in the hand-off ──────────────────────────────────────────────────────────


def test_b114_a_kind_that_knows_nothing_of_holds_is_kept_on_every_way_out(practice, note, monkeypatch):
    provider = FakeProvider()
    use(monkeypatch, provider)
    brought_here(practice)
    note.on_wanted = lambda message: pytest.fail("A kind is asked nothing about what is held.")
    ways = [channel for channel in Channel if channel != Channel.PORTAL]
    messages = [plan(practice, channel=channel) for channel in ways]
    tally = delivery.deliver(seconds=5)
    assert (tally["skipped"], provider.ledger.requests) == (len(ways), [])
    assert {(one.state, one.reason, one.begun_at) for one in map(now_of, messages)} == {
        (State.SKIPPED, held.REASON, None)
    }


def test_b114_of_all_kinds_that_there_are_only_those_about_signing_in_pass(practice, note):
    standing = held.Standing(is_held=True)
    kinds = {kind for kind in outbox.kinds() if kind != "note"}
    assert kinds >= {one.kind for one in all_messages()} - {"note"}
    for channel in Channel:
        passing = {
            kind for kind in kinds if not standing.keeps(Message(kind=kind, channel=channel, due_at=clock.now()))
        }
        assert passing == (kinds if channel == Channel.PORTAL else PASSING), channel


def test_what_stands_on_our_own_pages_is_no_sending(practice, note):
    brought_here(practice)
    message = plan(practice, channel=Channel.PORTAL)
    delivery.deliver(seconds=5)
    assert now_of(message).state == State.ACCEPTED


def test_one_practice_on_hold_keeps_no_other_ones_messages(practice, neighbour, note):
    brought_here(practice)
    mine, theirs = plan(practice), plan(neighbour)
    delivery.deliver(seconds=5)
    assert (now_of(mine).state, now_of(theirs).state) == (State.SKIPPED, State.ACCEPTED)


def test_what_was_handed_off_and_has_not_begun_does_not_leave_once_it_is_held(practice, owner, note):
    message = plan(practice)
    change(message, state=State.CLAIMED, worker="a", lease_until=clock.now() + HOUR)
    [departure] = hand_off(message, "a")
    with acting_as(owner):
        held.put_on(by=owner, why="We moved.")
    assert not begins(practice, "a", departure)
    assert (now_of(message).state, now_of(message).reason) == (State.SKIPPED, held.REASON)


# ── releasing ────────────────────────────────────────────────────────────────


def test_nothing_late_goes_out_in_a_heap_after_the_release(practice, owner, note, time_passes):
    brought_here(practice)
    late, ahead = plan(practice, fresh_for=48 * HOUR), plan(practice, due=3 * HOUR, fresh_for=48 * HOUR)
    release(owner)  # before any worker looked
    planned_late = plan(practice, due=-HOUR, fresh_for=48 * HOUR)
    delivery.deliver(seconds=5)
    for message in (late, planned_late):
        assert (now_of(message).state, now_of(message).reason) == (State.SKIPPED, held.REASON)
    assert now_of(ahead).state == State.PLANNED
    time_passes(4 * HOUR)
    delivery.deliver(seconds=5)
    assert now_of(ahead).state == State.ACCEPTED


def test_the_ledger_says_why_each_was_not_sent(practice, note):
    brought_here(practice)
    for _each in range(3):
        plan(practice)
    delivery.deliver(seconds=5)
    lines = ledger.of_practice(practice.pk, clock.now() - 2 * HOUR, clock.now() + 2 * HOUR)
    assert all(line.balances and not line.unexplained for line in lines)
    assert sum(line.reasons["skipped", held.REASON] for line in lines) == 3


def test_the_outlook_counts_what_is_late_and_what_comes_next(practice, owner, note):
    hold = brought_here(practice)
    plan(practice)
    delivery.deliver(seconds=5)
    plan(practice, fresh_for=48 * HOUR)
    plan(practice, due=HOUR)
    plan(practice, due=held.AHEAD + HOUR)
    with acting_as(owner):
        [row] = held.outlook(hold)
    assert (row.words, row.late, row.next) == ("Other messages", 2, 1)


def test_it_is_held_and_released_once_and_by_owners_alone(practice, owner):
    hold = brought_here(practice)
    supervisor = make_member(practice, "supervisor")
    with acting_as(supervisor):
        with pytest.raises(held.NotTheirs):
            held.release(by=supervisor)
        with pytest.raises(held.NotTheirs):
            held.put_on(by=supervisor, why="No.")
    with acting_as(owner):
        with pytest.raises(held.NotAsItStands):
            held.put_on(by=owner, why="Again.")
        held.release(by=owner)
        with pytest.raises(held.NotAsItStands):
            held.release(by=owner)
        assert held.now() is None
    with inside(practice):
        acts = list(AuditEvent.objects.filter(subject_id=hold.pk).order_by("pk").values_list("act", "user_id"))
    assert acts == [("insert", None), ("update", owner.user_id)]


# ── the pages ────────────────────────────────────────────────────────────────


def test_owners_read_it_on_the_desk_and_release_it_with_one_button(practice, owner, note):
    brought_here(practice)
    plan(practice, due=HOUR)
    browser = signed_in(owner)
    assert "This practice was brought here" in browser.get(reverse("desk")).content.decode()
    page = browser.get(reverse("sending")).content.decode()
    assert "Nothing is sent until you say so." in page
    after = browser.post(reverse("sending_release"), follow=True).content.decode()
    assert "Messages leave as they fall due" in after
    assert "brought here" not in browser.get(reverse("desk")).content.decode()
    assert "released already" in browser.post(reverse("sending_release"), follow=True).content.decode()


def test_who_moved_stops_sending_from_the_page_of_the_export_and_takes_it_back(practice, owner):
    browser = signed_in(owner)
    assert "We moved" not in browser.get(reverse("sending")).content.decode()
    assert browser.post(reverse("sending"), {"why": "We moved."}).status_code == 404
    taken_out(owner)
    assert "We moved: stop sending here" in browser.get(reverse("sending")).content.decode()
    assert "Please fill this in." in browser.post(reverse("sending"), {"why": " "}).content.decode()
    page = browser.post(reverse("sending"), {"why": "Now at the new house."}, follow=True).content.decode()
    assert "Now at the new house." in page
    assert "because the practice moved" in page
    browser.post(reverse("sending_release"))
    with acting_as(owner):
        assert held.now() is None
        assert held.history().get().why == "Now at the new house."


def test_people_in_care_see_nothing_of_it(practice, mara, couple):
    browser = signed_in(mara)
    places = [reverse("portal_today"), reverse("portal_messages")]
    before = [browser.get(place).status_code for place in places]
    brought_here(practice)
    for place, status in zip(places, before, strict=True):
        page = browser.get(place)
        assert page.status_code == status
        assert "brought here" not in page.content.decode()
        assert "Nothing is sent" not in page.content.decode()
