"""How it goes, in numbers: those of a couple's progress page and of their numbers between sessions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Couple
from exercises.access import couple_or_404
from practice import audit
from practice.access import for_clinicians
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView
from reports import days, glance, metrics, paper, progress
from reports.material import Period
from reports.metrics import reading
from reports.metrics.figures import Figure
from reports.views.progress import SPANS, USUAL, first_day

SHARED, CLINICAL = "shared", "clinical"
SPAN = {"edition": "shared", "starts": "2026-02-16", "ends": "2026-05-10"}
PEOPLE = [
    {"position": 0, "partner_id": "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f"},
    {"position": 1, "partner_id": "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e90"},
]
HEADLINE = {
    "label": "Mara, closeness",
    "value": "7",
    "of": "of 10",
    "note": "",
    "position": 0,
    "trend": [5.0, None, 7.0],
}
POINTS = [
    {"on": "2026-03-02", "value": 5.0},
    {"on": "2026-03-09", "value": None},
    {"on": "2026-03-16", "value": 7.0},
]
LINE = {"position": 0, "n": 2, "gaps": 1, "verdict": "", "points": POINTS}
SERIES = {"label": "Closeness", "low": 0.0, "high": 10.0, "better": "up", "is_measure": False, "lines": [LINE]}
DOING = {"segments": ["Done together"], "weeks": [{"starts": "2026-03-02", "counts": [3]}]}
GOAL = {"text": "An evening a week", "courses": [{"position": 0, "start": 3.0, "now": 6.0, "ratings": 4}]}
FIGURE = {
    "position": 0,
    "label": "Closeness",
    "value": 7.0,
    "unit": "of 10",
    "words": "7 of 10",
    "n": 9,
    "gaps": 1,
    "is_early": False,
    "at_first": 5.0,
    "note": "",
    "trend": [5.0, None, 7.0],
}
METRIC = {
    "key": "closeness",
    "label": "Closeness",
    "formula": "The median of what somebody answered in the period.",
    "caveat": "",
    "figures": [FIGURE],
}


class SpanSerializer(serializers.Serializer):
    """Which days, and what may be counted."""

    weeks = serializers.ChoiceField(list(SPANS), default=USUAL, help_text="Back from today; all since the start.")
    edition = serializers.ChoiceField(
        [SHARED, CLINICAL],
        default=SHARED,
        help_text="shared counts what every partner may read; clinical what the therapist's own pages count, "
        "private answers too: never for a screen that the couple looks at.",
    )

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        unknown = {name: ["There is no such filter."] for name in self.initial_data if name not in self.fields}
        if unknown:
            raise ValidationError(unknown)
        return said


class PlaceSerializer(serializers.Serializer):
    """Which partner a position is."""

    position = serializers.IntegerField()
    partner_id = serializers.UUIDField(source="client_id")


class OfSpanSerializer(serializers.Serializer):
    """What it is counted from. ``position`` below names a partner; empty for what they did together."""

    edition = serializers.ChoiceField([SHARED, CLINICAL])
    starts = serializers.DateField()
    ends = serializers.DateField()
    partners = PlaceSerializer(many=True)


class HeadlineSerializer(serializers.Serializer):
    """A figure at a glance."""

    label = serializers.CharField()
    value = serializers.CharField()
    of = serializers.CharField()
    note = serializers.CharField()
    position = serializers.IntegerField(allow_null=True)
    trend = serializers.ListField(child=serializers.FloatField(allow_null=True))


class PointSerializer(serializers.Serializer):
    """A score of its day, or the median of a week; empty where nothing was answered."""

    on = serializers.DateField()
    value = serializers.FloatField(allow_null=True)


class LineSerializer(serializers.Serializer):
    """One partner's values over time, oldest first."""

    position = serializers.IntegerField()
    n = serializers.SerializerMethodField(help_text="How many values there are.")
    gaps = serializers.SerializerMethodField(help_text="How many are missing between them.")
    verdict = serializers.CharField(help_text="Of a measure, what became of it.")
    points = PointSerializer(many=True)

    def get_n(self, line: paper.Line) -> int:
        return len(line.values)

    def get_gaps(self, line: paper.Line) -> int:
        return len(line.points) - len(line.values)


class SeriesSerializer(serializers.Serializer):
    """One measure or question with every partner's line. Nothing is averaged across partners."""

    label = serializers.CharField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    better = serializers.CharField(help_text="up, down or empty.")
    is_measure = serializers.SerializerMethodField()
    lines = LineSerializer(many=True)

    def get_is_measure(self, series: paper.Series) -> bool:
        return glance.is_measure(series)


class WeekSerializer(serializers.Serializer):
    """A week, with a count for each segment."""

    starts = serializers.DateField()
    counts = serializers.ListField(child=serializers.IntegerField())


class DoingSerializer(serializers.Serializer):
    """What was done, week by week."""

    segments = serializers.SerializerMethodField()
    weeks = WeekSerializer(many=True)

    def get_segments(self, doing: paper.Doing) -> list[str]:
        return [str(one.label) for one in doing.segments]


class CourseSerializer(serializers.Serializer):
    """One partner's way with a goal: first rating, latest, and how many."""

    position = serializers.IntegerField()
    start = serializers.FloatField()
    now = serializers.FloatField()
    ratings = serializers.IntegerField()


