"""What a therapist does with something given, and rests: what is done stays, and nobody learns too much."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

from clients.models import Contact
from exercises import answering, assigning, occurrences, pausing, plan_page, plans
from exercises.desk import queue
from exercises.models import Assignment, Occurrence, Pause
from exercises.recurrence import Recurrence
from practice.models import AuditEvent, Message
from tests.exercises.given import make_edition
from tests.exercises.test_assigning import giving, inside_of
from tests.factories import acting_as, make_client, make_couple, signed_in, takes_part

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
WEDNESDAY = datetime.datetime(2027, 3, 10, 12, tzinfo=LONDON)
TODAY = WEDNESDAY.date()
State = Occurrence.State


@pytest.fixture
def frozen():
    with time_machine.travel(WEDNESDAY, tick=False) as clock:
        yield clock


def give(couple, therapist, slug="weekly-state-of-us", rule="FREQ=DAILY", **chosen):
    with acting_as(therapist):
        return assigning.give(giving(couple, slug, recurrence=Recurrence.parse(rule), **chosen), by=therapist)


def rows(couple, **where):
    with inside_of(couple):
        return list(Occurrence.objects.filter(**where).order_by("due_at", "pk"))


def states(couple, **where):
    return [row.state for row in rows(couple, **where)]


def day(n):
    return TODAY + datetime.timedelta(days=n)


def send(person, **where):
    with acting_as(person):
        one = Occurrence.objects.filter(client=person, state="open", **where).order_by("due_at").first()
        return answering.submit(one, author=person, raw={})


class TestMoving:
    def test_one_moves_in_everybodys_own_time_and_the_series_stays(self, frozen, couple, therapist, mara, theo):
        with inside_of(couple):
            Contact.objects.filter(client=theo).update(time_zone="Asia/Tokyo")
        (given,) = give(couple, therapist, rule="FREQ=WEEKLY")
        slot = rows(couple)[0].slot
        others = [(row.pk, row.due_at) for row in rows(couple) if row.slot != slot]
        with acting_as(therapist):
            assert plans.move(given, slot, day(3), datetime.time(9)) == 2
        for person, zone in ((mara, LONDON), (theo, ZoneInfo("Asia/Tokyo"))):
            (row,) = rows(couple, client=person, slot=slot)
            assert row.due_at == datetime.datetime.combine(day(3), datetime.time(9), zone)
        assert [(row.pk, row.due_at) for row in rows(couple) if row.slot != slot] == others

    def test_the_planner_and_the_reminder_leave_it_where_it_was_put(self, frozen, couple, therapist, mara):
        (given,) = give(couple, therapist, rule="FREQ=WEEKLY")
        slot = rows(couple)[0].slot
        with acting_as(therapist):
            plans.move(given, slot, day(4), datetime.time(9))
        with inside_of(couple):
            occurrences.plan(given, WEDNESDAY)
        (row,) = rows(couple, client=mara, slot=slot)
        assert row.due_at == datetime.datetime.combine(day(4), datetime.time(9), LONDON)
        with inside_of(couple):
            assert Message.objects.get(about_id=row.pk, step="due").due_at == row.due_at

    def test_it_goes_back_where_it_was(self, frozen, couple, therapist, mara):
        (given,) = give(couple, therapist, rule="FREQ=WEEKLY")
        (before, *_rest) = rows(couple, client=mara)
        with acting_as(therapist):
            plans.move(given, before.slot, day(4), datetime.time(9))
            plans.put_back(given, before.slot)
        (after,) = rows(couple, client=mara, slot=before.slot)
        assert (after.due_at, after.opens_at, after.closes_at) == (before.due_at, before.opens_at, before.closes_at)
        assert after.moved_at is None

    def test_a_time_that_has_passed_is_refused_and_moves_nothing(self, frozen, couple, therapist):
        (given,) = give(couple, therapist)
        before = [row.due_at for row in rows(couple)]
        with acting_as(therapist), pytest.raises(assigning.Refused):
            plans.move(given, rows(couple)[0].slot, TODAY, datetime.time(9))
        assert [row.due_at for row in rows(couple)] == before

    def test_what_was_sent_is_not_moved(self, frozen, couple, therapist, mara, theo):
        (given,) = give(couple, therapist)
        frozen.move_to(WEDNESDAY + datetime.timedelta(days=1))
        sent = send(mara)
        slot = rows(couple, pk=sent.occurrence_id)[0].slot
        before = rows(couple, pk=sent.occurrence_id)[0].due_at
        with acting_as(therapist):
            assert plans.move(given, slot, day(5), datetime.time(9)) == 1
        assert rows(couple, pk=sent.occurrence_id)[0].due_at == before


class TestSkipping:
    def test_a_skipped_one_is_never_missed_nor_answered_nor_reminded_of(self, frozen, couple, therapist, mara):
        (given,) = give(couple, therapist)
        slot = rows(couple)[0].slot
        with acting_as(therapist):
            assert plans.skip(given, slot, by=therapist, reason="They travel.") == 2
        with inside_of(couple):
            occurrences.close_due(WEDNESDAY + datetime.timedelta(days=20))
            assert not Message.objects.filter(about_id__in=[r.pk for r in rows(couple, slot=slot)], state="planned")
        assert states(couple, slot=slot) == [State.SKIPPED] * 2
        frozen.move_to(WEDNESDAY + datetime.timedelta(days=1))
        with acting_as(mara):
            one = Occurrence.objects.get(slot=slot)
            assert not answering.can_answer(one, WEDNESDAY + datetime.timedelta(days=1))

    def test_undone_it_is_asked_again_with_its_reminder(self, frozen, couple, therapist, mara):
        (given,) = give(couple, therapist)
        slot = rows(couple)[0].slot
        with acting_as(therapist):
            plans.skip(given, slot, by=therapist, reason="They travel.")
            plans.unskip(given, slot)
        assert states(couple, slot=slot) == [State.OPEN] * 2
        with inside_of(couple):
            (row,) = rows(couple, slot=slot, client=mara)
            assert Message.objects.get(about_id=row.pk).state == "planned"

    def test_what_a_partner_put_aside_stays_put_aside(self, frozen, couple, therapist, mara):
        (given,) = give(couple, therapist)
        frozen.move_to(WEDNESDAY + datetime.timedelta(days=1))
        with acting_as(mara):
            one = Occurrence.objects.filter(client=mara).order_by("due_at").first()
            answering.skip(one, author=mara, reason="too tired")
        with acting_as(therapist):
            plans.unskip(given, one.slot)
        assert states(couple, pk=one.pk) == [State.SKIPPED]


class TestEnding:
    def test_nothing_more_comes_and_what_is_open_stays(self, frozen, couple, therapist, mara):
        (given,) = give(couple, therapist)
        tomorrow = WEDNESDAY + datetime.timedelta(days=1)
        frozen.move_to(tomorrow)
        with acting_as(therapist):
            plans.end(given)
            plans.end(given)
        open_ones = rows(couple, client=mara, state="open")
        assert [row.slot[:10] for row in open_ones] == [day(1).isoformat()]
        assert send(mara).occurrence_id == open_ones[0].pk

    def test_undone_everything_ahead_is_there_again_once(self, frozen, couple, therapist):
        (given,) = give(couple, therapist)
        before = [(row.pk, row.state, row.due_at) for row in rows(couple)]
        with acting_as(therapist):
            plans.end(given)
            assert plans.go_on(given)
        assert [(row.pk, row.state, row.due_at) for row in rows(couple)] == before
        with inside_of(couple):
            assert set(Message.objects.filter(kind="reminder").values_list("state", flat=True)) == {"planned"}


class TestCarryingOn:
    def changed(self, given, therapist, **parts):
        from dataclasses import replace

        with acting_as(therapist):
            return plans.carry_on(given, replace(plans.draft_of(given), **parts), by=therapist)

    def test_what_is_done_or_open_stays_with_the_old_words(self, frozen, couple, therapist, mara, theo):
        (given,) = give(couple, therapist, why="Old words.")
        tomorrow = WEDNESDAY + datetime.timedelta(days=1)
        frozen.move_to(tomorrow)
        sent = send(mara)
        following = self.changed(given, therapist, why="New words.", at=datetime.time(20))
        assert following.continues_id == given.pk
        assert states(couple, pk=sent.occurrence_id) == [State.DONE]
        assert [row.slot[:10] for row in rows(couple, assignment=given, state="open", client=theo)] == [
            day(1).isoformat()
        ]
        new = rows(couple, assignment=following, client=mara)
        assert new[0].due_at == datetime.datetime.combine(day(2), datetime.time(20), LONDON)
        with acting_as(theo):
            page = {one.assignment.why for one in Occurrence.objects.available(tomorrow).select_related("assignment")}
            assert page == {"Old words."}, "he sees the same, whether or not she has answered"

    def test_no_day_is_asked_for_twice(self, frozen, couple, therapist, mara):
        (given,) = give(couple, therapist, rule="FREQ=WEEKLY")
        frozen.move_to(WEDNESDAY + datetime.timedelta(days=8))
        self.changed(given, therapist, at=datetime.time(20))
        live = rows(couple, client=mara, state="open")
        assert len({row.slot[:10] for row in live}) == len(live)

    def test_a_count_goes_on_counting(self, frozen, couple, therapist, mara):
        (given,) = give(couple, therapist, rule="FREQ=DAILY;COUNT=6")
        frozen.move_to(WEDNESDAY + datetime.timedelta(days=2))
        following = self.changed(given, therapist, at=datetime.time(20))
        assert following.recurrence.count == 4
        assert len([r for r in rows(couple, client=mara) if r.state != "withdrawn"]) == 6

    def test_pressed_twice_it_is_carried_on_once(self, frozen, couple, therapist):
        (given,) = give(couple, therapist)
        assert self.changed(given, therapist).pk == self.changed(given, therapist).pk

    def test_lighter_is_half_as_often(self, frozen, couple, therapist, mara):
        (given,) = give(couple, therapist, rule="FREQ=WEEKLY;BYDAY=MO,WE,FR")
        with acting_as(therapist):
            lighter = plans.lighten(given, by=therapist, how="less")
            assert lighter.rule == "FREQ=WEEKLY;BYDAY=MO,FR"
            assert plans.lighten(lighter, by=therapist, how="smaller").tailoring == {"smaller": True}

    def test_a_private_one_changes_for_one_alone(self, frozen, couple, therapist, mara, theo):
        hers, _his = sorted(
            give(couple, therapist, "burnout-signs", "FREQ=WEEKLY"), key=lambda one: one.audience != [mara.pk]
        )
        before = [(row.pk, row.due_at, row.state) for row in rows(couple, client=theo)]
        with acting_as(therapist):
            plans.lighten(hers, by=therapist, how="less")
            plans.move(plans.Assignment.objects.get(continues=hers), rows(couple, client=mara, state="open")[-1].slot,
                       day(40), datetime.time(9))  # fmt: skip
        assert [(row.pk, row.due_at, row.state) for row in rows(couple, client=theo)] == before


def rest(couple, therapist, starts=0, ends=7, **parts):
    with acting_as(therapist):
        return pausing.pause(
            couple,
            by=therapist,
            **{"kind": "holiday", "starts_on": day(starts), "ends_on": None if ends is None else day(ends), **parts},
        )


class TestResting:
    def test_what_falls_into_it_rests_and_what_comes_after_does_not(self, frozen, couple, therapist, mara):
        give(couple, therapist)
        rest(couple, therapist, 2, 4)
        found = {row.slot[:10]: row.state for row in rows(couple, client=mara)}
        assert [found[day(n).isoformat()] for n in range(1, 7)] == ["open", *["paused"] * 3, "open", "open"]

    def test_it_is_never_missed_and_lifted_it_comes_back_or_falls_away(self, frozen, couple, therapist, mara):
        give(couple, therapist)
        pause = rest(couple, therapist, 0, None)
        assert set(states(couple)) == {State.PAUSED}
        later = WEDNESDAY + datetime.timedelta(days=5)
        frozen.move_to(later)
        with inside_of(couple):
            occurrences.close_due(later)
        with acting_as(therapist):
            pausing.lift(pause)
        found = {row.slot[:10]: row.state for row in rows(couple, client=mara)}
        assert found[day(3).isoformat()] == State.PAUSED, "its time is over: it fell away, and is no failure"
        assert found[day(5).isoformat()] == State.OPEN
        assert State.MISSED not in found.values()

    def test_what_is_asked_once_comes_back_after_a_long_rest(self, frozen, couple, therapist, mara):
        (given,) = give(couple, therapist, rule="once")
        pause = rest(couple, therapist, 0, 40)
        back = WEDNESDAY + datetime.timedelta(days=45)
        frozen.move_to(back)
        with inside_of(couple):
            pausing.settle_all(back)
            occurrences.end_finished(back)
            assert Assignment.objects.get(pk=given.pk).ended_at is None
        (row,) = rows(couple, client=mara)
        assert row.state == State.OPEN
        assert row.due_at > back
        assert Pause.objects.model is type(pause)

    def test_it_ends_by_itself_on_its_last_day(self, frozen, couple, therapist, mara):
        give(couple, therapist, rule="FREQ=WEEKLY")
        rest(couple, therapist, 0, 3)
        assert states(couple, client=mara)[0] == State.PAUSED
        frozen.move_to(WEDNESDAY + datetime.timedelta(days=4))
        with inside_of(couple):
            pausing.settle_all(WEDNESDAY + datetime.timedelta(days=4))
        assert states(couple, client=mara)[0] == State.OPEN

    def test_reminders_rest_along_and_come_back(self, frozen, couple, therapist):
        give(couple, therapist)
        pause = rest(couple, therapist, 0, None)
        with inside_of(couple):
            assert not Message.objects.filter(kind="reminder", state="planned").exists()
        with acting_as(therapist):
            pausing.lift(pause)
        with inside_of(couple):
            assert not Message.objects.filter(kind="reminder").exclude(state="planned").exists()

    def test_one_thing_alone_may_rest(self, frozen, couple, therapist, mara):
        (one,) = give(couple, therapist)
        (other,) = give(couple, therapist, "nightly-gratitude-exchange")
        rest(couple, therapist, 0, None, assignment=one)
        assert set(states(couple, assignment=one)) == {State.PAUSED}
        assert set(states(couple, assignment=other)) == {State.OPEN}

    def test_what_is_given_into_a_rest_rests_too(self, frozen, couple, therapist):
        rest(couple, therapist, 0, None)
        give(couple, therapist)
        assert set(states(couple)) == {State.PAUSED}


class TestAskingForRest:
    @pytest.fixture
    def deep(self, couple, therapist):
        with acting_as(therapist):
            from clients.models import Clearance

            Clearance.objects.create(couple=couple, recorded_by=therapist, note="Seen apart.")
        return {
            "together": give(couple, therapist, "weekly-openness-hour", "FREQ=WEEKLY"),
            "alone": give(couple, therapist, "emotional-blocks", "FREQ=WEEKLY", lane="private"),
            "light": give(couple, therapist, "nightly-gratitude-exchange"),
        }

    def ask(self, couple, person, until=14):
        with acting_as(person):
            return pausing.ask_for_rest(person, couple, day(until))

    def test_deep_things_done_together_rest_until_the_day(self, frozen, couple, therapist, mara, theo, deep):
        self.ask(couple, mara)
        together = rows(couple, assignment__in=deep["together"])
        assert {row.state for row in together if row.due_at.date() <= day(14)} == {State.PAUSED}
        assert {row.state for row in together if row.due_at.date() > day(14)} == {State.OPEN}
        assert set(states(couple, assignment__in=deep["light"])) == {State.OPEN}

    def test_of_what_is_done_alone_only_the_askers_rests(self, frozen, couple, therapist, mara, theo, deep):
        self.ask(couple, mara, 60)
        assert set(states(couple, assignment__in=deep["alone"], client=mara)) == {State.PAUSED}
        assert set(states(couple, assignment__in=deep["alone"], client=theo)) == {State.OPEN}

    def test_the_partner_sees_the_same_whoever_asked(self, frozen, couple, therapist, mara, theo, deep):
        """His pages and his rows are byte for byte what they are when the therapist lets deep talks rest."""
        browser = signed_in(theo)

        def seen():
            pages = [browser.get(path).content for path in ("/today/", "/rest/")]
            with acting_as(theo):
                found = list(Occurrence.objects.order_by("pk").values_list("pk", "state", "moved_at", "closes_at"))
            return [_without_tokens(page) for page in pages], found

        asked = self.ask(couple, mara)
        because_of_her = seen()
        with acting_as(mara):
            pausing.lift(asked)
        rest(couple, therapist, 0, 14, deep_only=True, kind="rest")
        assert seen() == because_of_her
        assert b"Mara" not in b"".join(because_of_her[0])

    def test_a_rest_that_is_to_begin_later_stays_beside_one_from_today(self, frozen, couple, mara, deep):
        with inside_of(couple):
            later = Pause.objects.create(
                couple=couple, kind="rest", deep_only=True, starts_on=day(30), ends_on=day(40), asked_by=mara
            )
        first = self.ask(couple, mara)
        assert (first.starts_on, first.ends_on) == (day(0), day(14))
        again = self.ask(couple, mara, 7)
        assert (again.pk, again.ends_on) == (first.pk, day(7))
        with inside_of(couple):
            known = Pause.objects.get(pk=later.pk)
            assert (known.starts_on, known.ends_on) == (day(30), day(40))

    def test_a_rest_that_would_be_over_already_is_refused(self, frozen, couple, mara, deep):
        with pytest.raises(pausing.OverAlready):
            self.ask(couple, mara, -1)

    def test_the_therapists_are_told_until_one_has_seen_it(self, frozen, couple, therapist, mara, deep):
        one = self.ask(couple, mara)
        with acting_as(therapist):
            (item,) = [item for item in queue(therapist, [couple.pk]) if "rest" in item.what]
            assert "Mara asked for a rest until 24 March" in item.detail
        browser = signed_in(therapist)
        assert "Mara" in browser.get(f"/desk/couples/{couple.pk}/rest/").content.decode()
        browser.post(f"/desk/couples/{couple.pk}/rest/{one.pk}/", {"act": "seen"})
        with acting_as(therapist):
            assert not [item for item in queue(therapist, [couple.pk]) if "rest" in item.what]

    def test_the_portal_asks_and_ends_it(self, frozen, couple, therapist, mara, theo, deep):
        hers, his = signed_in(mara), signed_in(theo)
        assert hers.post("/rest/", {"act": "ask"}).status_code == 422
        assert hers.post("/rest/", {"act": "ask", "weeks": "2"}).status_code == 302
        assert "I am ready again" in hers.get("/rest/").content.decode()
        assert "I am ready again" not in his.get("/rest/").content.decode()
        his.post("/rest/", {"act": "end"})
        assert State.PAUSED in states(couple, assignment__in=deep["together"]), "he cannot end what is not his"
        hers.post("/rest/", {"act": "end"})
        assert State.PAUSED not in states(couple)

    def test_asked_twice_it_is_one_rest_with_the_later_day(self, frozen, couple, therapist, mara, deep):
        self.ask(couple, mara, 7)
        self.ask(couple, mara, 28)
        with inside_of(couple):
            assert [one.ends_on for one in Pause.objects.all()] == [day(28)]


def _without_tokens(page: bytes) -> bytes:
    from tests.pages import plain

    return plain(page)


class TestThree:
    def test_what_two_of_three_have_leaves_no_trace_for_the_third(self, practice, therapist):
        couple = make_couple(practice, ("Ana", "Ben", "Cleo"), therapist=therapist)
        ana, ben, cleo = couple.clients
        browser = signed_in(therapist)
        before = _everything(cleo)
        answer = browser.post(
            f"/desk/couples/{couple.pk}/assign/",
            {
                "exercise": "weekly-state-of-us",
                "who": "each",
                "people": [str(ana.pk), str(ben.pk)],
                "why": "For the two of you.",
                "starts_on": datetime.date.today().isoformat(),
                "at": "23:59",
                "rhythm": "once",
                "lane": "reveal",
                "opens_by": "all",
            },
        )
        assert answer.status_code == 302
        with inside_of(couple):
            assert set(Assignment.objects.get().audience) == {ana.pk, ben.pk}
        assert _everything(cleo) == before
        page = signed_in(ana).get("/today/").content.decode()
        assert "Sealed for both" in page
        assert "Cleo" not in page
        for person in (ana, ben):
            send(person)
        assert _everything(cleo) == before


def _everything(person):
    browser = signed_in(person)
    with acting_as(person):
        there = [Assignment.objects.count(), Occurrence.objects.count()]
    return [_without_tokens(browser.get(path).content) for path in ("/today/", "/together/", "/you/")], there


class TestPages:
    def test_the_plan_shows_each_partners_own_time_and_the_others_beside_it(self, frozen, couple, therapist, theo):
        with inside_of(couple):
            Contact.objects.filter(client=theo).update(time_zone="Asia/Tokyo")
        (given,) = give(couple, therapist, "mood-patterns-talk", "once")
        with acting_as(therapist):
            given.couple = couple
            page = plan_page.read(given, couple, WEDNESDAY)
        (one,) = page.ahead
        assert [cell.due.own for cell in one.cells] == ["Thu 11 Mar, 18:00", "Fri 12 Mar, 03:00"]
        assert [cell.due.beside for cell in one.cells] == [(("Theo", "03:00 (Fri)"),), (("Mara", "18:00 (Thu)"),)]
        shown = signed_in(therapist).get(f"/desk/couples/{couple.pk}/practice/{given.pk}/").content.decode()
        assert "03:00 (Fri) for Theo" in shown

    def test_its_queries_do_not_grow_with_its_rounds(self, frozen, couple, therapist, django_assert_max_num_queries):
        (few,) = give(couple, therapist, rule="once")
        (many,) = give(couple, therapist, rule="FREQ=DAILY", why="And every day.")
        for given in (few, many):
            with acting_as(therapist), django_assert_max_num_queries(5):
                plan_page.read(given, couple, WEDNESDAY)

    def test_one_round_is_moved_and_left_out_and_asked_again_by_its_page(self, couple, therapist, mara):
        (given,) = give(couple, therapist, rule="FREQ=WEEKLY")
        slot = rows(couple, client=mara)[-1].slot
        browser = signed_in(therapist)
        path = f"/desk/couples/{couple.pk}/practice/{given.pk}/times/{slot}/"
        far = (datetime.date.today() + datetime.timedelta(days=50)).isoformat()
        wrong = browser.post(path, {"act": "move", "day": "2020-01-01", "at": "09:00"})
        assert wrong.status_code == 422
        assert "passed already" in wrong.content.decode()
        assert browser.post(path, {"act": "move", "day": far, "at": "09:00"}).status_code == 302
        assert "moved by hand" in browser.get(f"/desk/couples/{couple.pk}/practice/{given.pk}/").content.decode()
        assert browser.post(path, {"act": "back"}).status_code == 302
        assert browser.post(path, {"act": "skip", "reason": ""}).status_code == 422
        assert browser.post(path, {"act": "skip", "reason": "They travel."}).status_code == 302
        assert "They travel." in browser.get(path).content.decode()
        assert browser.post(path, {"act": "unskip"}).status_code == 302
        assert browser.get(path.replace(slot, "2001-01-01T10:00")).status_code == 404
        assert browser.get(path.replace(slot, "nonsense")).status_code == 404

    def test_changing_it_shows_what_runs_and_keeps_what_was_typed(self, couple, therapist):
        (given,) = give(couple, therapist, rule="FREQ=WEEKLY;BYDAY=TU;COUNT=5", why="Each Tuesday.")
        browser = signed_in(therapist)
        path = f"/desk/couples/{couple.pk}/practice/{given.pk}/change/"
        form = browser.get(path).context["form"]
        assert form.initial["why"] == "Each Tuesday."
        assert (form.initial["rhythm"], form.initial["weekdays"], form.initial["count"]) == ("weekly", ["1"], 5)
        data = {name: form.initial.get(name, "") for name in ("who", "starts_on", "at", "lane", "opens_by", "key")}
        data |= {"rhythm": "weekly", "weekdays": ["3"], "every": "1", "ends": "open", "due": "rhythm"}
        wrong = browser.post(path, {**data, "why": ""})
        assert wrong.status_code == 422
        done = browser.post(path, {**data, "why": "Thursdays now."})
        assert done.status_code == 302
        with inside_of(couple):
            assert Assignment.objects.get(continues=given).rule == "FREQ=WEEKLY;BYDAY=TH"
        assert browser.get(path).url == path.replace(str(given.pk), str(_following(couple, given).pk))

    def test_two_who_change_it_at_once_both_see_what_the_other_wrote(self, couple, therapist, owner):
        takes_part(couple, owner)
        (given,) = give(couple, therapist, rule="FREQ=WEEKLY;BYDAY=TU")
        first, second = signed_in(therapist), signed_in(owner)
        path = f"/desk/couples/{couple.pk}/practice/{given.pk}/change/"
        form = second.get(path).context["form"]
        data = {name: form.initial.get(name, "") for name in ("who", "starts_on", "at", "lane", "opens_by", "key")}
        data |= {"rhythm": "weekly", "weekdays": ["3"], "every": "1", "ends": "open", "due": "rhythm", "base": given.pk}
        assert first.post(path, {**data, "why": "Hers."}).status_code == 302
        assert first.post(path, {**data, "why": "Hers."}).status_code == 302, "sent twice it is one change"
        clash = second.post(path, {**data, "why": "His."})
        assert clash.status_code == 409
        page = clash.content.decode()
        assert "Hers." in page
        assert "His." in page
        theirs = _following(couple, given)
        assert theirs.why == "Hers."
        assert second.post(path, {**data, "why": "His.", "base": theirs.pk}).status_code == 302
        assert _following(couple, theirs).why == "His."

    def test_deep_work_given_early_leaves_a_line_in_the_trail(self, frozen, couple, therapist):
        with inside_of(couple):
            edition = make_edition([], level="deep", lane="shared")
        with acting_as(therapist):
            draft = giving(couple, lane="shared", recurrence=Recurrence.parse("once"))
            from dataclasses import replace

            assigning.give(replace(draft, edition=edition), by=therapist)
        with inside_of(couple):
            assert AuditEvent.objects.filter(act="gave deep work early").count() == 1


def _following(couple, given):
    with inside_of(couple):
        return Assignment.objects.get(continues=given)


def test_a_colleague_without_the_couple_finds_nothing(couple, therapist, colleague, mara):
    (given,) = give(couple, therapist)
    browser = signed_in(colleague)
    for path in ("", "change/", "rest/"):
        assert browser.get(f"/desk/couples/{couple.pk}/practice/{given.pk}/{path}").status_code == 404
    assert browser.post(f"/desk/couples/{couple.pk}/practice/{given.pk}/act/", {"act": "end"}).status_code == 404


def test_a_new_partner_is_not_asked_for_what_others_have(practice, couple, therapist):
    make_client(practice, "Nadia")
    (given,) = give(couple, therapist)
    assert len(given.audience) == 2
