"""The gate before publishing."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from hypothesis import given, settings

from exercises.catalogue import load_catalogue
from exercises.conditions import visible
from exercises.form_language import IMPORTED
from exercises.publishing import findings, may_publish
from exercises.publishing.reading_age import ease_of
from exercises.publishing.risk_words import sounds_of_despair, sounds_of_harm
from tests.exercises.random_forms import random_answers, random_form
from tests.exercises.test_conditions import chances, long_form, shown_if, source


def content(*questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"title": "Tea", "kind": "check_in", "lane": "shared", "questions": list(questions), **more}


def found(*questions: dict[str, Any], lanes: Any = None, locked: Any = None, **more: Any) -> dict[str, str]:
    """What stops (with a !) and what warns, by place."""
    return {
        one.place: ("!" if one.severity == "stop" else "") + one.code
        for one in findings(content(*questions, **more), lanes=lanes, locked=locked)
    }


def yes(key: str = "q", **more: Any) -> dict[str, Any]:
    return source("yes_no", key, **more)


OPTIONS = [{"value": "a", "label": "A", "weight": 1}, {"value": "b", "label": "B"}]


class TestSimpleThings:
    def test_a_plain_form_passes(self) -> None:
        assert findings(content(yes())) == []

    def test_a_title_and_a_question_are_needed(self) -> None:
        assert found(title=" ") == {"title": "!no_title", "questions": "!no_questions"}
        assert found(kind="ritual") == {"questions": "!empty"}
        assert found(kind="ritual", steps=["Sit."]) == {}
        assert not may_publish(findings(content(title="")))

    def test_a_form_that_cannot_be_read_is_shown_at_its_spot(self) -> None:
        broken = {"key": "g", "type": "group", "questions": [yes(), {**yes("b"), "label": ""}]}
        (one,) = findings(content(broken))
        assert (one.severity, one.place, one.question_key) == ("stop", "questions.0.questions.1.label", "b")

    @pytest.mark.parametrize("questions", [None, 3, "x", [3], [[]], [{"key": []}], [{"questions": [{}]}], {}])
    def test_b76_anything_else_is_no_error_of_ours(self, questions: Any) -> None:
        assert findings({"title": "Tea", "kind": "ritual", "questions": questions, "steps": ["x"]}) is not None

    def test_the_same_words_twice_are_noticed(self) -> None:
        options = [{"value": value, "label": label} for value, label in (("a", "A"), ("b", "B"), ("c", " a "))]
        other = {**source("single", "o"), "options": options}
        assert found(yes(label="Now"), {**yes("r"), "label": "now "}, other)["questions.1.label"] == "same_label"
        assert found(other)["questions.0.options.2"] == "same_option"

    def test_under_another_heading_they_are_fine(self) -> None:
        morning = {"key": "s", "type": "section", "label": "Evening"}
        assert found({**yes("a"), "label": "Calm"}, morning, {**yes("b"), "label": "Calm"}) == {}

    def test_what_is_filled_in_beforehand_must_be_an_answer(self) -> None:
        assert found(yes(initial=["maybe"])) == {"questions.0.initial": "!initial"}


class TestBranches:
    @pytest.mark.parametrize(
        ("type_", "clauses", "dead"),
        [
            ("yes_no", [("q", "=", True), ("q", "=", False)], True),
            ("yes_no", [("q", "!=", True), ("q", "!=", False)], False),
            ("yes_no", [("q", "!=", True), ("q", "!=", False), ("q", "exists", True)], True),
            ("scale", [("q", ">", 10)], True),
            ("scale", [("q", ">=", 10)], False),
            ("scale", [("q", ">", 3), ("q", "<", 4)], True),
            ("slider", [("q", "=", 4)], True),
            ("mood", [("q", "=", "calm"), ("q", ">", 3)], False),
            ("number", [("q", ">", 100)], True),
            ("number", [("q", ">", 3), ("q", "<", 4)], False),
            ("number", [("q", "<", 0)], True),
            ("quantity", [("q", "=", {"number": 3, "unit": "h"}), ("q", "=", {"number": 3, "unit": "min"})], True),
            ("single", [("q", "=", "walk"), ("q", "=", "talk")], True),
            ("single", [("q", "=", "walk"), ("q", ">", 2)], True),
            ("single", [("q", "=", "a swim"), ("q", "!=", "walk")], False),
            ("multi", [("q", "=", "walk"), ("q", "=", "talk")], False),
            ("multi", [("q", "=", "walk"), ("q", "!=", "walk")], True),
            ("multi", [("q", ">", 2), ("q", "!=", "talk")], True),
            ("checklist", [("q", ">", 1), ("q", "!=", "talk")], True),
            ("checklist", [("q", "=", 0), ("q", "!=", "talk")], False),
            ("checklist", [("q", "=", 3)], True),
            ("short_text", [("q", "=", "tea"), ("q", "=", "coffee")], True),
            ("short_text", [("q", ">", "tea"), ("q", "<", "coffee")], False),
            ("date", [("q", ">", "2026-05-21"), ("q", "<", "2026-05-22")], True),
            ("date", [("q", ">=", "2026-05-21"), ("q", "<", "2026-05-22")], False),
            ("time", [("q", ">", "23:59"), ("q", "<", "00:10")], True),
            ("grid", [("q.home", "=", "walk"), ("q.home", "=", "talk")], True),
            ("grid", [("q", "exists", True), ("q", "exists", False)], True),
        ],
    )
    def test_that_nobody_can_reach_are_named(self, type_, clauses, dead) -> None:
        said = found(source(type_), shown_if(*clauses))
        assert ("!dead_branch" in said.values()) is dead

    def test_are_named_at_the_part_that_is_impossible(self) -> None:
        assert found(source("scale"), shown_if(("q", "=", 3), ("q", ">", 10))) == {
            "questions.1.show_if.all.1": "!dead_branch"
        }
        assert found(source("scale"), shown_if(("q", "=", 3), ("q", ">", 10), word="any")) == {
            "questions.1.show_if.any.1": "dead_clause"
        }

    def test_are_followed_through_other_conditions(self) -> None:
        data = [yes("a"), shown_if(("a", "=", True), key="b"), shown_if(("b", "=", "x"), ("a", "=", False), key="c")]
        assert found(*data) == {"questions.2.show_if": "!dead_branch"}
        data[2] = shown_if(("b", "!=", "x"), ("a", "=", False), key="c")
        assert found(*data) == {}

    def test_what_is_never_asked_is_a_dead_end(self) -> None:
        data = [source("scale"), shown_if(("q", ">", 10), key="b"), shown_if(("b", "exists", True), key="c")]
        assert set(found(*data).values()) == {"!dead_branch"}
        assert set(found(*data)) == {"questions.1.show_if.all.0", "questions.2.show_if.all.0"}

    def test_what_lies_in_one_is_named_once(self) -> None:
        group = {"key": "g", "type": "group", "questions": [yes("in"), shown_if(("in", "=", True))],
                 "show_if": {"all": [{"question": "q", "operator": ">", "answer": 10}]}}  # fmt: skip
        assert found(source("scale"), group) == {"questions.1.show_if.all.0": "!dead_branch"}

    def test_several_answers_may_each_meet_a_clause(self) -> None:
        assert found(yes(repeats=2), shown_if(("q", "=", True), ("q", "=", False))) == {}

    def test_a_later_question_stops_unless_it_came_from_a_file(self) -> None:
        data = content(shown_if(("q", "=", True)), yes())
        assert not may_publish(findings(data))
        assert may_publish(findings(data, limits=IMPORTED))

    def test_b76_a_circle_stops(self) -> None:
        data = content(shown_if(("b", "exists", True), key="a"), shown_if(("a", "exists", True), key="b"))
        assert {one.place for one in findings(data, limits=IMPORTED)} == {"questions.0.show_if", "questions.1.show_if"}

    def test_b76_the_longest_forms_are_looked_over_soon(self) -> None:
        knot = [
            shown_if(*((f"q{m}", "=", bool((n + m) % 3)) for m in range(20)), word="any", key=f"k{n}")
            for n in range(200)
        ]
        for data in (long_form(500), [*long_form(100), *knot]):
            began = time.process_time()
            assert may_publish(findings(content(*data), limits=IMPORTED))
            assert time.process_time() - began < 4


@settings(max_examples=100, deadline=None)
@given(chances)
def test_a_branch_that_is_called_dead_is_dead(chance: random.Random) -> None:
    form = random_form(chance)
    dead = {
        one.question_key
        for one in findings({"title": "x", "questions": form.as_data()}, limits=IMPORTED)
        if one.code == "dead_branch"
    }
    for _again in range(20):
        shown = {item.base for item in visible(form, random_answers(chance, form)).items}
        assert not shown & dead


class TestScores:
    QUESTION = {"key": "w", "type": "single", "label": "How", "options": OPTIONS}
    PLAN = {"method": "sum", "questions": ["w"], "direction": "higher_better", "series": "own"}

    def test_that_name_what_is_gone_stop(self) -> None:
        plan = {**self.PLAN, "questions": ["gone"]}
        assert found(yes(), scoring=plan) == {"scoring.questions": "!score_gone"}
        assert found(yes(), scoring=[plan]) == {"scoring.0.questions": "!score_gone"}

    def test_that_make_no_sense_stop(self) -> None:
        for plan in ({**self.PLAN, "method": "count"}, 3, {**self.PLAN, "series": "no name"}):
            assert found(self.QUESTION, scoring=plan) == {"scoring": "!score_wrong"}

    def test_weights_that_lack_or_that_nobody_looks_at_are_noticed(self) -> None:
        assert found(self.QUESTION, scoring=self.PLAN) == {"questions.0.options.1.weight": "weight_missing"}
        assert found(self.QUESTION) == {"questions.0.options": "unscored"}
        assert (
            found(self.QUESTION, yes(), scoring={**self.PLAN, "questions": ["q"]})["questions.0.options"] == "unscored"
        )

    def test_a_private_question_in_a_score_is_noticed(self) -> None:
        plan = {**self.PLAN, "questions": ["a", "b"]}
        assert found(yes("a"), yes("b", lane="private"), scoring=plan) == {"scoring.questions": "score_private"}


class TestRisk:
    HURT = {"key": "h", "type": "yes_no", "label": "I have thought of hurting myself"}

    @pytest.mark.parametrize(
        "label",
        [
            "Thoughts of suicide",
            "I have thought of hurting myself",
            "Does your partner hit you?",
            "I am afraid of my partner",
            "Has anyone threatened you",
            "I wanted to die",
        ],
    )
    def test_a_question_about_harm_has_to_be_covered(self, label: str) -> None:
        assert found({**self.HURT, "label": label}) == {
            "questions.0.lane": "!risk_open",
            "questions.0.flag_if": "!risk_unflagged",
        }
        assert found({**self.HURT, "label": label, "lane": "private", "flag_if": "yes"}) == {}

    @pytest.mark.parametrize(
        "label", ["I fought for us", "We hit the road", "It hurt me to hear that", "We took our time", "A killing joke"]
    )
    def test_words_that_only_look_like_it_are_left_alone(self, label: str) -> None:
        assert found({**self.HURT, "label": label}) == {}

    def test_other_languages_and_options_are_looked_at(self) -> None:
        assert "!risk_open" in found({**self.HURT, "label": "Er schlägt mich"}, language="de").values()
        options = [{"value": "a", "label": "Talk"}, {"value": "b", "label": "Violence"}]
        item = {"key": "o", "type": "multi", "label": "What happened", "options": options}
        assert "!risk_open" in found(item).values()

    @pytest.mark.parametrize("severity", ["soon", "note"])
    def test_an_answer_about_harm_is_looked_at_at_once(self, severity: str) -> None:
        covered = {**self.HURT, "lane": "private", "flag_if": "yes", "severity": severity}
        assert found(covered) == {"questions.0.severity": "!risk_not_urgent"}
        assert found({**covered, "severity": "urgent"}) == {}
        assert found({**covered, "risk": False}) == {}

    @pytest.mark.parametrize("severity", ["soon", "note"])
    @pytest.mark.parametrize(
        ("label", "language"),
        [
            ("I am afraid at home", "en"),
            ("Some evenings scare me", "en"),
            ("My partner controls my money", "en"),
            ("Ich habe Angst zu Hause", "de"),
            ("J'ai peur le soir", "fr"),
            ("Tengo miedo en casa", "es"),
        ],
    )
    def test_an_answer_about_fear_is_looked_at_at_once(self, label: str, language: str, severity: str) -> None:
        covered = {**self.HURT, "label": label, "lane": "private", "flag_if": "yes", "severity": severity}
        assert found(covered, language=language) == {"questions.0.severity": "!risk_not_urgent"}
        assert found({**covered, "severity": "urgent"}, language=language) == {}
        assert found({**covered, "risk": False}, language=language) == {}
        unmarked = {**covered, "flag_if": "", "severity": ""}
        assert found(unmarked, language=language) == {}, "a question of fear need not be marked"

    def test_a_lesser_urgency_stays_where_nobody_speaks_of_fear(self) -> None:
        assert found(yes(flag_if="no", lane="private", severity="soon")) == {}

    @pytest.mark.parametrize(
        ("text", "language", "despair", "harm"),
        [
            ("I wanted to die", "en", True, True),
            ("an overdose", "en", True, True),
            ("I am afraid of my partner", "en", False, True),
            ("There is no way out", "en", True, False),
            ("Ich will mir das Leben nehmen", "de", True, True),
            ("Gewalt in der Familie", "de", False, True),
            ("Hoffnungslosigkeit", "de", True, False),
            ("me tuer", "fr", True, True),
            ("des menaces", "fr", False, True),
            ("hacerme daño", "es", True, True),
            ("amenazas", "es", False, True),
        ],
    )
    def test_despair_and_violence_are_told_apart_by_their_words(self, text, language, despair, harm) -> None:
        assert (sounds_of_despair(text, language), sounds_of_harm(text, language)) == (despair, harm)

    def test_the_author_has_the_last_word(self) -> None:
        assert found({**self.HURT, "risk": False}) == {}
        assert "!risk_open" in found(yes(risk=True)).values()

    def test_nobody_is_forced_and_somebody_reads_it(self) -> None:
        covered = {**self.HURT, "flag_if": "yes"}
        assert found({**covered, "lane": "own"}) == {"questions.0.lane": "!risk_unseen"}
        forced = {**covered, "lane": "private", "required": True, "decline": False}
        assert found(forced) == {"questions.0.decline": "!risk_forced"}

    def test_a_flag_where_it_does_not_belong_is_noticed(self) -> None:
        assert found(yes(flag_if="no")) == {"questions.0.flag_if": "flag_open"}
        assert found(yes(flag_if="no", lane="own")) == {"questions.0.flag_if": "!flag_unseen"}
        assert found(yes(flag_if="no"), lane="private") == {}


class TestLanes:
    def test_must_be_on_offer(self) -> None:
        assert found(yes(lane="private"), lanes=["shared"]) == {"questions.0.lane": "!lane_not_offered"}
        assert found(yes(), lanes=["private"]) == {"lane": "!lane_not_offered"}

    def test_that_change_nothing_or_need_care_are_noticed(self) -> None:
        assert found(yes(lane="shared"), lane="private") == {"questions.0.lane": "lane_wider"}
        assert found(yes(lane="reveal")) == {"questions.0.lane": "reveal_needs_moment"}
        assert found(yes(each=True)) == {"questions.0.each": "each_alone"}

    def test_that_follow_from_an_answer_are_told(self) -> None:
        assert found(yes(lane="private"), shown_if(("q", "=", True))) == {"questions.1.show_if": "lane_follows"}
        assert found(yes(lane="private"), shown_if(("q", "=", True), lane="private")) == {}

    def test_a_series_for_therapists_stays_with_them(self) -> None:
        item = source("scale", metric="safety", label="How safe I feel")
        assert found(item) == {"questions.0.metric": "!series_open"}
        assert found({**item, "lane": "private"}) == {}


class TestWords:
    HARD = (
        "Subsequently consider the methodological implications of internalised interpersonal expectations and "
        "articulate the predominant characteristics of your relationship's communicative dysfunctionalities. "
    )

    def test_hard_words_are_noticed_and_plain_ones_are_not(self) -> None:
        assert found(yes(), summary=self.HARD * 2)["summary"] == "reading_age"
        plain = "Sit down with a cup of tea. Tell your partner one good thing about the day. " * 3
        assert found(yes(), summary=plain) == {}
        assert ease_of(plain, "en").age < 9  # type: ignore[operator]

    def test_long_sentences_are_noticed_in_any_language(self) -> None:
        long = "und dann noch ein Wort " * 6
        assert found(yes(), summary=long, language="de")["summary"] == "long_sentences"
        assert ease_of("Kurz. Klar. Gut.", "de").age is None

    def test_our_own_catalogue_reads_easily(self) -> None:
        hard = [
            entry.slug
            for entry in load_catalogue().entries.values()
            if any(one.code in ("reading_age", "long_sentences") for one in findings(entry.as_data()))
        ]
        assert len(hard) <= 4
        assert all(may_publish(findings(entry.as_data())) for entry in load_catalogue().entries.values())


class TestTranslations:
    def test_what_lacks_or_belongs_to_nothing_is_noticed(self) -> None:
        said = found(yes(label="Calm"), translations={"de": {"title": "Tee", "questions.gone.label": "Weg"}})
        assert said == {
            "questions.0.label": "translation_missing",
            "translations.de.questions.gone.label": "translation_stray",
        }

    def test_what_is_none_stops(self) -> None:
        assert found(yes(), translations={"de": {"title": 3}}) == {"translations.de.title": "!translation"}

    def test_a_language_that_only_began_does_not_fill_the_page(self) -> None:
        many = [{**yes(f"q{n}"), "label": f"Question {n}"} for n in range(90)]
        assert len(findings(content(*many, translations={"de": {}}))) == 51


class TestLocked:
    ITEM = {"key": "w", "type": "single", "label": "Sleep", "options": OPTIONS}
    PLAN = TestScores.PLAN

    def said(self, *questions: dict[str, Any], **more: Any) -> set[str]:
        locked = content(self.ITEM, yes(), scoring=self.PLAN)
        found = findings(content(*questions, **{"scoring": self.PLAN, **more}), locked=locked)
        return {f"{one.place} {one.code}" for one in found if one.code.startswith("locked")}

    def test_a_measure_stays_as_it_is(self) -> None:
        assert self.said(self.ITEM, yes()) == set()
        assert self.said({**self.ITEM, "label": "Rest"}, yes()) == {"questions.0.label locked_changed"}
        options = [OPTIONS[0], {**OPTIONS[1], "weight": 2}]
        assert self.said({**self.ITEM, "options": options}, yes()) == {"questions.0.options locked_changed"}
        assert self.said(self.ITEM) == {"questions locked_gone"}
        assert self.said(self.ITEM, yes(), yes("more")) == {"questions.2 locked_added"}
        assert self.said(yes(), self.ITEM) == {"questions locked_order"}
        assert self.said(self.ITEM, yes(), scoring=None) == {"scoring locked_scoring"}

    def test_its_lane_and_its_flags_are_the_practices_own(self) -> None:
        assert self.said({**self.ITEM, "lane": "private", "flag_if": "any:a", "help": "Take care."}, yes()) == set()
