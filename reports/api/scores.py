"""What one partner scored on measures over time, as their page of scores shows it. For therapists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from exercises import measured
from exercises.access import couple_or_404, partner_or_404
from exercises.vocabulary import Lane
from practice import audit
from practice.access import for_clinicians
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView
from reports import baselines
from reports.courses import Course, Row, courses
from reports.reliable_change import Note, State
from reports.views.measures import starts_in_force

CHANGE = {"difference": -6.0, "state": "improved", "note": "still_inside"}
SCORE = {
    "id": "0199e405-7f80-7b92-8c3d-4e5f6a7b8c9d",
    "taken_on": "2026-05-04",
    "source": "form",
    "lane": "private",
    "total": 12.0,
    "words": "12 of 27",
    "bands": ["moderate"],
    "range": "at or above 10",
    "subscales": {},
    "answered": 9,
    "of": 9,
    "prorated": False,
    "safety": {"9": "clear"},
    "is_baseline": False,
    "change": CHANGE,
    "turn": "",
}
MEASURE = {
    "key": "phq9",
    "name": "PHQ-9",
    "title": "Patient Health Questionnaire",
    "version": 1,
    "asked_alone": False,
    "low": 0.0,
    "high": 27.0,
    "state": "improved",
    "since": None,
    "compared_with": "Compared with the first complete score, 18 of 27 of 2 March 2026.",
    "trend": "No trend yet: it takes 4 scores over three weeks.",
    "scores": [SCORE],
}


@example(**CHANGE)
class ChangeSerializer(serializers.Serializer):
    """From the baseline to this score. ``state`` is empty for a measure without a threshold of reliable change."""

    difference = serializers.FloatField()
    state = serializers.CharField(allow_null=True, help_text=", ".join(State.values))
    note = serializers.CharField(allow_null=True, help_text=f"Easily overlooked: {', '.join(Note.values)}.")


@example(**SCORE)
class ScoreSerializer(serializers.Serializer):
    """One score of one day."""

    id = serializers.UUIDField(source="result.id", help_text="Of the response, or of the entry, that it comes from.")
    taken_on = serializers.DateField(source="result.taken_on")
    source = serializers.ChoiceField(
        ["form", "entered"], source="result.source", help_text="A form that was sent, or a score that staff entered."
    )
    lane = serializers.ChoiceField(Lane.choices, source="result.lane")
    total = serializers.FloatField(
        source="score.total", allow_null=True, help_text="Empty where too much was left out, or there is no total."
    )
    words = serializers.CharField(source="value", help_text="The score as people read it.")
    bands = serializers.ListField(child=serializers.CharField())
    range = serializers.CharField(source="range_words", help_text="On which side of a cut-off it is.")
    subscales = serializers.SerializerMethodField(help_text="Parts by their keys.")
    answered = serializers.IntegerField(source="score.answered", allow_null=True, help_text="How many items were.")
    of = serializers.IntegerField(source="score.of", help_text="How many were asked.")
    prorated = serializers.BooleanField(source="score.prorated", help_text="Items left out were made up for.")
    safety = serializers.SerializerMethodField(
        help_text="Each item about safety: raised, clear or not_answered. Left out is never clear."
    )
    is_baseline = serializers.BooleanField(help_text="Whether later ones are compared with this one.")
    change = ChangeSerializer(allow_null=True)
    turn = serializers.CharField(help_text="Where the form or the definition is another one from here on.")

    def get_subscales(self, row: Row) -> dict[str, float]:
        return {key: float(value) for key, value in row.score.subscales.items() if value is not None}

    def get_safety(self, row: Row) -> dict[str, str]:
        return {str(number): state for number, state in row.score.safety.items()}


@example(**MEASURE)
class MeasureScoresSerializer(serializers.Serializer):
    """One measure with all of its scores, newest first."""

    key = serializers.CharField(source="measure.key")
    name = serializers.CharField(source="measure.name")
    title = serializers.CharField(source="measure.title")
    version = serializers.IntegerField(source="measure.version", help_text="Of its definition.")
    asked_alone = serializers.BooleanField(
        source="measure.person_only", help_text="A safety screen: for one person alone, never in a couple's view."
    )
    low = serializers.FloatField(source="measure.low", allow_null=True)
    high = serializers.FloatField(source="measure.high", allow_null=True)
    state = serializers.CharField(
        allow_null=True, help_text="From the baseline to the newest score, where something may be said."
    )
    since = serializers.DateField(allow_null=True, help_text="The day of a baseline that was set, if one was.")
    compared_with = serializers.CharField()
    trend = serializers.SerializerMethodField(help_text="Which way it goes, in words; empty for a screen.")
    scores = ScoreSerializer(source="rows", many=True)

    def get_trend(self, course: Course) -> str:
        return "" if course.measure.person_only else course.trend_words


@example(partner_id="0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f", measures=[MEASURE])
class ScoresSerializer(serializers.Serializer):
    """One partner's scores. For the therapist alone: neither partner sees them by this."""

    partner_id = serializers.UUIDField()
    measures = MeasureScoresSerializer(many=True)


class Scores(ApiView):
    """One partner's scores."""

    tag = "responses"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.PRIVATE_RESPONSES_READ}
    serializer_class = ScoresSerializer

    @extend_schema(operation_id="scores_read", summary="Read one partner's scores")
    def get(self, request: Request, couple_id: UUID, client_id: UUID) -> Response:
        """Each measure with its scores, bands, baseline and reliable change. Nothing of the other partners."""
        couple = couple_or_404(couple_id)
        client = partner_or_404(couple, client_id)
        audit.looked("opened", audit.CLIENTS, client.pk)
        starts = starts_in_force(baselines.history(couple, client))
        found = courses(measured.results(couple, client), starts)
        shown: dict[str, Any] = {"partner_id": client.pk, "measures": found}
        return self.answer_with(self.shown(shown))
