"""Scores are derived: with the edition and the rule that made them they come out the same at any time."""

from __future__ import annotations

import random
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Couple
from exercises import answering, measures
from exercises.models import Exercise, Response
from exercises.questions import Form
from exercises.scoring import Scoring
from practice import destroying, vault
from practice.models import Practice
from reports import recomputing
from reports.models import Score
from tests.exercises.given import as_attune, give
from tests.exercises.measures.forms import questions_of, raw, scoring_of
from tests.exercises.test_portal import send as send_in_portal
from tests.factories import acting_as

pytestmark = pytest.mark.django_db

STEPS = {"type": "scale", "min": 0, "max": 10, "low": "none", "high": "much"}
QUESTIONS: list[dict[str, Any]] = [
    {"key": "close", "label": "Closeness", **STEPS, "metric": "closeness"},
    {"key": "heard", "label": "Heard", **STEPS},
    {"key": "safe", "label": "Safe", **STEPS, "private": True},
]
PLANS: list[dict[str, Any]] = [
    {"method": "mean", "questions": ["close", "heard"], "direction": "higher_better", "series": "bond"},
    {"method": "sum", "questions": ["close", "safe"], "direction": "higher_better", "series": "both",
     "missing": {"least": 1}},
    {"method": "change", "questions": ["close", "heard"], "direction": "higher_better", "series": "way"},
]  # fmt: skip


def send_all(couple, therapist, mara, theo) -> None:
    """Something of every kind: scorings over lanes, a measure, a joint form, an answer that was changed."""
    for lane in ("shared", "private"):
        for number, one in enumerate(give(couple, therapist, lane, QUESTIONS, scoring=PLANS)):
            author = mara if one.client_id == mara.pk else theo
            with acting_as(author):
                answering.submit(one, author=author, raw={"close": [str(3 + number)], "heard": ["8"], "safe": ["2"]})
    (mine,) = give(couple, therapist, "private", questions_of("phq4"), to=[mara], scoring=scoring_of("phq4"))
    with acting_as(mara):
        answering.submit(mine, author=mara, raw=raw("1 2 1 1"))
    joint = [{**QUESTIONS[0]}, {**QUESTIONS[1], "each": True, "metric": "felt_heard",
             "show_if": {"all": [{"question": "close", "operator": ">", "answer": 4}]}}]  # fmt: skip
    (together,) = give(couple, therapist, "joint", joint)
    send_in_portal(together, mara, {"close": ["7"], "heard": ["6"]})
    send_in_portal(together, theo, {"heard": ["4"]})


def rows(couple: Couple) -> list[tuple]:
    """Every score but for its id."""
    names = ("couple_id", "client_id", "response_id", "series", "questions", "scored", "rule", "value", "at", "lane")
    with as_attune(couple):
        return sorted(Score.objects.values_list(*names), key=str)


def said(verb: str, **options: Any) -> tuple[str, int]:
    """What the command wrote, and how it ended."""
    out = StringIO()
    try:
        call_command("scores", verb, stdout=out, **options)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


# ── the rule ─────────────────────────────────────────────────────────────────


def test_a_score_names_the_rule_that_made_it(couple, therapist, mara, theo):
    send_all(couple, therapist, mara, theo)
    with as_attune(couple):
        rules = {one.series: one.rule for one in Score.objects.all()}
    assert rules["closeness"] == rules["felt_heard"] == "answer@1"
    assert rules["phq4"] == rules["phq4.anxiety"] == measures.get("phq4").rule == "phq4@1"
    form = Form.from_data(QUESTIONS)
    assert {series: rules[series] for series in ("bond", "both", "way")} == {
        plan["series"]: Scoring.from_data(plan, form).rule for plan in PLANS
    }
    assert [rules[one].partition("@")[0] for one in ("bond", "both", "way")] == ["mean", "sum", "change"]


def test_two_ways_of_adding_up_never_have_the_same_rule():
    form = Form.from_data(QUESTIONS)
    other = [{**PLANS[0], "reverse": ["heard"]}, {**PLANS[0], "missing": {"least": 2}}, {**PLANS[0], "method": "sum"}]
    assert len({Scoring.from_data(one, form).rule for one in [*PLANS, *other]}) == 6


# ── the same value at any time ───────────────────────────────────────────────


def test_scores_thrown_away_come_back_as_they_were(couple, therapist, mara, theo):
    send_all(couple, therapist, mara, theo)
    before = rows(couple)
    assert {row[3] for row in before} == {"closeness", "bond", "both", "way", "phq4", "phq4.anxiety",
                                          "phq4.depression", "felt_heard"}  # fmt: skip
    with as_attune(couple):
        Score.objects.all().delete()
    assert len(recomputing.recompute(couple.practice_id).differences) == len(before)
    assert rows(couple) == before


def test_what_is_right_already_keeps_its_row(couple, therapist, mara, theo):
    send_all(couple, therapist, mara, theo)
    with as_attune(couple):
        before = set(Score.objects.values_list("pk", flat=True))
    assert recomputing.recompute(couple.practice_id).differences == []
    with as_attune(couple):
        assert set(Score.objects.values_list("pk", flat=True)) == before


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_whatever_was_done_to_them_recompute_gives_equal_rows_and_then_changes_nothing(
    couple, therapist, mara, theo, seed
):
    chance = random.Random(seed)
    given_now = give(couple, therapist, chance.choice(["shared", "private", "own", "reveal"]), QUESTIONS, scoring=PLANS)
    for one in given_now:
        author = mara if one.client_id == mara.pk else theo
        told = {key: [str(chance.randint(0, 10))] for key in ("close", "heard", "safe") if chance.random() < 0.8}
        with acting_as(author):
            answering.submit(one, author=author, raw=told)
    before = rows(couple)
    with as_attune(couple):
        for score in Score.objects.all():
            harm = chance.choice(["gone", "value", "rule", "lane", "left over", "", ""])
            if harm == "gone":
                score.delete()
            elif harm == "left over":
                Score.objects.create(
                    couple_id=score.couple_id, client_id=score.client_id, response_id=score.response_id,
                    series="nowhere", questions=score.series, value=1, at=score.at, lane=score.lane,
                )  # fmt: skip
            elif harm:
                new = {"value": score.value + 1, "rule": "sum@0", "lane": "shared"}[harm]
                Score.objects.filter(pk=score.pk).update(**{harm: new})
    wrong = rows(couple) != before
    assert bool(recomputing.check(couple.practice_id).differences) is wrong
    recomputing.recompute(couple.practice_id)
    assert rows(couple) == before
    assert recomputing.recompute(couple.practice_id).differences == []


