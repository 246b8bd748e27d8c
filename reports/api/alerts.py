"""What asks for a look: the list over the caseload, each by itself, taking it on, judging and closing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from exercises.access import couple_or_404
from exercises.flags import Severity
from practice import audit, tenancy
from practice.access import for_clinicians
from practice.api.problems import Conflict, of_form
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView
from reports import alert_list, alerts, waiting
from reports.alert_forms import LONGEST_NOTE, AssessmentForm, ReopenForm
from reports.models import Act, Alert, AlertStep, Judgement
from reports.views.alerts import alert_or_404

ALERT = {
    "id": "0199d3f4-6e7f-7a81-9b2c-3d4e5f6a7b8c",
    "couple_id": "0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f",
    "partner_id": "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f",
    "name": "Mara",
    "severity": "urgent",
    "source": "answer",
    "raised_at": "2026-03-09T19:42:10Z",
    "state": "taken",
    "how": "Dr Ines Karlsen has it, not judged yet",
    "taken_by": "Dr Ines Karlsen",
    "taken_at": "2026-03-09T19:58:00Z",
    "judged_at": None,
    "closed_at": None,
    "next_at": "2026-03-10T19:58:00Z",
    "session_at": "2026-03-12T17:00:00Z",
}
STEP = {
    "kind": "told",
    "by": "ladder",
    "member": "Dr Ines Karlsen",
    "at": "2026-03-09T19:42:10Z",
    "rung": "therapist",
    "judgement": "",
    "acts": [],
    "note": "",
}
SAID = {"judgement": "watch", "acts": ["spoke", "plan"], "note": "Spoke with her alone by phone. A plan is in place."}
MEANWHILE = "Somebody else was here in the meantime. Read it again."


@example(**ALERT)
class AlertSerializer(serializers.Serializer):
    """Something that a therapist must look at. It names a person and no answer. No client ever learns of it."""

    id = serializers.UUIDField(source="alert.pk")
    couple_id = serializers.UUIDField(source="alert.couple_id")
    partner_id = serializers.UUIDField(source="alert.client_id", help_text="Whose answer it is about.")
    name = serializers.CharField(source="client.name")
    severity = serializers.ChoiceField(Severity.choices, source="alert.severity", help_text="How soon somebody looks.")
    source = serializers.ChoiceField(Alert.Source.choices, source="alert.source")
    raised_at = serializers.DateTimeField(source="alert.raised_at")
    state = serializers.SerializerMethodField(help_text="open, taken, judged or closed.")
    how = serializers.CharField(source="step_words", help_text="How it stands, in words.")
    taken_by = serializers.SerializerMethodField()
    taken_at = serializers.DateTimeField(source="alert.acknowledged_at", allow_null=True)
    judged_at = serializers.DateTimeField(source="alert.assessed_at", allow_null=True)
    closed_at = serializers.DateTimeField(source="alert.closed_at", allow_null=True)
    next_at = serializers.DateTimeField(
        allow_null=True, help_text="When somebody else is told, unless something is done."
    )
    session_at = serializers.DateTimeField(allow_null=True, help_text="The couple's next session.")

    def get_state(self, row: alert_list.Row) -> str:
        one = row.alert
        if one.closed_at:
            return "closed"
        return "judged" if one.assessed_at else "taken" if one.acknowledged_at else "open"

    def get_taken_by(self, row: alert_list.Row) -> str | None:
        return row.alert.acknowledged_by.name if row.alert.acknowledged_by else None


@example(**STEP)
class StepSerializer(serializers.Serializer):
    """One thing that happened to it."""

    kind = serializers.ChoiceField(AlertStep.Kind.choices)
    by = serializers.ChoiceField(AlertStep.By.choices)
    member = serializers.CharField(source="member.name", help_text="Who was told, or who did it.")
    at = serializers.DateTimeField()
    rung = serializers.CharField(help_text="therapist, cover or lead.")
    judgement = serializers.CharField()
    acts = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()


@example(
    **ALERT,
    what="Feeling safe",
    question="I can say what I think",
    answer="No",
    rule="Shown to you whenever the answer is no.",
    held=True,
    steps=[STEP],
)
class WholeAlertSerializer(AlertSerializer):
    """An alert with its question, the answer, the rule in words, and what was done about it."""

    what = serializers.CharField(source="told.what", help_text="The exercise or measure.")
    question = serializers.CharField(source="told.question")
    answer = serializers.CharField(source="told.answer", help_text="Empty where it can not be shown any more.")
    rule = serializers.CharField(source="told.rule", help_text="Why it is shown. No judgement and no forecast.")
    held = serializers.BooleanField(help_text="Whether nothing sealed opens for this couple because of such a signal.")
    steps = StepSerializer(many=True)


@example(over=False)
class TakeSerializer(serializers.Serializer):
    """How it is taken on."""

    over = serializers.BooleanField(default=False, help_text="Take it over from a colleague who has it.")


@example(**SAID)
class AssessmentSerializer(serializers.Serializer):
    """What was judged and what was done. It is kept with your name and the time, and can not be changed."""

    judgement = serializers.ChoiceField(
        Judgement.choices, help_text="With unclear it can not be closed: what can not be judged yet stays open."
    )
    acts = serializers.ListField(child=serializers.ChoiceField(Act.choices), min_length=1, max_length=len(Act.choices))
    note = serializers.CharField(max_length=LONGEST_NOTE, help_text="What you did, so that the next person knows.")


@example(note="She wrote again tonight.")
class ReopenSerializer(serializers.Serializer):
    """Why it is open again."""

    note = serializers.CharField(max_length=LONGEST_NOTE)


class AlertFilter(django_filters.FilterSet):
    """Which alerts."""

    couple = django_filters.UUIDFilter("couple")
    severity = django_filters.MultipleChoiceFilter(choices=Severity.choices, distinct=False)
    state = django_filters.ChoiceFilter(
        choices=[("open", "Open"), ("closed", "Closed")],
        method="in_state",
        help_text="Without it, those that are open and to be looked at.",
    )

    class Meta:
        model = Alert
        fields = ["couple", "severity", "state"]

    def in_state(self, rows: QuerySet[Alert], name: str, state: str) -> QuerySet[Alert]:
        return rows.filter(closed_at=None) if state == "open" else rows.exclude(closed_at=None)


class Alerts(ApiView):
    """Everything to look at."""

    tag, is_list = "progress", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ALERTS_READ}
    queryset = Alert.objects.none()
    serializer_class = AlertSerializer
    filterset_class = AlertFilter

    @extend_schema(operation_id="alerts_list", summary="List what needs a look")
    def get(self, request: Request) -> Response:
        """What is open among the couples you look after, by name and without an answer."""
        rows = Alert.objects.all() if "state" in request.query_params else Alert.objects.to_look_at()
        rows = rows.select_related("client", "acknowledged_by").defer("note")
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(self.shown(alert_list.rows_of(page), many=True))


class OneAlert(ApiView):
    """One alert."""

    tag = "progress"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ALERTS_READ}
    serializer_class = WholeAlertSerializer

    @extend_schema(operation_id="alerts_read", summary="Look at an alert")
    def get(self, request: Request, couple_id: UUID, alert_id: UUID) -> Response:
        """The question, the answer, the rule, and what happened since. Speak with this person alone."""
        couple = couple_or_404(couple_id)
        one = alert_or_404(couple.pk, alert_id)
        audit.looked_at("opened", one, lane=audit.STAFF)
        [row] = alert_list.rows_of([one])
        whole = Whole(row, alerts.told(one), waiting.is_held(couple.pk), alerts.trail(one))
        return self.answer_with(self.shown(whole))


class Whole:
    """A row with all that its own page says."""

    def __init__(self, row: alert_list.Row, told: alerts.Told, held: bool, steps: list[AlertStep]) -> None:
        self.row, self.told, self.held, self.steps = row, told, held, steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


class _Act(ApiView):
    """Something that is done about an alert. Its answer holds no words: those are read at the alert itself.

    Whose it is comes first, what was sent after it: nobody learns from a mistake in what they sent what is there.
    """

    tag = "progress"
    door = staticmethod(for_clinicians)
    scopes = {"POST": Scope.ALERTS_WRITE}

    def done(self, couple_id: UUID, alert_id: UUID, act: Callable[[Alert], object]) -> Response:
        couple = couple_or_404(couple_id)
        one = alert_or_404(couple.pk, alert_id)
        try:
            act(one)
        except alerts.NotNow:
            raise Conflict(MEANWHILE) from None
        with tenancy.elevated():  # whoever only covered sees no more of it once it is closed
            [row] = alert_list.rows_of([alert_or_404(couple.pk, alert_id)])
            return self.answer_with(self.shown(row, AlertSerializer))

    @property
    def me(self) -> Any:
        return self.request.membership

    def assessed(self, closes: bool) -> alerts.Assessment:
        """Judge what was sent as the page's form does."""
        form = AssessmentForm(self.sent(), closes=closes)
        if not form.is_valid():
            raise of_form(form)
        return form.assessment


