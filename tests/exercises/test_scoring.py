"""Numbers out of answers, against sums done by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exercises.answers import BLANK, DECLINED, NONE_OF_THESE, Value, clean_form
from exercises.catalogue import load_catalogue
from exercises.questions import Form
from exercises.scoring import ScoreValue, Scoring, ScoringError, scores


def scale(key: str, **more: object) -> dict:
    return {"key": key, "type": "scale", "label": key, "min": 0, "max": 10, "low": "no", "high": "yes", **more}


FORM = Form.from_data(
    [
        scale("before"),
        scale("after", metric="stress", private=True),
        scale("third", metric="closeness"),
        {"key": "signs", "type": "checklist", "label": "Signs",
         "options": [{"value": v, "label": v} for v in "abcd"]},
        {"key": "done", "type": "yes_no", "label": "Done", "metric": "ritual_kept"},
        {"key": "again", "type": "yes_no", "label": "Again"},
        {"key": "mood", "type": "mood", "label": "Mood", "metric": "mood"},
        {"key": "times", "type": "number", "label": "Times", "metric": "bids_met"},
        {"key": "note", "type": "short_text", "label": "Note"},
    ]
)  # fmt: skip


def scoring(method: str, *keys: str) -> Scoring:
    data = {"method": method, "questions": list(keys), "direction": "higher_better", "series": "own"}
    assert Scoring.from_data(data, FORM).as_data() == data
    return Scoring.from_data(data, FORM)


def own(how: Scoring, **raw: str | list[str]) -> ScoreValue | None:
    answers, errors = clean_form(FORM, {k: v if isinstance(v, list) else [v] for k, v in raw.items()})
    assert not errors
    return next((score for score in scores(FORM, how, answers) if score.source == "exercise"), None)


class TestMean:
    how = scoring("mean", "before", "after", "third")

    def test_is_the_average_of_what_was_answered(self) -> None:
        score = own(self.how, before="3", after="4", third="6")
        assert score is not None
        assert score.value == Decimal("4.3333")
        assert score.keys == ("before", "after", "third")

    def test_needs_half_of_its_questions(self) -> None:
        score = own(self.how, before="3", third="6")
        assert score is not None
        assert score.value == Decimal("4.5")
        assert own(self.how, before="3") is None
        assert own(self.how) is None

    def test_does_not_count_what_was_declined(self) -> None:
        score = own(self.how, before="3", third="6", after=DECLINED)
        assert score is not None
        assert score.keys == ("before", "third")

    def test_is_private_with_any_private_question_answered_or_not(self) -> None:
        assert own(self.how, before="3", third="6").private  # type: ignore[union-attr]
        assert not own(scoring("mean", "before", "third"), before="3", third="6").private  # type: ignore[union-attr]


class TestChange:
    how = scoring("change", "before", "after")

    def test_is_the_second_minus_the_first(self) -> None:
        assert own(self.how, before="8", after="3").value == -5  # type: ignore[union-attr]
        assert own(self.how, before="0", after="10").value == 10  # type: ignore[union-attr]

    def test_needs_both(self) -> None:
        assert own(self.how, before="8") is None
        assert own(self.how, after="3", before=DECLINED) is None


class TestCount:
    def test_is_how_many_were_ticked(self) -> None:
        how = scoring("count", "signs")
        assert own(how, signs=["a", "c"]).value == 2  # type: ignore[union-attr]
        assert own(how, signs=NONE_OF_THESE).value == 0  # type: ignore[union-attr]
        assert own(how) is None

    def test_is_how_many_were_answered_with_yes(self) -> None:
        how = scoring("count", "done", "again")
        assert own(how, done="yes", again="yes").value == 2  # type: ignore[union-attr]
        assert own(how, done="yes", again="no").value == 1  # type: ignore[union-attr]


class TestSeries:
    def test_every_answered_question_with_a_metric_feeds_its_series(self) -> None:
        answers, _errors = clean_form(
            FORM, {"after": ["2"], "done": ["no"], "mood": ["4", "calm"], "times": ["2,5"], "note": ["x"]}
        )
        assert scores(FORM, None, answers) == [
            ScoreValue("stress", Decimal(2), ("after",), True, "metric"),
            ScoreValue("ritual_kept", Decimal(0), ("done",), False, "metric"),
            ScoreValue("mood", Decimal(4), ("mood",), False, "metric"),
            ScoreValue("bids_met", Decimal("2.5"), ("times",), False, "metric"),
        ]

    def test_silence_is_no_number(self) -> None:
        assert scores(FORM, None, {"after": BLANK, "done": Value(declined=True)}) == []


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"method": "product", "questions": ["before"], "direction": "higher_better", "series": "own"},
        {"method": "mean", "questions": [], "direction": "higher_better", "series": "own"},
        {"method": "mean", "questions": ["before", "before"], "direction": "higher_better", "series": "own"},
        {"method": "mean", "questions": ["nobody"], "direction": "higher_better", "series": "own"},
        {"method": "mean", "questions": ["note"], "direction": "higher_better", "series": "own"},
        {"method": "mean", "questions": [["before"]], "direction": "higher_better", "series": "own"},
        {"method": "change", "questions": ["before"], "direction": "higher_better", "series": "own"},
        {"method": "count", "questions": ["before"], "direction": "higher_better", "series": "own"},
        {"method": "mean", "questions": ["before"], "direction": "sideways", "series": "own"},
        {"method": "mean", "questions": ["before"], "direction": "higher_better", "series": "no name"},
        {"method": ["mean"], "questions": ["before"], "direction": "higher_better", "series": "own"},
    ],
)
def test_what_cannot_be_added_up_is_refused(data: object) -> None:
    with pytest.raises(ScoringError):
        Scoring.from_data(data, FORM)


def test_shipped_scores_against_a_table_by_hand() -> None:
    entries = load_catalogue().entries
    table = [
        ("presence-check", {"devices": "4", "feelings": "3", "open": "2", "repair": "4", "appreciation": "1"}, "2.8"),
        ("presence-check", {"devices": "4", "feelings": "3", "open": "3"}, "3.3333"),
        ("presence-check", {"devices": "4", "feelings": "3"}, None),
        ("breathe-in-step", {"before": "7", "after": "2"}, "-5"),
        ("seek-help-signs", {"signs": ["hopeless", "unsafe"]}, "2"),
        ("seek-help-signs", {"signs": [NONE_OF_THESE]}, "0"),
        ("what-pulls-us-apart", {"talk": "2", "stress": "8", "personal": "5", "mismatch": "5", "shared": "1"}, "4.2"),
    ]  # fmt: skip
    for slug, raw, expected in table:
        entry = entries[slug]
        answers, errors = clean_form(entry.form, {k: [v] if isinstance(v, str) else v for k, v in raw.items()})
        assert not errors
        values = [s.value for s in scores(entry.form, entry.scoring, answers) if s.source == "exercise"]
        assert values == ([] if expected is None else [Decimal(expected)]), slug
