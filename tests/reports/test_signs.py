"""Softer signs: each rule on plain facts, what the pages say, and that nothing of it leaves the desk."""

from __future__ import annotations

import datetime
from decimal import Decimal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Couple
from exercises.desk import queue
from exercises.models import MeasureEntry
from reports.models import Score, SetAside
from reports.signs import CoupleFacts, Sign, signs_of
from reports.signs.divergence import drift
from reports.signs.facts import Measured, Number, Round, days, read
from reports.signs.falls import low_closeness, worsened
from reports.signs.pressure import not_free, too_much
from reports.signs.reading import set_aside
from reports.signs.silence import silence
from tests.factories import acting_as, inside, make_couple, signed_in
from tests.reports.factories import Giver

MARA, THEO = UUID(int=1), UUID(int=2)
NOW = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def numbers(
    client: UUID, series: str, *values: float, every: int = 7, ends: int = 0
) -> dict[tuple[UUID, str], list[Number]]:
    """Values some days apart, the last one ``ends`` days ago."""
    last = len(values) - 1
    moments = [NOW - DAY * (ends + every * (last - at)) for at in range(len(values))]
    return {(client, series): [Number(Decimal(str(value)), at) for value, at in zip(values, moments, strict=True)]}


def rounds(client: UUID, pattern: str) -> dict[UUID, list[Round]]:
    """'1' answered, '0' not, a day apart; the last one yesterday."""
    last = len(pattern)
    return {client: [Round(NOW - DAY * (last - at), sign == "1") for at, sign in enumerate(pattern)]}


def facts(**fields) -> CoupleFacts:
    return CoupleFacts(partners=[MARA, THEO], **fields)


# ── falls ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("values", "speaks"),
    [((3, 2, 3), True), ((9, 3, 2, 1), True), ((3, 3, 9, 3), True), ((3, 4, 3), False), ((1, 1), False), ((), False)],
)
def test_three_of_the_last_four_low_closeness_scores_speak(values, speaks):
    found = low_closeness(facts(numbers=numbers(MARA, "closeness", *values)), NOW)
    assert bool(found) is speaks
    if speaks:
        assert (found[0].rule, found[0].client_id) == ("low_closeness", MARA)
        assert "of 10" in found[0].data[0]


def test_low_scores_of_long_ago_do_not_speak():
    assert low_closeness(facts(numbers=numbers(MARA, "closeness", 1, 1, 1, ends=60)), NOW) == []


def scored(client: UUID, measure: str, *totals: int, every: int = 30, ends: int = 0) -> list[Measured]:
    last = len(totals) - 1
    found = []
    for at, total in enumerate(totals):
        moment = NOW - DAY * (ends + every * (last - at))
        found.append(Measured(client, measure, "1", Decimal(total), moment.date(), moment))
    return found


@pytest.mark.parametrize(
    ("measure", "totals", "speaks"),
    [
        ("phq9", (8, 14), True), ("phq9", (8, 10), False), ("phq9", (14, 8), False), ("phq9", (8, 14, 9), False),
        ("csi16", (60, 40), True), ("csi16", (40, 60), False), ("phq9", (14,), False),
    ],
)  # fmt: skip
def test_a_fall_is_a_change_for_the_worse_by_more_than_chance(measure, totals, speaks):
    found = worsened(facts(measured=scored(MARA, measure, *totals)), NOW)
    assert bool(found) is speaks


def test_a_fall_is_compared_from_a_therapists_own_baseline():
    about = facts(measured=scored(MARA, "phq9", 6, 13, 14))
    assert worsened(about, NOW)
    about.starts[MARA, "phq9"] = (NOW - DAY * 30).date()
    assert worsened(about, NOW) == []


def test_a_fall_of_last_year_is_no_news():
    assert worsened(facts(measured=scored(MARA, "phq9", 8, 16, ends=120)), NOW) == []


# ── divergence, silence, too much, not free ──────────────────────────────────


def apart(early: float, late: float, *, weeks: int = 5) -> CoupleFacts:
    gaps = [early] * (weeks - 2) + [late] * 2
    return facts(
        numbers={
            **numbers(MARA, "closeness", *[8] * weeks, ends=1),
            **numbers(THEO, "closeness", *[8 - gap for gap in gaps], ends=1),
        }
    )


