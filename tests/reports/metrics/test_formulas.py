"""Each metric by its stated formula, worked out by hand."""

from __future__ import annotations

import pytest

from reports import metrics
from reports.material import Aim
from reports.metrics.facts import Agreed, Fact, Said
from reports.metrics.figures import Figure
from tests.reports.metrics.told import MARA, THEO, TOGETHER, answers, day, due, facts, figures, scores, series

LOG, MARKERS = "rupture-and-repair-log", "growth-markers"


def one(found: list[Figure]) -> Figure:
    assert len(found) == 1, found
    return found[0]


# ── closeness ────────────────────────────────────────────────────────────────


def test_closeness_is_the_median_of_the_latest_week_and_began_with_the_first_two():
    told = series(MARA, "closeness", 2, 4, 3, 6, 8, 7, every=4)
    figure = one(figures("closeness", told))
    assert (figure.value, figure.n, figure.baseline, figure.gaps) == (7.5, 6, 3.5, 0)
    assert figure.trend == (3, 4.5, 7.5)


def test_days_and_talks_of_closeness_stay_apart():
    daily = series(MARA, "closeness", 5, 5, 5)
    talks = series(MARA, "closeness", 9, 9, 9, exercise="weekly-state-of-us")
    assert [figure.value for figure in figures("closeness", daily, talks)] == [5, 9]


def test_a_week_without_an_answer_is_told_as_a_gap_and_drawn_as_one():
    told = [*series(MARA, "closeness", 4, 5), *series(MARA, "closeness", 6, start=21)]
    figure = one(figures("closeness", told))
    assert (figure.trend, figure.gaps) == ((4, 5, None, 6), 1)


def test_being_heard_is_a_median_for_each_partner_and_never_one_of_both():
    found = figures("felt_heard", series(MARA, "felt_heard", 3, 4, 8), series(THEO, "felt_heard", 9, 9, 8))
    assert [(figure.position, figure.value) for figure in found] == [(MARA, 4), (THEO, 9)]


def test_felt_safety_names_every_answer_of_three_or_below():
    figure = one(figures("emotional_safety", series(MARA, "emotional_safety", 3, 4, 2, 9)))
    assert (figure.value, str(figure.note)) == (3.5, "2 of 4 at 3 or below")
    assert one(figures("emotional_safety", series(MARA, "emotional_safety", 4, 5, 6))).note == ""


def test_device_interruptions_stand_first_beside_last():
    found = figures("presence", series(MARA, "interruptions", 12, 9, 4), series(MARA, "screen_minutes", 90, 40))
    assert [(figure.value, figure.baseline) for figure in found] == [(4, 12), (40, 90)]


def test_mood_is_said_with_the_lowest_and_the_highest_week():
    figure = one(figures("mood", series(MARA, "mood", 2, 4, 3)))
    assert (figure.value, str(figure.note), figure.words) == (3, "weeks from 2 to 4", "3 of 5")


def test_depth_is_what_was_once_avoided_first_and_last():
    figure = one(figures("depth", answers(MARA, MARKERS, "taboo", 2, 5, 6)))
    assert (figure.value, figure.baseline) == (6, 2)


def test_honesty_and_ease_with_discomfort_are_two_lines():
    told = [*answers(MARA, MARKERS, "honesty", 5, 6), *answers(MARA, MARKERS, "discomfort", 4, 5)]
    assert [(figure.value, figure.baseline) for figure in figures("honesty", told)] == [(6, 5), (5, 4)]


def test_curiosity_stands_beside_defensiveness_and_the_fall_of_blame():
    told = [
        *answers(MARA, MARKERS, "curious", 3, 7),
        *answers(MARA, "eight-step-check-in", "defensive", 6, 4, 2),
        *scores(MARA, "blame_change", -1, -3, -2),
    ]
    assert [figure.value for figure in figures("curiosity", told)] == [7, 4, -2]


def test_support_is_offered_and_felt():
    told = [*answers(MARA, MARKERS, "support", 4, 6), *series(MARA, "support", 7, 8, 9)]
    assert [figure.value for figure in figures("support", told)] == [6, 8]


def test_closeness_in_weeks_of_stress_needs_three_weeks_of_each_kind():
    stress, close = (8, 3, 9, 2, 7, 4), (4, 8, 5, 9, 6, 7)
    told = [*series(MARA, "stress", *stress), *series(MARA, "closeness", *close)]
    figure = one(figures("resilience", told))
    assert (figure.value, figure.n, str(figure.note)) == (5, 3, "8 in other weeks")
    assert figures("resilience", series(MARA, "stress", *stress[:4]), series(MARA, "closeness", *close[:4])) == []


def test_days_until_steady_are_told_together_where_they_were_answered_together():
    figure = one(figures("resilience", series(TOGETHER, "recovery_days", 9, 5, 3)))
    assert (figure.position, figure.value, figure.words) == (None, 5, "5 days")