class Take(_Act):
    """Taking an alert on."""

    serializer_class = TakeSerializer

    @extend_schema(operation_id="alerts_take", summary="Take an alert on", responses={200: AlertSerializer})
    def post(self, request: Request, couple_id: UUID, alert_id: UUID) -> Response:
        """It is yours until it is closed. 409 where a colleague has it and you do not say that you take it over."""

        def take(one: Alert) -> None:
            over = self.sent()["over"]
            taken = alerts.take_over(one, by=self.me) if over else alerts.acknowledge(one, by=self.me)
            if taken.acknowledged_by_id != self.me.pk:
                raise Conflict("A colleague was quicker, and has taken it. Say over to take it over.")

        return self.done(couple_id, alert_id, take)


class Judge(_Act):
    """Saying what was judged and done."""

    serializer_class = AssessmentSerializer

    @extend_schema(operation_id="alerts_judge", summary="Judge, and keep open", responses={200: AlertSerializer})
    def post(self, request: Request, couple_id: UUID, alert_id: UUID) -> Response:
        """Write down what you judged and did. It stays open, and is yours."""
        return self.done(couple_id, alert_id, lambda one: alerts.assess(one, self.assessed(False), by=self.me))


class Close(_Act):
    """Closing an alert."""

    serializer_class = AssessmentSerializer

    @extend_schema(operation_id="alerts_close", summary="Close an alert", responses={200: AlertSerializer})
    def post(self, request: Request, couple_id: UUID, alert_id: UUID) -> Response:
        """Write down what you judged and did, and close it."""
        return self.done(couple_id, alert_id, lambda one: alerts.close(one, self.assessed(True), by=self.me))


class Seen(_Act):
    """Putting away what was not urgent."""

    serializer_class = AlertSerializer

    @extend_schema(operation_id="alerts_seen", summary="Put away what is not urgent", request=None)
    def post(self, request: Request, couple_id: UUID, alert_id: UUID) -> Response:
        """For what can wait, a look is enough. 409 for an urgent one: judge and close that."""
        return self.done(couple_id, alert_id, lambda one: alerts.seen(one, by=self.me))


class Reopen(_Act):
    """Opening an alert again."""

    serializer_class = ReopenSerializer

    @extend_schema(operation_id="alerts_reopen", summary="Open an alert again", responses={200: AlertSerializer})
    def post(self, request: Request, couple_id: UUID, alert_id: UUID) -> Response:
        """Open what was closed, with a word about why. It is yours then."""

        def reopen(one: Alert) -> None:
            form = ReopenForm(self.sent())
            if not form.is_valid():
                raise of_form(form)
            alerts.reopen(one, by=self.me, note=form.cleaned_data["note"])

        return self.done(couple_id, alert_id, reopen)
