"""What each edition is made of, and that nothing private moves anything in the shared one."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest

from clients.models import Couple
from exercises.models import Answer, Assignment, Draft, Occurrence, Response
from practice.models import Practice
from reports import days, paper, pdf, progress
from reports.editions import clinical_material, readable_by_all, shared_material
from reports.material import Material, Period
from reports.models import Alert
from tests.factories import acting_as, inside, make_couple
from tests.reports.factories import MOOD, NOW, QUESTIONS, SCALE, TODAY, Giver, home, weeks

pytestmark = pytest.mark.django_db

STARTS = datetime.date(2026, 3, 2)
PERIOD = Period(STARTS, TODAY, ZoneInfo("Europe/London"))


@pytest.fixture
def giver(couple, therapist) -> Giver:
    return Giver(couple, therapist)


def material(couple: Couple, *, shared: bool, now: datetime.datetime = NOW) -> Material:
    with home(couple):
        fresh = Couple.objects.with_partners().get(pk=couple.pk)
        return (shared_material if shared else clinical_material)(fresh, PERIOD, now)


def composed(couple: Couple, *, shared: bool, now: datetime.datetime = NOW) -> paper.Report:
    with home(couple):
        return progress.compose(
            progress.material_for(Couple.objects.with_partners().get(pk=couple.pk), PERIOD, shared=shared, now=now),
            Practice.objects.get(pk=couple.practice_id),
            today=TODAY,
            reference="LH-2026-7KQ3M",
            prepared_by="Dr Ines Karlsen",
            summary="You came a long way.",
        )


def open_weeks(giver: Giver, count: int = 6) -> None:
    """Both answer a shared weekly check, a mood log and a ritual together."""
    mara, theo = giver.people
    [check] = giver.give(giver.edition())
    [mood] = giver.give(giver.edition(MOOD, title="Mood log"), rule="FREQ=DAILY")
    ritual = giver.edition([{"key": "kept", "label": "Kept?", "type": "yes_no", "metric": "ritual_kept"}], title="Tea")
    [tea] = giver.give(ritual, "joint")
    # Both know that these letters were given to both; what becomes of them stays sealed.
    giver.give(giver.edition(title="Sealed letters"), "reveal")
    for at, day in enumerate(weeks(count)):
        giver.send(check, mara, day, {"closeness": 3 + at % 5, "heard": 4, "note": f"In week {at} he waited for me."})
        giver.send(check, theo, day, {"closeness": 6, "heard": 5 + at % 3})
        giver.send(mood, mara, day, {"mood": 1 + at % 5})
        giver.send(tea, theo, day, {"kept": 1}, joint=True)


def private_activity(giver: Giver) -> None:
    """Everything that one partner can do without the other ever learning of it."""
    mara, theo = giver.people
    edition = giver.edition(title="Quiet questions")
    [alone] = giver.give(edition, "private", to=[mara], why="Only for you.")
    [journal] = giver.give(giver.edition(title="My journal"), "own", to=[theo])
    for day in weeks(5):
        giver.send(alone, mara, day, {"closeness": 1, "heard": 0, "note": "I am thinking of leaving him for good."})
        giver.send(journal, theo, day, {"closeness": 0, "note": "A journal that nobody but me ever reads."})
    with home(giver.couple):
        sealed = Assignment.objects.select_related("edition").get(couple=giver.couple, lane="reveal")
    # A sealed one that has not opened, and one that only one of them answered.
    later = NOW + datetime.timedelta(days=3)
    giver.send(
        sealed, mara, weeks(1)[0], {"closeness": 2, "note": "Sealed until we meet again in spring."}, revealed=later
    )
    early = NOW - datetime.timedelta(days=3)
    giver.send(
        sealed,
        mara,
        weeks(2)[1],
        {"closeness": 2, "note": "I answered this, and he did not."},
        revealed=early,
        sent=[mara],
    )
    skipped = giver.occurrence(alone, mara, weeks(7)[6], "skipped")
    with home(giver.by):
        skipped.skip_reason = "He reads my phone."
        skipped.save(update_fields=["skip_reason"])
    waiting = giver.occurrence(alone, mara, weeks(8)[7])
    with acting_as(mara):
        Draft.objects.create(occurrence=waiting, author=mara, answers='{"note": ["half a thought"]}', version=1)


def private_questions(giver: Giver) -> None:
    """Private questions in shared forms that were sent already: answered, with an alert."""
    with home(giver.by):
        for response in Response.objects.filter(lane="shared"):
            if {"closeness"} <= {answer.key for answer in response.answers.all()}:
                for key, number, text in (("worry", 9, ""), ("alone", None, "Please ask me about the bruise alone.")):
                    Answer.objects.create(
                        couple=giver.couple,
                        response=response,
                        author_id=response.author_id,
                        lane="private",
                        readers=[],
                        key=key,
                        number=number,
                        text=text,
                    )
                from exercises.signals import response_written

                response_written.send(sender=Response, response=response, answers=list(response.answers.all()))


def test_nothing_private_moves_anything_in_the_shared_edition(giver, couple):
    open_weeks(giver)
    before, before_paper = material(couple, shared=True), composed(couple, shared=True)
    private_activity(giver)
    private_questions(giver)
    with home(couple):
        assert Alert.objects.exists()
    assert repr(material(couple, shared=True)) == repr(before)
    assert repr(composed(couple, shared=True)) == repr(before_paper)
    assert "bruise" in repr(composed(couple, shared=False))


def test_the_printed_file_is_the_same_byte_for_byte(giver, couple):
    open_weeks(giver, 4)
    before = pdf.render(composed(couple, shared=True))
    private_activity(giver)
    private_questions(giver)
    after = pdf.render(composed(couple, shared=True))
    assert (after.sha256, after.code) == (before.sha256, before.code)


def test_what_the_shared_edition_reads_is_what_the_walls_show_to_every_partner(giver, couple, mara, theo):
    open_weeks(giver)
    private_activity(giver)
    private_questions(giver)
    seen = []
    for person in (mara, theo):
        with acting_as(person):
            seen.append(set(Answer.objects.exclude(lane__in=["own", "private"]).values_list("pk", flat=True)))
    with home(couple):
        fresh = Couple.objects.with_partners().get(pk=couple.pk)
        from django.utils import timezone

        _responses, answers = readable_by_all(fresh, timezone.now())
        assert set(answers.values_list("pk", flat=True)) == seen[0] & seen[1]


def test_a_reveal_joins_the_shared_edition_at_its_moment(giver, couple):
    mara, theo = giver.people
    [letters] = giver.give(giver.edition(title="Letters"), "reveal")
    moment = NOW + datetime.timedelta(hours=1)
    for person in (mara, theo):
        giver.send(
            letters,
            person,
            weeks(1)[0],
            {"closeness": 5, "note": "I never told you about the harbour."},
            revealed=moment,
        )
    assert material(couple, shared=True) == Material(
        partners=material(couple, shared=True).partners,
        period=PERIOD,
        shared=True,
        running=material(couple, shared=True).running,
    )
    opened = material(couple, shared=True, now=moment)
    assert len(opened.sent) == len(opened.words) == 2
    assert [one.value for one in opened.numbers] == [5, 5]


def test_the_clinical_edition_holds_private_answers_and_says_so(giver, couple):
    open_weeks(giver, 3)
    private_activity(giver)
    report = composed(couple, shared=False)
    private = [quote for quote in report.quotes if "private" in quote.source]
    assert private
    assert all("private" in row.kind for row in report.doing.given if row.what.startswith("Quiet questions"))
    assert {row.states for row in report.doing.given if row.what.startswith("My journal")} == set()
    assert "journal" not in repr(report)
    assert "skipped" in {state for row in report.doing.given for state in row.states}


def test_safety_stays_in_the_clinical_edition_even_when_asked_openly(giver, couple):
    questions = [
        {"key": "home", "label": "Safe at home?", "metric": "safety", **SCALE},
        {"key": "honest", "label": "Safe to be honest?", "metric": "emotional_safety", **SCALE},
    ]
    signs = [{"key": "words", "label": "What happened?", "type": "long_text"}]
    [check] = giver.give(giver.edition(questions))
    [warning] = giver.give(giver.edition(signs, kind="warning_signs", title="Signs of strain"))
    for day in weeks(4):
        giver.send(check, giver.people[0], day, {"home": 3, "honest": 4})
        giver.send(warning, giver.people[0], day, {"words": "He closed the door and stood in front of it."})
    shared, clinical = composed(couple, shared=True), composed(couple, shared=False)
    assert shared.series == ()
    assert "Signs of strain" not in repr(shared)
    assert len(clinical.series) == 2
    assert "Signs of strain" in repr(clinical)


def test_a_private_question_keeps_the_whole_score_private(giver, couple):
    questions = [dict(QUESTIONS[0]), {**QUESTIONS[1], "private": True}]
    scoring = {"method": "mean", "questions": ["closeness", "heard"], "direction": "higher_better", "series": "bond"}
    [check] = giver.give(giver.edition(questions, scoring=scoring))
    response = giver.send(check, giver.people[0], weeks(1)[0], {"closeness": 5})
    with home(couple):
        lanes = dict(response.scores.values_list("series", "lane"))
    assert lanes == {"closeness": "shared", "bond": "private"}


def test_three_partners_share_only_what_all_three_may_read(practice, therapist):
    couple = make_couple(practice, ("Ada", "Bo", "Cy"), therapist=therapist)
    giver = Giver(couple, therapist)
    ada, bo, cy = giver.people
    [all_three] = giver.give(giver.edition(title="For all of us"))
    [two] = giver.give(giver.edition(title="For two of us"), to=[ada, bo])
    for day in weeks(3):
        for person in (ada, bo, cy):
            giver.send(all_three, person, day, {"closeness": 5})
        giver.send(two, ada, day, {"closeness": 9, "note": "Between the two of us, for once."})
    report = composed(couple, shared=True)
    assert len(report.partners) == 3
    assert "two of us" not in repr(report)
    assert len(report.series[0].lines) == 3
    assert len(report.differences.rows if report.differences else ()) == 0
    assert "two of us" in repr(composed(couple, shared=False))


def test_somebody_who_left_is_no_part_of_the_shared_edition(giver, couple):
    open_weeks(giver, 3)
    with home(couple):
        couple.partners.filter(position=1).update(left_at=NOW)
    report = composed(couple, shared=True)
    assert [partner.name for partner in report.partners] == ["Mara"]
    assert {line.position for one in report.series for line in one.lines} == {0}
    assert len(composed(couple, shared=False).partners) == 2


def test_an_empty_period_makes_an_empty_calm_report(couple):
    for shared in (True, False):
        report = composed(couple, shared=shared)
        assert (report.series, report.doing, report.mood, report.quotes, report.next) == ((), None, None, (), ())
        assert pdf.render(report).pages >= 1


def test_queries_do_not_grow_with_what_was_sent(giver, couple, django_assert_max_num_queries):
    open_weeks(giver, 1)
    for count, shared in ((1, True), (8, True), (8, False)):
        if count == 8 and shared:
            open_weeks(giver, 8)
        with home(couple):
            fresh = Couple.objects.with_partners().get(pk=couple.pk)
            with django_assert_max_num_queries(8 if shared else 10):
                (shared_material if shared else clinical_material)(fresh, PERIOD, NOW)


def test_a_neighbour_practice_leaves_no_trace(giver, couple, neighbour):
    open_weeks(giver, 2)
    with inside(neighbour):
        assert Response.objects.count() == Occurrence.objects.count() == 0
        assert shared_material(couple, PERIOD, NOW).sent == ()


def test_the_dates_that_are_offered_know_nothing_private(giver, couple):
    giver.give(giver.edition(), "private", to=[giver.people[0]], starts_on=datetime.date(2026, 5, 1))
    with home(couple):
        alone = days.usual_period(couple, TODAY)
    assert alone == (datetime.date(2026, 3, 2), TODAY)
    giver.give(giver.edition(), starts_on=datetime.date(2026, 4, 6))
    with home(couple):
        assert days.usual_period(couple, TODAY)[0] == datetime.date(2026, 4, 6)