def test_room_for_oneself_is_the_score_and_the_hours_had_of_those_wanted():
    told = [
        *scores(MARA, "autonomy", 4.5, 6.25),
        *series(MARA, "alone_hours", 2, exercise="alone-time-agreement"),
        *answers(MARA, "alone-time-agreement", "wanted", 5),
    ]
    score, hours = figures("autonomy", told)
    assert (score.value, score.baseline, hours.words) == (6.25, 4.5, "2 of 5 hours")


def test_touch_tells_how_often_somebody_did_not_feel_free():
    hug = "thirty-second-hug"
    told = [*series(MARA, "touch_comfort", 5, 6, 7, exercise=hug), *answers(MARA, hug, "felt_free", 1, 0, 1)]
    ease, free = figures("touch", told)
    assert (ease.value, free.words) == (6, "1 of 3")


def test_belonging_says_the_lowest_answer_beside_the_median():
    figure = one(figures("belonging", series(MARA, "belonging", 8, 2, 9)))
    assert (figure.value, str(figure.note)) == (8, "lowest 2")


# ── repair ───────────────────────────────────────────────────────────────────


def test_a_conflict_told_of_in_a_repair_and_in_the_weeks_log_counts_once():
    repairs = series(MARA, "repair_hours", 4, 6, every=14, start=1, exercise="six-step-repair")
    log = series(MARA, "repair_hours", 50, 20, 60, every=7, start=2, exercise=LOG)
    figure = one(figures("repair_speed", repairs, log))
    assert (figure.value, figure.n, figure.words) == (6, 3, "6 hours")


def test_repairs_count_as_settled_from_six_on():
    told = answers(MARA, "day-after-follow-up", "settled", 6, 5, 9)
    assert one(figures("repair_quality", told)).words == "2 of 3"


def test_follow_ups_stand_beside_the_conflicts_that_were_logged():
    told = [*series(MARA, "conflict_count", 2, 1, exercise=LOG), *answers(MARA, "day-after-follow-up", "settled", 7)]
    assert one(figures("repair_cycles", told)).words == "1 of 3"


def test_without_a_conflict_nothing_is_said_to_be_complete():
    figure = one(figures("repair_cycles", series(MARA, "conflict_count", 0, 0, exercise=LOG)))
    assert (figure.value, figure.words) == (None, "not applicable: no conflict logged")


def test_who_repairs_first_is_a_distribution_in_each_ones_eyes():
    told = [Fact(MARA, day(at), LOG, "first", choices=(who,)) for at, who in enumerate(("me", "both", "me"))]
    assert one(figures("who_repairs", told)).words == "themselves 2, both at once 1"


def test_limits_tell_of_pauses_and_how_they_were_honoured():
    pause = "pause-and-return-agreement"
    told = [*answers(MARA, pause, "used", 2, 4), *answers(MARA, pause, "respected", 3, 5, 7)]
    assert [figure.value for figure in figures("boundaries", told)] == [4, 5]


def test_trust_says_how_often_a_promise_was_kept():
    told = [*series(MARA, "trust", 2, 3, 5), *series(MARA, "promises_kept", 1, 0, 1)]
    line, kept = figures("trust", told)
    assert (line.value, line.trend, kept.words) == (3, (2, 3, 5), "2 of 3")


# ── rituals ──────────────────────────────────────────────────────────────────


def test_rituals_are_kept_of_those_due_and_what_was_left_out_for_a_reason_is_not_due():
    told = series(MARA, "ritual_kept", 1, 1, 0)
    dues = (*(due(MARA, at, ritual=True) for at in range(3)), due(MARA, 5, "missed", ritual=True))
    left_out = due(MARA, 6, "skipped", ritual=True)
    assert one(figures("rituals_kept", told, dues=(*dues, left_out))).words == "kept 2 of 4"


def test_the_couples_own_copy_counts_of_what_was_told_and_never_what_was_not():
    told = series(MARA, "ritual_kept", 1, 1, 0)
    assert one(figures("rituals_kept", told, shared=True)).words == "kept 2 of 3"


def test_rituals_that_run_are_counted_for_both():
    assert one(figures("rituals_kept", rituals_running=2)).words == "2 rituals are running"


def test_rituals_of_their_own_are_invented_and_alive():
    told = [*answers(None, "invent-our-ritual", "minutes", 5, 10), *answers(None, "refresh-a-ritual", "alive", 1, 3)]
    assert [figure.value for figure in figures("own_rituals", told)] == [2, 3]


def test_appreciation_given_stands_beside_received_with_the_difference():
    told = [*series(MARA, "appreciation_given", 4, 6), *series(MARA, "appreciation_received", 3, 3)]
    figure = one(figures("appreciation", told))
    assert (figure.words, str(figure.note)) == ("given 5, received 3 a day", "received minus given −2")


def test_small_reaches_met_are_a_share_of_those_noticed():
    told = [*answers(MARA, "noticing-bids", "noticed", 4, 6), *answers(MARA, "noticing-bids", "met", 3, 2)]
    assert one(figures("bids_met", told)).words == "5 of 10"