def test_what_was_amended_has_no_scores_of_its_first_version(couple, therapist, mara, theo):
    send_all(couple, therapist, mara, theo)
    before = rows(couple)
    with as_attune(couple):
        first = Response.objects.filter(author=mara, lane="shared").get()
        second = Response.objects.get(pk=first.pk)
        second.pk, second.revision = None, 2
        second._state.adding = True
        second.id = Response._meta.pk.get_default()
        second.save()
    found = recomputing.check(couple.practice_id)
    assert {one.what for one in found.differences} == {"left over"}
    assert {one.response_id for one in found.differences} == {first.pk}
    recomputing.recompute(couple.practice_id)
    assert rows(couple) == [row for row in before if row[2] != first.pk]


def test_a_score_that_names_another_rule_than_its_edition_is_found(couple, therapist, mara, theo):
    send_all(couple, therapist, mara, theo)
    with as_attune(couple):
        one = Score.objects.filter(series="phq4").get()
        Score.objects.filter(pk=one.pk).update(rule="phq4@2")
    assert recomputing.check(couple.practice_id).differences == [recomputing.Difference(one.response_id, "rule")]


def test_small_batches_find_the_same(couple, therapist, mara, theo, monkeypatch):
    send_all(couple, therapist, mara, theo)
    whole = recomputing.check(couple.practice_id)
    monkeypatch.setattr(recomputing, "BATCH", 2)
    parts = recomputing.check(couple.practice_id)
    assert (parts.responses, parts.scores, parts.differences) == (whole.responses, whole.scores, [])
    assert whole.scores == len(rows(couple)) > 10


def test_the_work_for_a_batch_does_not_grow_with_its_responses(
    couple, therapist, mara, theo, django_assert_num_queries
):
    def count() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as caught:
            recomputing.check(couple.practice_id)
        return len(caught)

    send_all(couple, therapist, mara, theo)
    few = count()
    for _again in range(3):
        send_all(couple, therapist, mara, theo)
    assert count() == few


# ── the command ──────────────────────────────────────────────────────────────


def test_check_ends_well_when_all_is_right_and_with_one_when_anything_differs(couple, therapist, mara, theo):
    send_all(couple, therapist, mara, theo)
    out, code = said("check")
    assert code == 0
    assert "0 differ" in out
    with as_attune(couple):
        one = Score.objects.filter(series="phq4").get()
        Score.objects.filter(pk=one.pk).update(value=Decimal(11))
    out, code = said("check")
    assert code == 1
    assert f"response {one.response_id}: value" in out
    assert "1 differ" in out
    assert said("recompute")[1] == 0
    assert said("check")[1] == 0


def test_what_the_command_tells_holds_no_name_no_value_and_no_series(couple, therapist, mara, theo):
    send_all(couple, therapist, mara, theo)
    with as_attune(couple):
        Score.objects.update(value=Decimal("77.125"))
    for verb in ("check", "recompute"):
        out, _code = said(verb)
        for word in (mara.name, theo.name, "77.1", "phq4", "bond", "closeness", "@"):
            assert word not in out


def test_one_practice_is_looked_at_by_its_short_name(couple, neighbour):
    with as_attune(couple):
        practice = Practice.objects.get(pk=couple.practice_id)
    out, _code = said("check", practice=practice.slug)
    assert str(practice.pk) in out
    assert str(neighbour.pk) not in out
    assert str(neighbour.pk) in said("check")[0]
    with pytest.raises(CommandError, match="no practice"):
        said("check", practice="nobody-of-that-name")


def test_a_private_question_keeps_its_score_private_when_it_is_made_again(couple, therapist, mara, theo):
    send_all(couple, therapist, mara, theo)
    with as_attune(couple):
        Exercise.objects.update(title="renamed")  # what an exercise is called is no part of a score
        Score.objects.all().delete()
    recomputing.recompute(couple.practice_id)
    with as_attune(couple):
        lanes = set(Score.objects.filter(series="both").values_list("lane", flat=True))
    assert lanes == {"private"}


def test_scores_of_somebody_whose_words_were_destroyed_come_out_the_same(couple, therapist, mara, theo):
    written = {"all": [{"question": "why", "operator": "exists", "answer": True}]}
    words = [{"key": "why", "label": "Why", "type": "short_text"}, {**QUESTIONS[0], "show_if": written}]
    (mine,) = give(couple, therapist, "private", words, to=[mara])
    with acting_as(mara):
        answering.submit(mine, author=mara, raw={"why": ["Rain"], "close": ["7"]})
    before = rows(couple)
    assert [row[3] for row in before] == ["closeness"]
    with as_attune(couple):
        destroying.destroy_keys_of(mara.pk, why="erasure")
        Score.objects.all().delete()
    vault.forget_keys()
    recomputing.recompute(couple.practice_id)
    assert rows(couple) == before