class GoalProgressSerializer(serializers.Serializer):
    """A goal and how near each feels it is."""

    text = serializers.CharField()
    courses = CourseSerializer(many=True)


@example(**SPAN, partners=PEOPLE, headlines=[HEADLINE], series=[SERIES], doing=DOING, goals=[GOAL])
class ProgressSerializer(OfSpanSerializer):
    """The numbers of a progress report: those that it draws."""

    headlines = HeadlineSerializer(many=True)
    series = SeriesSerializer(many=True)
    doing = DoingSerializer(allow_null=True)
    goals = GoalProgressSerializer(many=True)


class FigureSerializer(serializers.Serializer):
    """One number. It is left out while too few answers stand behind it (``is_early``)."""

    position = serializers.IntegerField(allow_null=True)
    label = serializers.CharField()
    value = serializers.SerializerMethodField()
    unit = serializers.CharField()
    words = serializers.SerializerMethodField(help_text="The number as people read it.")
    n = serializers.IntegerField(help_text="How many answers stand behind it.")
    gaps = serializers.IntegerField(help_text="Weeks between the first and the last answer that have none.")
    is_early = serializers.BooleanField()
    at_first = serializers.SerializerMethodField(help_text="The median of the first two weeks, or the first answer.")
    note = serializers.CharField()
    trend = serializers.SerializerMethodField(help_text="Week by week.")

    def get_value(self, one: Figure) -> float | None:
        return None if one.is_early else one.value

    def get_words(self, one: Figure) -> str:
        return _("too early to say") if one.is_early else one.words

    def get_at_first(self, one: Figure) -> float | None:
        return None if one.is_early else one.baseline

    def get_trend(self, one: Figure) -> list[float | None]:
        return [] if one.is_early else list(one.trend)


class MetricSerializer(serializers.Serializer):
    """One metric with its formula, what it does not say, and a figure for each partner."""

    key = serializers.CharField(source="metric.key")
    label = serializers.CharField(source="metric.label")
    formula = serializers.CharField(source="metric.formula")
    caveat = serializers.CharField(source="metric.caveat")
    figures = FigureSerializer(many=True)


@example(**SPAN, partners=PEOPLE, metrics=[METRIC])
class MetricsSerializer(OfSpanSerializer):
    """Numbers between sessions, each by its own formula. There is no score for a relationship."""

    metrics = MetricSerializer(many=True)


class _OfSpan(ApiView):
    tag = "progress"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.REPORTS_READ}

    def span(self, couple: Couple, now: datetime) -> tuple[dict[str, Any], Period]:
        """What every answer says of its days and people, and the days themselves."""
        judged = SpanSerializer(data=self.request.query_params.dict())
        judged.is_valid(raise_exception=True)
        said = judged.validated_data
        today = timezone.localtime(now, couple.zone).date()
        period = Period(_first(couple, said, today), today, couple.zone)
        about = {"edition": said["edition"], "starts": period.starts, "ends": period.ends}
        return {**about, "partners": couple.partners.all()}, period


def _first(couple: Couple, said: dict[str, Any], today: date) -> date:
    """The first day. Of the shared edition it tells nothing of anything private, so it begins with what all have."""
    if said["weeks"] != "all" or said["edition"] == CLINICAL:
        return first_day(couple, said["weeks"], today)
    begun = days.beginnings([couple.pk]).get(couple.pk, today)
    return min(max(begun, today - progress.LONGEST), today)


class Progress(_OfSpan):
    """A couple's progress."""

    serializer_class = ProgressSerializer

    @extend_schema(operation_id="progress_read", summary="Read how it goes", parameters=[SpanSerializer])
    def get(self, request: Request, couple_id: UUID) -> Response:
        """The lines, counts and goals of the progress page. It draws no line of fewer than three values."""
        couple, now = couple_or_404(couple_id), timezone.now()
        about, period = self.span(couple, now)
        audit.looked("opened", audit.COUPLES, couple.pk)
        material = progress.material_for(couple, period, shared=about["edition"] == SHARED, now=now)
        drawn = progress.compose(material, request.practice, today=period.ends, reference="", prepared_by="")
        series = [*drawn.series, *(drawn.areas.rows if drawn.areas else ())]
        found = {"headlines": drawn.headlines, "series": series, "doing": drawn.doing, "goals": drawn.goals}
        return self.answer_with(self.shown({**about, **found}))


class Metrics(_OfSpan):
    """Numbers between sessions."""

    serializer_class = MetricsSerializer

    @extend_schema(operation_id="progress_metrics", summary="Read the numbers", parameters=[SpanSerializer])
    def get(self, request: Request, couple_id: UUID) -> Response:
        """Each metric by its own formula, with how many answers stand behind it and where there are gaps."""
        couple, now = couple_or_404(couple_id), timezone.now()
        about, period = self.span(couple, now)
        audit.looked("opened", audit.COUPLES, couple.pk, lane=audit.STAFF)
        if about["edition"] == SHARED:
            facts = reading.shared(couple, period, now)
        else:
            facts = reading.clinical(couple, request.practice, period, now)
        return self.answer_with(self.shown({**about, "metrics": metrics.of(facts)}))
