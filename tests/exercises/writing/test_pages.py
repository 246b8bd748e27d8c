"""The builder's pages: each opens, saves what is typed, and says beside the field what is missing."""

from __future__ import annotations

import re

import pytest

from exercises.models import Edition, Exercise, Manuscript
from exercises.vocabulary import QuestionType
from exercises.writing.starting import adapt
from tests.exercises.writing.manuscripts import add, began, content_of, find, post, say
from tests.factories import acting_as, inside, signed_in

pytestmark = pytest.mark.django_db


def test_an_exercise_is_begun_with_a_title_and_a_kind_and_is_on_no_shelf_yet(therapist):
    browser = signed_in(therapist)
    answer = browser.post("/desk/library/new/", {"title": "Tea at nine", "kind": "ritual"})
    assert answer.url == "/desk/library/tea-at-nine/write/"
    assert browser.get(answer.url).status_code == 200
    assert browser.get("/desk/library/tea-at-nine/").status_code == 404
    assert "tea-at-nine/write/" in browser.get("/desk/library/").content.decode()
    assert "Tea at nine" not in browser.get("/desk/library/?q=tea+nine").content.decode()


def test_a_new_exercise_needs_a_title_and_says_so_beside_the_field(therapist):
    answer = signed_in(therapist).post("/desk/library/new/", {"title": " ", "kind": "ritual"})
    assert answer.status_code == 422
    assert "This needs a title." in answer.content.decode()


