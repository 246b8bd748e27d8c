"""A program runs week by week, rests, repeats, stretches and shrinks; what was done stays done."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone
from time_machine import travel

from clients.models import Couple
from exercises import answering, library, programs
from exercises.models import Assignment, Occurrence, Program, ProgramRun
from exercises.programs import Start
from exercises.tasks import plan
from practice.ids import uuid7
from tests.exercises.given import as_attune
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db

MONDAY = datetime.datetime(2026, 11, 30, 9, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def on_a_monday():
    with travel(MONDAY, tick=False) as clock:
        yield clock


def begin(couple: Couple, therapist, slug: str = "digital-distraction-reset", **changes: Any) -> ProgramRun:
    with acting_as(therapist):
        program = Program.objects.get(slug=slug)
        content = {**programs.plan_of(program), "why": "To have your evenings back", **changes.pop("content", {})}
        start = Start(
            couple=couple, program=program, content=content, clients=tuple(one.pk for one in couple.clients),
            starts_on=MONDAY.date(), at=datetime.time(18), key=changes.pop("key", uuid7()),
        )  # fmt: skip
        return programs.begin(start, by=therapist)


def later(clock, days: int) -> None:
    clock.move_to(MONDAY + days * DAY)


def look_again(run: ProgramRun) -> ProgramRun:
    """What the beat does every few minutes."""
    with as_attune(run):
        programs.open_what_is_due(ProgramRun.objects.get(pk=run.pk), timezone.now())
        return ProgramRun.objects.select_related("couple").get(pk=run.pk)


def given(run: ProgramRun, week: int) -> set[str]:
    with as_attune(run):
        rows = Assignment.objects.filter(run=run, run_week=week).select_related("edition__exercise")
        return {one.edition.exercise.slug for one in rows}


def test_the_look_before_and_the_first_week_are_given_on_the_first_day(couple, therapist):
    run = begin(couple, therapist)
    assert run.week == 1
    assert given(run, 0) == {"presence-check", "digital-habit-audit"}
    assert given(run, 1) == {"digital-habit-audit", "technology-bridge-or-barrier", "presence-check"}
    assert given(run, 2) == set()


def test_a_double_click_begins_once(couple, therapist):
    key = uuid7()
    assert begin(couple, therapist, key=key).pk == begin(couple, therapist, key=key).pk
    with as_attune(couple):
        assert ProgramRun.objects.count() == 1


def test_week_two_opens_on_its_day_and_only_once(couple, therapist, on_a_monday):
    run = begin(couple, therapist)
    later(on_a_monday, 6)
    assert look_again(run).week == 1
    later(on_a_monday, 7)
    assert look_again(run).week == 2
    assert look_again(run).week == 2
    assert given(run, 2) == {"tech-curfew", "device-free-zones", "high-and-low"}


@pytest.mark.django_db(transaction=True)
def test_the_beat_opens_weeks_by_itself(couple, therapist):
    run = begin(couple, therapist)
    with as_attune(run):  # the job goes by the database's clock, which nobody can set
        ProgramRun.objects.filter(pk=run.pk).update(week_opened_at=MONDAY - 300 * DAY)
    plan()
    with as_attune(run):
        assert ProgramRun.objects.get(pk=run.pk).week == 2


def test_what_a_week_asks_for_ends_with_the_week_or_is_asked_once(couple, therapist):
    run = begin(couple, therapist)
    with as_attune(run):
        for one in Assignment.objects.filter(run=run, run_week=1):
            until = one.recurrence.until or one.starts_on
            assert MONDAY.date() <= until <= MONDAY.date() + 7 * DAY


def test_a_week_can_wait_until_something_was_done(couple, therapist, mara, on_a_monday):
    run = begin(couple, therapist, content={"unlock": "done"})
    later(on_a_monday, 8)
    assert look_again(run).week == 1
    with as_attune(run):
        one = Occurrence.objects.filter(assignment__run=run, assignment__run_week=1).first()
        Occurrence.objects.filter(pk=one.pk).update(state="done", done_at=timezone.now())
    assert look_again(run).week == 2


def test_a_week_can_wait_for_the_therapist(couple, therapist, on_a_monday):
    run = begin(couple, therapist, content={"unlock": "therapist"})
    later(on_a_monday, 9)
    assert look_again(run).week == 1
    assert "Next week of a program" in signed_in(therapist).get("/desk/").content.decode()
    signed_in(therapist).post(f"/desk/couples/{couple.pk}/programs/{run.pk}/act/", {"do": "open"})
    assert look_again(run).week == 2
    assert "Next week of a program" not in signed_in(therapist).get("/desk/").content.decode()


def test_after_the_last_week_comes_the_look_back_and_the_end(couple, therapist, on_a_monday):
    run = begin(couple, therapist)
    for week in range(1, 5):
        later(on_a_monday, 7 * week)
        run = look_again(run)
    assert run.ended_at is not None
    assert given(run, 5) == {"presence-check", "digital-habit-audit"}


def test_at_rest_nothing_opens_and_the_week_gets_its_days_back(couple, therapist, on_a_monday):
    run = begin(couple, therapist)
    later(on_a_monday, 2)
    with acting_as(therapist):
        programs.pause(run, by=therapist)
    later(on_a_monday, 9)
    assert look_again(run).week == 1
    with as_attune(run):
        rows = Occurrence.objects.filter(assignment__run=run, due_at__gt=MONDAY + 2 * DAY, due_at__lt=MONDAY + 7 * DAY)
        assert {one.state for one in rows} <= {"paused", "withdrawn"}
    with acting_as(therapist):
        programs.resume(run)
    later(on_a_monday, 13)
    assert look_again(run).week == 1
    later(on_a_monday, 14)
    assert look_again(run).week == 2


def test_a_rest_with_a_last_day_ends_by_itself(couple, therapist, on_a_monday):
    run = begin(couple, therapist)
    with acting_as(therapist):
        programs.pause(run, by=therapist, until=(MONDAY + 3 * DAY).date())
    later(on_a_monday, 3)
    assert look_again(run).paused_at is None


def test_a_week_can_be_done_once_more(couple, therapist, on_a_monday):
    run = begin(couple, therapist)
    with acting_as(therapist):
        programs.repeat_week(run)
    later(on_a_monday, 7)
    run = look_again(run)
    assert (run.week, len(run.content["weeks"])) == (2, 5)
    assert given(run, 2) == given(run, 1)


def test_a_week_can_be_given_more_time(couple, therapist, on_a_monday):
    run = begin(couple, therapist)
    with acting_as(therapist):
        programs.stretch(run)
    later(on_a_monday, 8)
    assert look_again(run).week == 1
    later(on_a_monday, 14)
    assert look_again(run).week == 2


def test_weeks_ahead_can_be_left_out_and_those_that_opened_cannot(couple, therapist):
    run = begin(couple, therapist)
    with acting_as(therapist):
        programs.drop_weeks(run, [1, 3])
    with as_attune(run):
        focus = [week["focus"] for week in ProgramRun.objects.get(pk=run.pk).content["weeks"]]
    assert focus == ["Look", "Limits", "Keep"]


def test_ending_takes_away_what_is_ahead_and_keeps_what_was_done(couple, therapist, mara):
    run = begin(couple, therapist)
    with as_attune(run):
        done = Occurrence.objects.filter(
            assignment__run=run, audience__contains=[mara.pk], opens_at__lte=MONDAY
        ).first()
    with acting_as(mara):
        mine = Occurrence.objects.get(pk=done.pk)
        answering.submit(mine, author=mara, raw={})
    with acting_as(therapist):
        programs.end(run, with_outcome=False)
    with as_attune(run):
        assert Occurrence.objects.get(pk=done.pk).state == "done"
        ahead = Occurrence.objects.filter(assignment__run=run, opens_at__gt=MONDAY)
        assert {one.state for one in ahead} <= {"withdrawn"}
        assert ProgramRun.objects.get(pk=run.pk).ended_at is not None


def test_what_needs_clearance_is_left_out_with_the_reason_and_the_rest_is_given(couple, therapist):
    run = begin(couple, therapist, "rebuilding-after-betrayal")
    with acting_as(therapist):
        for _ in range(2):
            programs.open_now(run)
    page = signed_in(therapist).get(f"/desk/couples/{couple.pk}/programs/{run.pk}/").content.decode()
    assert "your record that joint work is safe" in page
    assert given(run, 1)
    assert not given(run, 3)


def test_a_private_exercise_of_a_program_is_one_row_a_partner_and_not_on_the_open_page(couple, therapist, mara, theo):
    run = begin(couple, therapist, "reconnect-after-drift")
    with as_attune(run):
        private = Assignment.objects.filter(run=run, lane="private")
        assert private.exists()
        assert all(len(one.audience) == 1 for one in private)
        titles = {one.edition.title for one in private.select_related("edition")}
    page = signed_in(therapist).get(f"/desk/couples/{couple.pk}/programs/{run.pk}/").content.decode()
    main = page.split("<main")[1]
    assert not any(f"<b>{title}</b>" in main for title in titles)


def test_a_program_that_stands_still_waits_on_the_therapists_list(couple, therapist, on_a_monday):
    run = begin(couple, therapist)
    assert "Program stands still" not in signed_in(therapist).get("/desk/").content.decode()
    later(on_a_monday, 5)
    browser = signed_in(therapist)
    assert "Program stands still" in browser.get("/desk/").content.decode()
    with as_attune(run):
        one = Occurrence.objects.filter(assignment__run=run, assignment__run_week=1).first()
        Occurrence.objects.filter(pk=one.pk).update(state="done", done_at=timezone.now())
    assert "Program stands still" not in browser.get("/desk/").content.decode()


# ── pages ────────────────────────────────────────────────────────────────────


def test_a_therapist_tailors_and_begins_it(couple, therapist):
    browser = signed_in(therapist)
    address = f"/desk/couples/{couple.pk}/programs/begin/digital-distraction-reset/"
    page = browser.get(address)
    form = page.context["form"]
    said = {
        "key": form["key"].value(), "who": [str(one.pk) for one in couple.clients], "why": "For quiet evenings",
        "starts_on": "2026-11-30", "at": "18:00", "unlock": "day", "baseline": ["presence-check"],
        "week0": ["presence-check"], "days0": "14", "week1": [], "days1": "7", "week2": ["device-free-hour"],
        "days2": "7", "week3": [], "days3": "7", "outcome": [],
    }  # fmt: skip
    answer = browser.post(address, said, follow=True)
    assert "Week 1 of 2" in answer.content.decode()
    with as_attune(couple):
        run = ProgramRun.objects.get()
    assert [week["days"] for week in run.content["weeks"]] == [14, 7]


def test_an_empty_program_and_a_day_that_is_over_are_refused_beside_the_fields(couple, therapist):
    browser = signed_in(therapist)
    address = f"/desk/couples/{couple.pk}/programs/begin/digital-distraction-reset/"
    answer = browser.post(
        address, {"why": "Keep these words", "starts_on": "2020-01-01", "at": "18:00", "unlock": "day"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Keep these words" in page
    assert "Nothing is left in the program" in page
    assert "Choose today or a day within the next year" in page
    with as_attune(couple):
        assert not ProgramRun.objects.exists()


def test_a_program_of_ones_own_is_written_and_changed_without_touching_what_runs(couple, therapist, practice):
    browser = signed_in(therapist)
    with acting_as(therapist):
        known = library.by_slug(["presence-check", "high-and-low", "device-free-hour"])
    first, second, third = (known[slug].title for slug in ("presence-check", "high-and-low", "device-free-hour"))
    said = {
        "key": str(uuid7()), "title": "Quiet evenings", "for_whom": "Tired parents", "length": "2",
        "focus0": "Arrive", "week0": f"{first}\n{second}", "focus1": "Stay", "week1": third.upper(),
    }  # fmt: skip
    answer = browser.post("/desk/programs/new/", said, follow=True)
    if answer.status_code == 422:  # titles as the library has them
        pytest.fail(str(answer.context["form"].errors))
    with as_attune(couple):
        program = Program.objects.get(practice=practice)
    run = begin(couple, therapist, program.slug)
    browser.post(f"/desk/programs/{program.slug}/change/", {**said, "week1": "", "length": "1"})
    with as_attune(couple):
        assert Program.objects.get(pk=program.pk).weeks == 1
        assert len(ProgramRun.objects.get(pk=run.pk).content["weeks"]) == 2


def test_an_unknown_title_is_said_beside_the_week(therapist):
    answer = signed_in(therapist).post(
        "/desk/programs/new/",
        {"title": "T", "for_whom": "W", "length": "1", "focus0": "", "week0": "Telepathy for beginners"},
    )
    assert answer.status_code == 422
    assert "Telepathy for beginners" in answer.content.decode()


def test_a_program_that_ships_is_adapted_never_changed(therapist, practice):
    browser = signed_in(therapist)
    answer = browser.get("/desk/programs/digital-distraction-reset/change/")
    assert answer.url == "/desk/programs/new/?from=digital-distraction-reset"
    page = browser.get(answer.url).content.decode()
    assert "A copy of" in page
    assert browser.post("/desk/programs/digital-distraction-reset/retire/").status_code == 404


def test_a_colleague_finds_no_run(couple, therapist, colleague):
    run = begin(couple, therapist)
    assert signed_in(colleague).get(f"/desk/couples/{couple.pk}/programs/{run.pk}/").status_code == 404
    with acting_as(colleague):
        assert not ProgramRun.objects.exists()
