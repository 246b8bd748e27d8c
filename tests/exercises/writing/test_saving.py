"""Saving a manuscript: parts join, two texts are both kept, changes are taken back, locked measures stay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.models import Exercise, Manuscript
from exercises.writing import outline as order
from exercises.writing.parts import assembled, parts_of
from exercises.writing.saving import Refused, choose, save, take_back
from practice import tenancy
from tests.exercises.writing.manuscripts import act, add, began, content_of, find, post, say
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(therapist) -> Exercise:
    return began(therapist)


def row(member, one) -> Manuscript:
    return Manuscript.objects.get(exercise=one)


def test_two_therapists_at_different_questions_simply_join(therapist, colleague, one):
    first, second = (add(therapist, one, "short_text") for _one in range(2))
    say(therapist, one, first, base=2, type="short_text", label="Mine")
    say(colleague, one, second, base=2, type="short_text", label="Theirs")
    assert find(therapist, one, first)["label"] == "Mine"
    assert find(therapist, one, second)["label"] == "Theirs"


def test_two_therapists_at_the_same_question_keep_both_texts_and_choose(therapist, colleague, one):
    key = add(therapist, one, "short_text")
    say(therapist, one, key, base=1, type="short_text", label="What warmed me")
    late = post(colleague, one, key, base=1, type="short_text", label="What moved me")
    assert late.status_code == 302
    assert find(therapist, one, key)["label"] == "What warmed me"
    for member in (therapist, colleague):
        page = signed_in(member).get(f"/desk/library/{one.slug}/write/questions/{key}/").content.decode()
        assert "What warmed me" in page
        assert "What moved me" in page
        assert "Dr Sam Lund" in page
    # Whoever came late goes on in their own text; what stands is not written over.
    post(colleague, one, key, base=99, type="short_text", label="What moved me most")
    assert find(therapist, one, key)["label"] == "What warmed me"
    act(therapist, one, "choose", part=f"question.{key}", take="late")
    assert find(therapist, one, key)["label"] == "What moved me most"
    act(therapist, one, "undo")
    assert find(therapist, one, key)["label"] == "What warmed me"


def test_what_was_taken_out_meanwhile_can_be_put_back_with_what_was_written(therapist, colleague, one):
    key = add(therapist, one, "short_text")
    act(therapist, one, "remove", key)
    post(colleague, one, key, base=1, type="short_text", label="Still needed")
    page = signed_in(colleague).get(f"/desk/library/{one.slug}/write/questions/{key}/").content.decode()
    assert "Still needed" in page
    act(colleague, one, "choose", part=f"question.{key}", take="late")
    assert find(colleague, one, key)["label"] == "Still needed"


def test_nothing_is_published_while_two_texts_wait(therapist, colleague, one):
    key = add(therapist, one, "short_text")
    say(therapist, one, key, base=1, type="short_text", label="A")
    post(colleague, one, key, base=1, type="short_text", label="B")
    page = signed_in(therapist).get(f"/desk/library/{one.slug}/write/check/").content.decode()
    assert "Two people wrote the same part" in page


def test_saving_the_same_twice_changes_nothing(therapist, one):
    key = add(therapist, one, "short_text")
    say(therapist, one, key, type="short_text", label="Once")
    with acting_as(therapist):
        before = row(therapist, one).version
    say(therapist, one, key, type="short_text", label="Once")
    with acting_as(therapist):
        assert row(therapist, one).version == before


def test_every_step_can_be_taken_back_one_after_the_other(therapist, one):
    first, second = add(therapist, one, "scale"), add(therapist, one, "mood")
    act(therapist, one, "up", second)
    act(therapist, one, "remove", first)
    assert order.keys_of(parts_of(content_of(therapist, one))["outline"]) == [second]
    act(therapist, one, "undo")
    act(therapist, one, "undo")
    assert order.keys_of(parts_of(content_of(therapist, one))["outline"]) == [first, second]


def test_taking_back_an_order_loses_no_question_that_a_colleague_added_since(therapist, colleague, one):
    first, second = add(therapist, one, "scale"), add(therapist, one, "mood")
    act(therapist, one, "up", second)
    third = add(colleague, one, "date")
    with acting_as(therapist):
        there = row(therapist, one)
        # The colleague's step first, then one's own: taken back out of turn.
        there.history = [*there.history[:-2], there.history[-1], there.history[-2]]
        there.save(update_fields=["history"])
        take_back(there, therapist)
    assert set(order.keys_of(parts_of(content_of(therapist, one))["outline"])) == {first, second, third}


def test_a_copy_of_a_question_looks_at_copies_and_feeds_no_series_of_the_first(therapist, one):
    group = add(therapist, one, "group")
    inner = add(therapist, one, "yes_no", after=group)
    act(therapist, one, "in", inner)
    follow = add(therapist, one, "short_text", after=inner)
    say(therapist, one, inner, type="yes_no", label="We talked", metric="ritual_kept")
    say(therapist, one, follow, type="short_text", label="Of what", shown="when", **{"when-0-question": inner})
    copied = act(therapist, one, "duplicate", group).url.partition("/questions/")[2].split("/")[0]
    tree = content_of(therapist, one)["questions"]
    twin = next(item for item in tree if item["key"] == copied)
    inside = twin["questions"]
    assert [one["label"] for one in inside] == ["We talked", "Of what"]
    assert "metric" not in inside[0]
    assert inside[1]["show_if"]["all"][0]["question"] == inside[0]["key"] != inner


def test_questions_of_a_locked_measure_stay_and_its_title_may_change(therapist, one):
    key = add(therapist, one, "scale")
    with acting_as(therapist), tenancy.elevated():
        Exercise.objects.filter(pk=one.pk).update(locked=True)
    with acting_as(therapist):
        there = row(therapist, one)
        with pytest.raises(Refused, match="published measure"):
            save(there, {f"question.{key}": None}, base_version=99, by=therapist)
        with pytest.raises(Refused):
            save(there, {"outline": []}, base_version=99, by=therapist)
        save(there, {"title": "Mood, two weeks"}, base_version=99, by=therapist)
    answer = post(therapist, one, key, type="scale", label="Other words")
    assert answer.status_code == 422
    assert "somebody else" in answer.content.decode()
    assert content_of(therapist, one)["title"] == "Mood, two weeks"


def test_more_than_an_exercise_can_hold_is_refused_and_what_was_there_stays(therapist, one):
    with acting_as(therapist):
        there = row(therapist, one)
        with pytest.raises(Refused, match="shorten"):
            save(there, {"steps": ["word " * 2000] * 100}, base_version=0, by=therapist)
        assert row(therapist, one).content["steps"] == []


def test_a_choice_that_was_made_already_changes_nothing(therapist, one):
    with acting_as(therapist):
        there = row(therapist, one)
        assert choose(there, "question.nothing", mine=True, by=therapist).version == there.version


# ── the pure ideas ───────────────────────────────────────────────────────────

keys = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


@st.composite
def outlines(draw) -> order.Outline:
    made: order.Outline = []
    for key in draw(keys):
        homes = [made, *(inside for _key, inside in made)]
        draw(st.sampled_from(homes)).append([key, []])
    return made


@settings(max_examples=150, deadline=None)
@given(outlines(), st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"), st.integers(-3, 9))
def test_no_move_loses_or_doubles_an_item(outline, key, other, number):
    there = sorted(order.keys_of(outline))
    for moved in (
        order.moved_by(outline, key, number),
        order.moved_to(outline, key, number),
        order.moved_before(outline, key, other),
        order.moved_before(outline, key, ""),
        order.moved_in(outline, key),
        order.moved_out(outline, key),
    ):
        assert sorted(order.keys_of(moved)) == there


@settings(max_examples=100, deadline=None)
@given(outlines(), outlines())
def test_an_older_order_keeps_exactly_the_items_there_are(outline, older):
    there = order.keys_of(outline)
    assert sorted(order.keys_of(order.reconciled(older, there, {}))) == sorted(there)


@settings(max_examples=60, deadline=None)
@given(outlines())
def test_content_taken_apart_and_put_together_is_the_same(outline):
    def items(nodes):
        return [
            {"key": key, "type": "group", **({"questions": items(inside)} if inside else {})} for key, inside in nodes
        ]

    content = {"title": "Tea", "questions": items(outline), "translations": {"de": {"title": "Tee"}}}
    assert assembled(parts_of(content)) == content