@pytest.mark.parametrize(
    ("early", "late", "speaks"), [(1, 4, True), (0, 3, True), (2, 3, False), (4, 5, False), (1, 2, False)]
)
def test_partners_drift_where_the_gap_is_wide_and_wider_than_before(early, late, speaks):
    found = drift(apart(early, late), NOW)
    assert [one.client_id for one in found] == ([None] if speaks else [])


def test_two_weeks_alone_are_too_early_to_call_it_drifting():
    assert drift(apart(0, 6, weeks=4), NOW) == []


@pytest.mark.parametrize(
    ("pattern", "speaks"),
    [
        ("1111100", True), ("1101100", True), ("11111000", True), ("1111100000000", True),
        ("1111101", False), ("1111110", False),
        ("1011000", False), ("111100", False), ("0000000", False), ("", False),
    ],
)  # fmt: skip
def test_silence_speaks_after_a_steady_run_alone(pattern, speaks):
    found = silence(facts(rounds=rounds(THEO, pattern)), NOW)
    assert [one.client_id for one in found] == ([THEO] if speaks else [])


@pytest.mark.parametrize(
    ("values", "speaks"), [((7, 8, 7), True), ((2, 9, 7), True), ((9, 6, 6), False), ((9, 9), False)]
)
def test_pressure_in_the_middle_of_three_speaks(values, speaks):
    assert bool(too_much(facts(numbers=numbers(MARA, "pressure", *values)), NOW)) is speaks


def test_too_much_said_twice_speaks_once_with_both_days():
    about = facts(too_much=[(MARA, NOW - DAY * 9), (MARA, NOW - DAY), (THEO, NOW - DAY)])
    (found,) = too_much(about, NOW)
    assert (found.client_id, found.data) == (MARA, ("“Too much” on 13 November, 21 November",))


def test_not_free_to_stop_speaks_when_it_is_repeated():
    assert not_free(facts(not_free=[(MARA, NOW), (THEO, NOW)]), NOW) == []
    assert not_free(facts(not_free=[(MARA, NOW), (MARA, NOW - DAY * 70)]), NOW) == []
    (found,) = not_free(facts(not_free=[(MARA, NOW), (MARA, NOW - DAY * 50)]), NOW)
    assert found.rule == "not_free"


def test_every_sign_names_its_rule_and_its_data():
    about = facts(
        numbers=numbers(MARA, "closeness", 1, 1, 1) | numbers(MARA, "pressure", 9, 9, 9),
        rounds=rounds(THEO, "1111100"),
        not_free=[(MARA, NOW), (MARA, NOW - DAY)],
    )
    found: list[Sign] = [*low_closeness(about, NOW), *too_much(about, NOW), *silence(about, NOW), *not_free(about, NOW)]
    assert len(found) == 4
    for one in found:
        assert one.label
        assert one.when
        assert one.data


# ── from what is really kept, and on the pages ───────────────────────────────

pytestmark = pytest.mark.django_db


def enter_fall(couple, client, therapist, *, days_ago: int = 0) -> None:
    with inside(therapist.practice):
        for total, ago in ((8, days_ago + 30), (16, days_ago)):
            MeasureEntry.objects.create(
                couple=couple, client=client, measure="phq9", definition_version="1", total=total,
                taken_on=timezone.localdate() - DAY * ago, entered_by=therapist,
            )  # fmt: skip


def test_a_sign_is_calm_in_the_queue_and_on_the_couples_page_and_names_nobody(couple, mara, therapist):
    enter_fall(couple, mara, therapist)
    with acting_as(therapist):
        (item,) = [one for one in queue(therapist, [couple.pk]) if one.calm and one.kind != "ask"]
    assert (item.urgent, item.detail) == (False, "A measure changed for the worse")
    page = signed_in(therapist).get(couple.get_absolute_url()).content.decode()
    assert "Worth a thought" in page
    assert "PHQ-9: 8, now 16" not in page, "the page of both partners says no more"
    assert "worth a thought" in signed_in(therapist).get("/desk/").content.decode()
    own = signed_in(therapist).get(f"/desk/couples/{couple.pk}/signs/").content.decode()
    assert "PHQ-9: 8, now 16" in own


