"""Released measure scores in the editions for partners: what is there, in which words, and when it is gone."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from clients.models import Client, Couple
from exercises import measured
from exercises.models import MeasureEntry
from practice.models import Membership
from tests.exercises.given import as_attune
from tests.reports.test_kinds import enter, of_kind, words
from tests.reports.test_releases import release, say, withdraw

pytestmark = pytest.mark.django_db


@pytest.fixture
def scored(couple: Couple, therapist: Membership, mara: Client, theo: Client) -> Couple:
    enter(couple, mara, therapist, 9, 10, 12, 16)
    enter(couple, theo, therapist, 15, 15, 16, 12)
    return couple


def text_of(couple: Couple, therapist: Membership, reader: Client | None = None, **changed: Any) -> str:
    about = {"audience": "partner", "partner_id": reader.pk} if reader else {"audience": "shared"}
    return words(of_kind(couple, therapist, kind="progress", **about | changed))


def both_show(couple: Couple, therapist: Membership, *people: Client) -> None:
    release(couple, therapist)
    for one in people:
        say(one, couple)


def test_before_a_release_no_edition_for_partners_names_a_measure(scored, therapist, mara):
    assert "CSI-4" not in text_of(scored, therapist)
    assert "CSI-4" not in text_of(scored, therapist, mara)


def test_a_score_released_to_one_partner_stands_in_their_edition_alone_in_words_by_rule(scored, therapist, mara, theo):
    release(scored, therapist, client=mara)
    mine = text_of(scored, therapist, mara)
    assert "Mara 9 → 16 (+7)" in mine
    assert "Higher than at the start." in mine
    later = text_of(scored, therapist, mara, begins_on=datetime.date(2026, 3, 10))
    assert "(+6). Higher than at the start. At the start: 9 of 21, on 2 Mar 2026." in later
    assert "points apart" not in mine
    assert "CSI-4" not in text_of(scored, therapist, theo)
    assert "CSI-4" not in text_of(scored, therapist)


def test_without_a_threshold_no_word_says_how_it_went(couple, therapist, mara):
    enter(couple, mara, therapist, 24, 10, 4, measure="phq8")
    release(couple, therapist, "phq8", mara)
    mine = text_of(couple, therapist, mara)
    assert "24 → 4 (−20)" in mine
    assert "than at the start" not in mine


def test_sums_stand_there_only_while_everybodys_scores_are_released_to_all(scored, therapist, mara, theo):
    release(scored, therapist)
    say(mara, scored)
    assert "points apart" not in text_of(scored, therapist, mara)
    assert "CSI-4" not in text_of(scored, therapist), "one yes is none"
    say(theo, scored)
    for text in (text_of(scored, therapist), text_of(scored, therapist, mara), text_of(scored, therapist, theo)):
        assert "Your newest scores are 4 points apart." in text
    theirs = text_of(scored, therapist, theo)
    assert theirs.index("Theo 15 → 12") < theirs.index("Mara 9 → 16"), "their own line stands first"


def test_a_partner_who_takes_their_word_back_leaves_each_with_their_own(scored, therapist, mara, theo):
    both_show(scored, therapist, mara, theo)
    say(theo, scored, shows=False)
    assert "CSI-4" not in text_of(scored, therapist)
    mine = text_of(scored, therapist, mara)
    assert "9 → 16" in mine
    assert "15 → 12" not in mine
    assert "points apart" not in mine


def test_a_withdrawn_release_leaves_no_word_of_it(scored, therapist, mara, theo):
    both_show(scored, therapist, mara, theo)
    withdraw(scored, therapist)
    for text in (text_of(scored, therapist), text_of(scored, therapist, mara)):
        assert "CSI-4" not in text
        assert "of 21" not in text


def test_partners_read_of_a_range_in_which_many_seek_help_and_of_no_cut_off(scored, therapist, mara, theo):
    both_show(scored, therapist, mara, theo)
    clinical = of_kind(scored, therapist, kind="progress", audience="clinical")
    assert "cut-off" in words(clinical)
    history = {"kind": "measure", "audience": "partner", "measure": "csi4", "partner_id": mara.pk}
    for text in (
        text_of(scored, therapist),
        text_of(scored, therapist, theo),
        words(of_kind(scored, therapist, **history)),
    ):
        assert "ange where many couples seek help" in text
        for word in ("cut-off", "clinical", "recovered", "improved", "worsened", "reliabl", "baseline", "burdened"):
            assert word not in text.lower(), word


def test_nothing_of_what_was_not_released_is_loaded(scored, therapist, mara, theo, monkeypatch):
    release(scored, therapist, client=mara)
    asked: list[Any] = []
    whole = measured.results
    monkeypatch.setattr(measured, "results", lambda *a, **kw: asked.append(kw["only"]) or whole(*a, **kw))
    text_of(scored, therapist, mara)
    text_of(scored, therapist)
    with as_attune(scored):
        hers = set(MeasureEntry.objects.filter(client=mara).values_list("pk", flat=True))
    assert asked == [hers, set()]