def test_a_goal_says_how_far_each_one_came():
    aims = (Aim("One evening a week", False, ((MARA, 3.0), (THEO, 5.0), (MARA, 7.0)), ()),)
    figure = one(figures("goals", aims=aims))
    assert (figure.position, str(figure.label), figure.words) == (MARA, "One evening a week", "+4, now 7 of 10")


def test_agreements_are_clear_when_everybody_said_yes():
    agreed = (Agreed(True, False), Agreed(False, True))
    figure = one(figures("agreements", agreed=agreed))
    assert (figure.words, str(figure.note)) == ("1 of 2 clear", "1 to look at again")


# ── between partners ─────────────────────────────────────────────────────────


def test_the_felt_difference_looks_at_weeks_in_which_both_answered():
    told = [*series(MARA, "closeness", 8, 7, 9), *series(THEO, "closeness", 3, 6)]
    figure = one(figures("felt_difference", told))
    assert (figure.value, figure.n, figure.trend) == (3, 2, (5, 1))


def test_shares_of_unseen_work_are_each_ones_own_and_their_sum():
    told = [*scores(MARA, "labour_share", 7, 6), *scores(THEO, "labour_share", 5)]
    found = figures("fairness", told)
    assert [(figure.position, figure.value) for figure in found] == [(MARA, 6), (THEO, 5), (None, 11)]
    assert found[-1].words == "11 of 10"


def test_no_sum_stands_where_one_partner_told_nothing():
    assert [figure.position for figure in figures("fairness", scores(MARA, "labour_share", 7, 6))] == [MARA]


# ── the work itself ──────────────────────────────────────────────────────────


def test_exhaustion_stands_beside_the_minutes_asked_of_each():
    found = figures("burnout", series(MARA, "burnout", 5, 6, 7), minutes={MARA: 45, THEO: 20})
    assert [(figure.position, figure.words) for figure in found] == [
        (MARA, "6 of 10"),
        (MARA, "45 minutes a week"),
        (THEO, "20 minutes a week"),
    ]


def test_new_warning_signs_are_named_as_new():
    told = [
        Fact(MARA, day(0), "burnout-signs", "signs", number=1, choices=("numb",)),
        Fact(MARA, day(28), "burnout-signs", "signs", number=2, choices=("numb", "sleep")),
    ]
    figure = one(figures("warning_signs", told))
    assert (figure.value, figure.baseline, str(figure.note)) == (2, 1, "1 new")


def test_pressure_counts_who_said_that_it_was_too_much():
    said = (Said(MARA, day(1), "Walk", None, True), Said(MARA, day(8), "Walk", 4, False))
    found = figures("pressure", series(MARA, "pressure", 3, 4, 5), scores(MARA, "pressure", 6, 7, 8), said=said)
    assert [figure.words for figure in found] == ["4 of 10", "7 of 10", "1 of 2"]


def test_taking_part_is_answered_of_due_with_the_median_of_days_late():
    dues = (due(MARA, 1, late=2.0), due(MARA, 8, late=-1.0), due(MARA, 15, "missed"), due(MARA, 22, "skipped"))
    figure = one(figures("engagement", series(MARA, "mood", 3, start=8), dues=dues))
    assert (figure.words, str(figure.note)) == ("2 of 3 answered", "days late, median 1, latest answer 10 Mar 2026")


def test_usefulness_is_asked_in_reviews_and_after_exercises():
    said = tuple(Said(MARA, day(at), "Walk", value, False) for at, value in enumerate((4, 6, 9)))
    found = figures("usefulness", series(MARA, "usefulness", 7, 8, 9), said=said)
    assert [figure.value for figure in found] == [8, 6]


# ── all of them ──────────────────────────────────────────────────────────────

CLINICAL = {
    "emotional_safety",
    "who_repairs",
    "boundaries",
    "trust",
    "bids_met",
    "felt_difference",
    "burnout",
    "warning_signs",
    "pressure",
    "engagement",
}


def test_what_speaks_of_safety_or_of_what_was_not_done_is_for_therapists_alone():
    assert {key for key, one in metrics.METRICS.items() if one.clinical} == CLINICAL
    told = [*series(MARA, "emotional_safety", 1, 2, 3), *series(MARA, "closeness", 1, 2, 3)]
    assert [result.metric.key for result in metrics.of(facts(told, shared=True))] == ["closeness"]


@pytest.mark.parametrize("values", [(5,), (5, 6)])
def test_below_three_answers_it_is_too_early_to_say(values):
    assert one(figures("felt_heard", series(MARA, "felt_heard", *values))).is_early


def test_answers_before_the_period_are_the_beginning_and_not_the_present():
    told = series(MARA, "felt_heard", 2, 2, 8, 8, 8, every=10, start=-20)
    figure = one(figures("felt_heard", told))
    assert (figure.value, figure.n, figure.baseline) == (8, 3, 2)


def test_nothing_answered_says_nothing():
    assert metrics.of(facts()) == []


def test_every_metric_says_how_it_is_worked_out():
    assert all(str(one.label) and str(one.formula) for one in metrics.METRICS.values())
    assert len(metrics.METRICS) >= 31
