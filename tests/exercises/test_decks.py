"""A deck of cards: its order, nothing twice, nothing that was taken out, and a pass that is nobody's fault."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from exercises import decks
from exercises.models import Assignment, Draw, Occurrence
from practice.models import Practice
from tests.exercises.given import as_attune, give
from tests.factories import acting_as, signed_in
from tests.pages import same_answer

pytestmark = pytest.mark.django_db
PROMPTS = ["A place you miss", "A song of ours", "Something you never asked", "A small wish", "A plan"]


def deal(couple, therapist, lane: str = "reveal", left_out=(), **content) -> list[Occurrence]:
    made = give(
        couple,
        therapist,
        lane,
        **{"prompts": PROMPTS, "kind": "conversation", "participation": "turn_taking", **content},
    )
    with as_attune(couple):
        for one in made:
            Assignment.objects.filter(pk=one.assignment_id).update(tailoring={"left_out": list(left_out)})
    return made


def of(occurrence: Occurrence, who):
    from exercises import doing

    return doing.of(who, Practice.objects.get(pk=who.practice_id), occurrence.pk)


def turn_one(occurrence: Occurrence, who, outcome: str = "done") -> str:
    """Turn a card over and say what became of it; return its words."""
    with acting_as(who):
        doing = of(occurrence, who)
        decks.turn_over(doing)
        deck = decks.deck_of(doing)
        assert deck is not None
        draw = deck.on_table
        assert draw is not None
        card = deck.card(draw)
        assert card is not None
        assert decks.settle(doing, draw.pk, outcome)
        assert not decks.settle(doing, draw.pk, "talk"), "what was said of a card stays"
        return card.text


def test_the_order_is_the_decks_and_nothing_comes_twice_until_it_is_used_up(couple, mara, therapist):
    hers = deal(couple, therapist)[0]
    assert [turn_one(hers, mara) for _n in range(len(PROMPTS))] == PROMPTS
    assert [turn_one(hers, mara) for _n in range(2)] == PROMPTS[:2], "and then it begins again"
    with as_attune(couple):
        assert sorted(Draw.objects.values_list("round", "card")) == [*((0, n) for n in range(5)), (1, 0), (1, 1)]


@settings(max_examples=25, deadline=None)
@over(size=st.integers(0, 40), out=st.sets(st.integers(0, 45)))
def test_what_was_taken_out_is_in_no_deck(size, out):
    there = decks.cards({"prompts": [str(n) for n in range(size)]}, out)
    assert [card.number for card in there] == [n for n in range(size) if n not in out]


def test_a_few_prompts_are_shown_without_the_one_that_was_taken_out(couple, mara, therapist):
    hers = deal(couple, therapist, left_out=[0], prompts=["A first start", "Another start"], kind="check_in")[0]
    page = signed_in(mara).get(f"/do/{hers.pk}/").content.decode()
    assert "Another start" in page
    assert "A first start" not in page


def test_a_card_that_was_taken_out_appears_nowhere(couple, mara, theo, therapist):
    hers, his = deal(couple, therapist, left_out=[1, 3])
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    seen = b""
    for _card in range(3):
        browser.post(f"{at}cards/draw/")
        page = browser.get(f"{at}cards/")
        seen += page.content
        draw = page.context["draw"]
        browser.post(f"{at}cards/draw/", {"card": str(draw.pk), "outcome": "talk"})
    for path in ("", "steps/", "cards/", "paper/"):
        seen += browser.get(at + path).content
    for path in ("", "steps/", "cards/", "paper/"):
        seen += signed_in(theo).get(f"/do/{his.pk}/{path}").content
    for number, prompt in enumerate(PROMPTS):
        assert (prompt.encode() in seen) is (number in (0, 2, 4)), prompt


def test_a_card_that_is_taken_out_while_it_lies_there_is_gone(couple, mara, therapist):
    hers = deal(couple, therapist)[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/cards/"
    browser.post(f"{at}draw/")
    assert PROMPTS[0] in browser.get(at).content.decode()
    with as_attune(couple):
        Assignment.objects.update(tailoring={"left_out": [0]})
    assert PROMPTS[0] not in browser.get(at).content.decode()
    browser.post(f"{at}draw/")
    assert PROMPTS[1] in browser.get(at).content.decode()


def test_one_card_lies_on_the_table_for_all(couple, mara, theo, therapist):
    hers, his = deal(couple, therapist)
    one, other = signed_in(mara), signed_in(theo)
    for _press in range(2):
        one.post(f"/do/{hers.pk}/cards/draw/")
        other.post(f"/do/{his.pk}/cards/draw/")
    with as_attune(couple):
        draw = Draw.objects.get()
        assert (draw.card, draw.outcome, draw.occurrence) == (0, "turned", None)
    assert PROMPTS[0] in other.get(f"/do/{his.pk}/cards/").content.decode()
    other.post(f"/do/{his.pk}/cards/draw/", {"card": str(draw.pk), "outcome": "passed"})
    assert PROMPTS[0] not in one.get(f"/do/{hers.pk}/cards/").content.decode()
    with acting_as(mara):
        doing = of(hers, mara)
        assert decks.to_talk_about(doing) == []


@pytest.mark.parametrize("outcome", ["done", "talk", "passed"])
def test_what_is_said_of_a_card_is_kept_as_it_is(outcome, couple, mara, therapist):
    hers = deal(couple, therapist)[0]
    turn_one(hers, mara, outcome)
    long_ago = timezone.now() - datetime.timedelta(days=3)
    with acting_as(therapist):
        assert Draw.objects.get().outcome == outcome
        kept = decks.kept_for_talking(couple.pk, long_ago)
        assert kept == ([PROMPTS[0]] if outcome == "talk" else [])
        assert decks.kept_for_talking(couple.pk, long_ago, alone=mara.pk) == []
    page = signed_in(mara).get(f"/do/{hers.pk}/cards/").content.decode()
    for word in ("passed", "skipped", "missed", "failed"):
        assert word not in page.lower()


def test_who_draws_alone_has_a_deck_of_their_own(couple, mara, theo, therapist):
    hers, his = deal(couple, therapist, "private")
    other = signed_in(theo)
    paths = (f"/do/{his.pk}/", f"/do/{his.pk}/cards/", f"/do/{his.pk}/steps/", "/today/", "/together/")
    before = {path: other.get(path) for path in paths}
    assert [turn_one(hers, mara, "talk") for _n in range(3)] == PROMPTS[:3]
    for path in paths:
        assert same_answer(before[path], other.get(path)), path
    assert turn_one(his, theo) == PROMPTS[0]
    with acting_as(theo):
        assert Draw.objects.count() == 1


@pytest.mark.parametrize("lane", ["private", "own", "reveal"])
def test_what_one_keeps_alone_is_in_no_list_for_both(lane, couple, mara, theo, therapist):
    hers = deal(couple, therapist, lane, participation="each_alone")[0]
    turn_one(hers, mara, "talk")
    long_ago = timezone.now() - datetime.timedelta(days=3)
    with acting_as(therapist):
        assert decks.kept_for_talking(couple.pk, long_ago) == []
        assert decks.kept_for_talking(couple.pk, long_ago, alone=theo.pk) == []
        found = decks.kept_for_talking(couple.pk, long_ago, alone=mara.pk)
        assert found == ([] if lane == "own" else [PROMPTS[0]]), "and of one's own nobody reads at all"


def test_a_few_are_enough_for_today_and_more_are_no_sin(couple, mara, therapist):
    hers = deal(couple, therapist)[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/cards/"
    for _n in range(decks.A_FEW):
        turn_one(hers, mara, "talk")
    page = browser.get(at).content.decode()
    assert "That’s the deck for today" in page
    assert PROMPTS[2] in page, "what is to be talked about stands there"
    browser.post(f"{at}draw/")
    assert PROMPTS[3] in browser.get(at).content.decode()


@pytest.mark.parametrize("nonsense", ["", "x", "turned", "missed"])
def test_nonsense_is_refused_or_nothing(nonsense, couple, mara, therapist):
    hers = deal(couple, therapist)[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/cards/"
    browser.post(f"{at}draw/")
    assert browser.post(f"{at}draw/", {"card": "no-card", "outcome": nonsense or "done"}).status_code == 404
    with as_attune(couple):
        card = Draw.objects.get()
    browser.post(f"{at}draw/", {"card": str(card.pk), "outcome": nonsense})
    with as_attune(couple):
        assert Draw.objects.get().outcome == "turned"


def test_without_cards_there_is_no_such_page(couple, mara, therapist):
    plain = give(couple, therapist)[0]
    all_out = deal(couple, therapist, left_out=range(5), slot="2026-01-01T10:00")[0]
    for occurrence in (plain, all_out):
        assert signed_in(mara).get(f"/do/{occurrence.pk}/cards/").status_code == 404