@pytest.mark.parametrize("kind", QuestionType.values)
def test_every_type_of_item_has_its_page_and_its_preview(therapist, kind):
    one = began(therapist)
    key = add(therapist, one, kind)
    browser = signed_in(therapist)
    url = f"/desk/library/{one.slug}/write/questions/{key}/"
    assert browser.get(url).status_code == 200
    sent = {"base_version": "9", "type": kind, "label": "How it was", "help": "Today", "decline": "1"}
    more = {
        "options-value": ["", ""],
        "options-label": ["Good", "Bad"],
        "rows-value": [""],
        "rows-label": ["Morning"],
        "units-value": [""],
        "units-label": ["hours"],
        "stops-value": ["0", "1", "2"],
        "stops-label": ["None", "Some", "Much"],
        "min": "0",
        "max": "10",
        "low": "Not at all",
        "high": "Fully",
        "body": "Read this **slowly**.",
        "alt": "A lake",
        "url": "https://example.org/walks",
    }
    assert browser.post(url, {**sent, **more}).status_code == 302
    page = browser.get(url).content.decode()
    assert 'id="w-type"' in page
    shown = browser.get(f"/desk/library/{one.slug}/write/preview/?key={key}")
    assert shown.status_code == 200
    assert shown["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in shown["Content-Security-Policy"]
    if kind not in ("image", "group", "section"):
        assert "not finished" not in shown.content.decode(), kind


def test_what_is_typed_is_kept_even_where_it_does_not_fit_yet(therapist):
    one = began(therapist)
    key = add(therapist, one, "scale")
    say(therapist, one, key, type="scale", label="Warmth", min="zero", max="10", low="Cold", high="Warm")
    page = signed_in(therapist).get(f"/desk/library/{one.slug}/write/questions/{key}/").content.decode()
    assert 'value="zero"' in page
    assert re.search(r'id="e-min"[^>]*>\s*<p class="field__error"', page)


def test_saving_by_script_answers_with_what_changed_and_no_whole_page(therapist):
    one = began(therapist)
    key = add(therapist, one, "short_text")
    answer = post(therapist, one, key, type="short_text", label="One wish", HTTP_HX_REQUEST="true")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Saved at" in text
    assert "<html" not in text
    assert 'id="base" value="2"' in text
    assert "One wish" in text  # the outline names it now


def test_another_type_brings_other_controls_by_script_as_well(therapist):
    one = began(therapist)
    key = add(therapist, one, "short_text")
    answer = post(therapist, one, key, type="single", label="One wish", HTTP_HX_REQUEST="true")
    assert 'name="options-label"' in answer.content.decode()


def test_a_condition_is_chosen_step_by_step_from_earlier_questions(therapist):
    one = began(therapist)
    first = add(therapist, one, "single")
    options = {"options-value": ["never", "often"], "options-label": ["Never", "Often"]}
    say(therapist, one, first, type="single", label="I felt heard", **options)
    second = add(therapist, one, "long_text", after=first)
    url = f"/desk/library/{one.slug}/write/questions/{second}/"
    say(therapist, one, second, type="long_text", label="What got in the way", shown="when")
    assert "Choose a question" in signed_in(therapist).get(url).content.decode()
    say(
        therapist,
        one,
        second,
        type="long_text",
        label="What got in the way",
        shown="when",
        **{"when-0-question": first},
    )
    assert find(therapist, one, second)["show_if"] == {"all": [{"question": first, "operator": "=", "answer": "never"}]}
    line = {"when-0-question": first, "when-0-operator": "missing"}
    say(therapist, one, second, type="long_text", label="What got in the way", shown="when", mode="any", **line)
    assert find(therapist, one, second)["show_if"] == {
        "any": [{"question": first, "operator": "exists", "answer": False}]
    }
    # The first question can look at nothing: none comes before it.
    page = signed_in(therapist).get(f"/desk/library/{one.slug}/write/questions/{first}/").content.decode()
    assert "no earlier question" in page


@pytest.mark.parametrize(
    ("kind", "sent", "rule"),
    [
        ("scale", {"flag": ">=", "flag-number": "7"}, ">=7"),
        ("scale", {"flag": "=", "flag-number": "0"}, "0"),
        ("yes_no", {"flag": "yes"}, "yes"),
        ("single", {"flag": "any", "flag-option": ["bad"]}, "any:bad"),
        ("single", {"flag": "any", "flag-option": ["unknown"]}, None),
        ("long_text", {"flag": "answered"}, "answered"),
        ("scale", {"flag": ">=", "flag-number": "many"}, None),
        ("scale", {"flag": ""}, None),
    ],
)
def test_a_flag_is_chosen_in_words(therapist, kind, sent, rule):
    one = began(therapist)
    key = add(therapist, one, kind)
    options = {"options-value": ["good", "bad"], "options-label": ["Good", "Bad"]} if kind == "single" else {}
    say(therapist, one, key, type=kind, label="How safe", **options, **sent)
    assert find(therapist, one, key).get("flag_if") == rule


@pytest.mark.parametrize(
    ("sent", "kept"),
    [({"severity": "soon"}, "soon"), ({"severity": "note"}, "note"), ({"severity": "urgent"}, None), ({}, None)],
)
def test_how_soon_a_flag_is_looked_at_is_chosen_and_urgent_is_not_said(therapist, sent, kept):
    one = began(therapist)
    key = add(therapist, one, "yes_no")
    say(therapist, one, key, type="yes_no", label="Too much to do", flag="yes", **sent)
    assert find(therapist, one, key).get("severity") == kept
    page = signed_in(therapist).get(f"/desk/library/{one.slug}/write/questions/{key}/").content.decode()
    assert f'value="{kept or "urgent"}" selected' in page
    say(therapist, one, key, type="yes_no", label="Too much to do", flag="", severity="soon")
    assert "severity" not in find(therapist, one, key), "without a flag there is nothing to be soon about"


def test_scores_are_made_of_questions_with_numbers(therapist):
    one = began(therapist)
    keys = [add(therapist, one, "scale") for _one in range(2)]
    for key in keys:
        say(therapist, one, key, type="scale", label=f"Warmth {key}", min="0", max="10", low="Cold", high="Warm")
    url = f"/desk/library/{one.slug}/write/scores/"
    sent = {
        "base_version": "9",
        "score-0-name": "Warmth in all",
        "score-0-method": "mean",
        "score-0-direction": "higher_better",
        "score-0-question": keys,
        "score-0-reverse": keys[1],
        "score-0-least": "1",
    }
    assert signed_in(therapist).post(url, sent).status_code == 302
    assert content_of(therapist, one)["scoring"] == {
        "method": "mean",
        "questions": keys,
        "direction": "higher_better",
        "series": "warmth_in_all",
        "name": "Warmth in all",
        "reverse": [keys[1]],
        "missing": {"least": 1},
    }
    assert signed_in(therapist).get(url).status_code == 200


def test_the_facts_are_saved_each_for_itself_and_the_wrong_one_alone_is_marked(therapist):
    one = began(therapist)
    sent = {
        "base_version": "0", "title": "Tea at ten", "reminder_title": "", "summary": "Ten quiet minutes.",
        "kind": "ritual", "lane": "shared", "participation": "together", "level": "gentle", "minutes": "lots",
        "rhythm": "weekly", "weekdays": ["6"], "time_of_day": "evening", "rhythm_words": "", "themes": ["presence"],
    }  # fmt: skip
    answer = signed_in(therapist).post(f"/desk/library/{one.slug}/write/", sent)
    assert answer.status_code == 422
    assert 'value="lots"' in answer.content.decode()
    content = content_of(therapist, one)
    assert (content["title"], content["themes"]) == ("Tea at ten", ["presence"])
    assert content["cadence"]["rule"] == "FREQ=WEEKLY;BYDAY=SU"
    assert "Sunday" in content["cadence"]["words"]


def test_steps_and_cards_are_one_a_line(therapist):
    one = began(therapist)
    sent = {"base_version": "0", "steps": "Boil water.\n\n  Sit down. ", "prompts": "What warmed you?"}
    signed_in(therapist).post(f"/desk/library/{one.slug}/write/words/", sent)
    content = content_of(therapist, one)
    assert content["steps"] == ["Boil water.", "Sit down."]
    assert content["prompts"] == ["What warmed you?"]


def test_a_language_is_added_and_its_words_stand_beside_the_source(therapist):
    one = began(therapist)
    browser = signed_in(therapist)
    assert browser.post(f"/desk/library/{one.slug}/write/languages/", {"language": "de"}).status_code == 302
    url = f"/desk/library/{one.slug}/write/languages/de/"
    assert "No words yet" in browser.get(url).content.decode()
    browser.post(url, {"base_version": "9", "title": "Tee um neun"})
    assert content_of(therapist, one)["translations"] == {"de": {"title": "Tee um neun"}}
    assert browser.get(f"/desk/library/{one.slug}/write/preview/?language=de").status_code == 200
    assert browser.get(f"/desk/library/{one.slug}/write/languages/xx/").status_code == 302


def test_the_catalogue_itself_cannot_be_written_in_only_adapted(therapist):
    browser = signed_in(therapist)
    assert browser.get("/desk/library/gratitude-log/write/").status_code == 404
    answer = browser.post("/desk/library/gratitude-log/adapt/")
    assert answer.url == "/desk/library/appreciation-log/write/"
    assert browser.get(answer.url).status_code == 200
    with acting_as(therapist):
        copy = Exercise.objects.get(slug="appreciation-log")
        original = Exercise.objects.get(slug="gratitude-log")
        assert copy.adapted_from_id == original.newest_id
        assert Manuscript.objects.get(exercise=copy).content["title"] == original.title


def test_a_coordinator_and_another_practice_find_nothing(therapist, coordinator, neighbour):
    from tests.factories import make_member

    one = began(therapist)
    for member in (coordinator, make_member(neighbour)):
        browser = signed_in(member)
        for path in ("", "words/", "scores/", "languages/", "check/", "preview/", "updates/"):
            assert browser.get(f"/desk/library/{one.slug}/write/{path}").status_code == 404, path
        assert browser.post(f"/desk/library/{one.slug}/write/act/", {"act": "add", "type": "scale"}).status_code == 404


@pytest.mark.parametrize("questions", [1, 40])
def test_a_page_costs_the_same_however_long_the_form_is(therapist, questions, django_assert_max_num_queries):
    with acting_as(therapist):
        edition = Edition.objects.get(exercise__slug="gratitude-log")
        one = adapt(edition, therapist)
        row = Manuscript.objects.get(exercise=one)
        row.content["questions"] = [
            {"key": f"q{n}", "type": "short_text", "label": f"Thing {n}"} for n in range(questions)
        ]
        row.save()
    browser = signed_in(therapist)
    with django_assert_max_num_queries(13):
        assert browser.get(f"/desk/library/{one.slug}/write/questions/q0/").status_code == 200


def test_nothing_of_another_practice_is_named_as_a_source(therapist, neighbour):
    one = began(therapist)
    with inside(neighbour):
        assert not Manuscript.objects.filter(exercise=one.pk).exists()