def test_what_was_set_aside_comes_back_with_newer_data(couple, mara, therapist):
    enter_fall(couple, mara, therapist, days_ago=5)
    address = f"/desk/couples/{couple.pk}/signs/"
    browser = signed_in(therapist)
    said = {"sign": f"fall:{mara.pk}", "note": "She lost her job; we spoke."}
    assert browser.post(address, {**said, "note": " "}).status_code == 422
    assert browser.post(address, said).status_code == 302
    page = browser.get(address).content.decode()
    assert "No rule speaks" in page
    assert "She lost her job; we spoke." in page
    assert browser.post(address, said).status_code == 302, "gone: nothing to set aside"
    with inside(therapist.practice):
        MeasureEntry.objects.create(
            couple=couple, client=mara, measure="phq9", definition_version="1", total=18,
            taken_on=timezone.localdate(), entered_by=therapist,
        )  # fmt: skip
    assert "PHQ-9: 8, now 18" in browser.get(address).content.decode()
    for odd in ("", "fall:", f"fall:{uuid4()}", "x" * 5000, "\x00"):
        assert browser.post(address, {"sign": odd, "note": "x"}).status_code == 302


def test_signs_cost_the_same_for_one_couple_and_for_many(practice, couple, mara, therapist):
    def cost(couples) -> int:
        with acting_as(therapist), CaptureQueriesContext(connection) as queries:
            signs_of(couples, timezone.now())
        return len(queries)

    enter_fall(couple, mara, therapist)
    others = [make_couple(practice, (f"A{n}", f"B{n}"), therapist=therapist, login=False) for n in range(12)]
    for one in others:
        enter_fall(one, one.clients[0], therapist)
    ids = [couple.pk, *(one.pk for one in others)]
    with acting_as(therapist):
        assert len(signs_of(ids, timezone.now())) == 13
    assert cost(ids) == cost([couple.pk])


def test_a_partner_never_meets_a_sign_or_that_one_was_set_aside(couple, mara, theo, therapist, colleague):
    enter_fall(couple, mara, therapist)
    with acting_as(therapist):
        (sign,) = signs_of([couple.pk], timezone.now())[couple.pk]
        set_aside(couple, sign, mara, by=therapist, note="seen")
    for person in (mara, theo):
        with acting_as(person), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            SetAside.objects.exists()
    with acting_as(colleague):
        assert not SetAside.objects.exists()
        assert signs_of([couple.pk], timezone.now()).get(couple.pk, []) == []
    with acting_as(therapist), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        SetAside.objects.update(note="")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("Europe/Berlin", "2026-05-20T22:30+00:00", "2026-05-21"),
        ("America/New_York", "2026-05-21T03:30+00:00", "2026-05-20"),
        # Berlin's clocks go forward on 29 March and back on 25 October: midnight is at 23:00 and then at 22:00 UTC.
        ("Europe/Berlin", "2026-03-28T22:59+00:00", "2026-03-28"),
        ("Europe/Berlin", "2026-03-28T23:00+00:00", "2026-03-29"),
        ("Europe/Berlin", "2026-03-29T22:00+00:00", "2026-03-30"),
        ("Europe/Berlin", "2026-10-24T22:00+00:00", "2026-10-25"),
        ("Europe/Berlin", "2026-10-25T22:59+00:00", "2026-10-25"),
    ],
)
def test_the_day_of_a_score_is_the_couples_own_wherever_the_server_stands(couple, mara, therapist, zone, at, day):
    moment = datetime.datetime.fromisoformat(at)
    with inside(therapist.practice):
        Couple.objects.filter(pk=couple.pk).update(time_zone=zone)
    giver = Giver(couple, therapist)
    (assignment,) = giver.give(giver.edition(), "private", to=[mara])
    response = giver.send(assignment, mara, moment.date(), {"closeness": 5})
    with inside(therapist.practice):
        Score.objects.create(
            couple=couple, client=mara, response=response, series="phq9", scored=True, rule="measure:phq9@1",
            value=12, at=moment, lane="private",
        )  # fmt: skip
        with timezone.override("Asia/Tokyo"):
            (found,) = read([couple.pk], moment)[couple.pk].measured
    assert found.on == datetime.date.fromisoformat(day)


def test_days_are_said_where_the_couple_is():
    late = datetime.datetime(2026, 5, 20, 22, 30, tzinfo=datetime.UTC)
    assert days([late], ZoneInfo("Europe/Berlin")) == "21 May"
    assert days([late], ZoneInfo("Europe/London")) == "20 May"
