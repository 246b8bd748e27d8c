"""What partners answered, as the couple's page and each partner's private page show it.

Two lists that never mix. What is for all partners stands at the couple; what one of them told the therapist alone
stands under that partner and nowhere else: no count, no cursor and no score of the couple's list knows of it. What
somebody keeps to themselves is in neither.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any, NamedTuple, cast
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response as Answered

from clients.models import Client, Couple
from exercises import attachments, record
from exercises.access import couple_or_404, partner_or_404, response_or_404
from exercises.answers import Value
from exercises.api.files import FileSerializer
from exercises.models import Edition, Occurrence, Response
from exercises.saying import SaidAnswer, SaidRow
from exercises.views.desk_couple import event_of
from exercises.vocabulary import Lane
from practice import audit
from practice.access import for_clinicians
from practice.api.paging import ByCursor
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView
from practice.written import Written, ahead, together

#: The lanes that stand in a couple's list.
OPEN = [(one.value, one.label) for one in Lane if one not in record.APART]
VALUE = {"number": 7, "choices": [], "text": "", "declined": False}
ANSWER = {
    "key": "near",
    "question": "How close I felt",
    "words": "7 of 10",
    "lane": "shared",
    **VALUE,
    "rows": [],
}
SCORE = {"series": "closeness", "value": 7.0, "questions": ["near"], "rule": "answer@1"}
RESPONSE = {
    "id": "0199b1d2-4c5d-7e6f-8a9b-0c1d2e3f4a5b",
    "partner_id": "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f",
    "assignment_id": "0199ae31-22aa-7b0c-9f10-5d6e7f8a9b0c",
    "occurrence_id": "0199ae31-22ab-7c1d-8e2f-6a7b8c9d0e1f",
    "edition_id": "01998f00-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
    "title": "A good moment",
    "lane": "shared",
    "submitted_at": "2026-03-09T19:42:10Z",
    "revision": 1,
    "sealed": False,
    "opens_at": None,
    "answers": [ANSWER],
    "scores": [SCORE],
    "files": [],
}


@example(key="week.meals", question="Meals together", words="Easy", **{**VALUE, "number": None, "choices": ["easy"]})
class AnswerRowSerializer(serializers.Serializer):
    """One row of a grid. Which of number, choices and text is filled follows from the type of the question."""

    key = serializers.CharField(source="question.key")
    question = serializers.CharField(source="label")
    words = serializers.CharField()
    number = serializers.FloatField(source="value.number", allow_null=True)
    choices = serializers.ListField(source="value.choices", child=serializers.CharField())
    text = serializers.CharField(source="value.text")
    declined = serializers.BooleanField(source="value.declined")

    def to_representation(self, row: SaidRow) -> dict[str, Any]:
        # By hand, as below: a page has hundreds of answers, and a serializer takes longer for each than the database.
        return {"key": row.question.key, "question": row.label, "words": row.words, **_plain(row.value)}


@example(**ANSWER)
class AnswerSerializer(serializers.Serializer):
    """One question and its answer. Which of number, choices and text is filled follows from the question's type."""

    key = serializers.CharField(source="answer.key", help_text="The question's key in its edition's form.")
    question = serializers.CharField(source="label", help_text="How it was asked.")
    words = serializers.CharField(help_text="The answer as people read it.")
    lane = serializers.ChoiceField(Lane.choices, help_text="Who reads it: a question may be narrower than its form.")
    number = serializers.FloatField(source="answer.value.number", allow_null=True)
    choices = serializers.ListField(source="answer.value.choices", child=serializers.CharField())
    text = serializers.CharField(source="answer.value.text")
    declined = serializers.BooleanField(source="answer.value.declined", help_text="They would rather not say.")
    rows = AnswerRowSerializer(source="answer.said_rows", many=True, help_text="The rows of a grid.")

    def to_representation(self, said: record.Said) -> dict[str, Any]:
        answer = cast(SaidAnswer, said.answer)
        return {
            "key": answer.key,
            "question": said.label,
            "words": said.words,
            "lane": str(said.lane),
            **_plain(answer.value),
            "rows": [self.fields["rows"].child.to_representation(row) for row in answer.said_rows],
        }


def _plain(value: Value) -> dict[str, Any]:
    return {
        "number": None if value.number is None else float(value.number),
        "choices": list(value.choices),
        "text": value.text,
        "declined": value.declined,
    }


@example(**SCORE)
class ResponseScoreSerializer(serializers.Serializer):
    """A number that a response gave: of a question that feeds a series, or of a form that adds up."""

    series = serializers.CharField()
    value = serializers.FloatField()
    questions = serializers.SerializerMethodField(help_text="Keys of the questions that it was made from.")
    rule = serializers.CharField(help_text="What made it of the answers, with its version.")

    def get_questions(self, score: Any) -> list[str]:
        return [one for one in score.questions.split(",") if one]

    def to_representation(self, score: Any) -> dict[str, Any]:
        return {
            "series": score.series,
            "value": float(score.value),
            "questions": self.get_questions(score),
            "rule": score.rule,
        }


#: One for all: making them anew takes longer than what they do.
_SCORE, _FILE, _MOMENT = ResponseScoreSerializer(), FileSerializer(), serializers.DateTimeField()


@example(**RESPONSE)
class ResponseSerializer(serializers.Serializer):
    """What one partner sent: its newest revision. Therapists read what is sealed for the partners at once."""

    id = serializers.UUIDField(source="response.pk")
    partner_id = serializers.UUIDField(source="response.author_id", help_text="Whose it is.")
    assignment_id = serializers.UUIDField(source="response.occurrence.assignment_id")
    occurrence_id = serializers.UUIDField(source="response.occurrence_id", help_text="Which of its times was answered.")
    edition_id = serializers.UUIDField(source="response.edition_id")
    title = serializers.CharField(help_text="The exercise, as the edition calls it.")
    lane = serializers.ChoiceField(Lane.choices)
    submitted_at = serializers.DateTimeField(source="response.submitted_at")
    revision = serializers.IntegerField(
        source="response.revision", help_text="Counts from 1, and up with each amendment."
    )
    sealed = serializers.BooleanField(help_text="Whether the other partners can not read it yet.")
    opens_at = serializers.DateTimeField(allow_null=True, help_text="When a sealed one opens, where that is a moment.")
    answers = AnswerSerializer(source="said", many=True, help_text="In the order of the form.")
    scores = serializers.SerializerMethodField(help_text="What it adds up to.")
    files = FileSerializer(many=True, help_text="Pictures, voice notes and files that were sent along.")

    @extend_schema_field(ResponseScoreSerializer(many=True))
    def get_scores(self, event: Any) -> Any:
        # Each carries the narrowest lane of the answers it was made from.
        rows = [one for one in event.response.derived if (one.lane in record.APART) == self.context["apart"]]
        rows.sort(key=lambda one: (one.series, one.questions))
        return [_SCORE.to_representation(one) for one in rows]

    def to_representation(self, event: record.Event) -> dict[str, Any]:
        response = cast(Response, event.response)
        answer = self.fields["answers"].child.to_representation
        return {
            "id": str(response.pk),
            "partner_id": str(response.author_id),
            "assignment_id": str(response.occurrence.assignment_id),
            "occurrence_id": str(response.occurrence_id),
            "edition_id": str(response.edition_id),
            "title": event.title,
            "lane": str(event.lane),
            "submitted_at": _MOMENT.to_representation(response.submitted_at),
            "revision": response.revision,
            "sealed": event.sealed,
            "opens_at": event.opens_at and _MOMENT.to_representation(event.opens_at),
            "answers": [answer(one) for one in event.said],
            "scores": self.get_scores(event),
            "files": [_FILE.to_representation(one) for one in event.files],
        }


class ResponseFilter(django_filters.FilterSet):
    """Which responses."""

    assignment = django_filters.UUIDFilter("occurrence__assignment", help_text="Of one thing that was given.")
    partner = django_filters.UUIDFilter("author", help_text="Of one partner.")
    lane = django_filters.MultipleChoiceFilter(choices=OPEN, distinct=False)
    since = django_filters.IsoDateTimeFilter("submitted_at", "gte", help_text="Sent at this moment or later.")

    class Meta:
        model = Response
        fields = ["assignment", "partner", "lane", "since"]


class PrivateResponseFilter(django_filters.FilterSet):
    """Which of one partner's private responses."""

    assignment = django_filters.UUIDFilter("occurrence__assignment", help_text="Of one thing that was given.")
    since = django_filters.IsoDateTimeFilter("submitted_at", "gte", help_text="Sent at this moment or later.")

    class Meta:
        model = Response
        fields = ["assignment", "since"]


class Derived(NamedTuple):
    """A number that came of a response."""

    response_id: UUID
    series: str
    value: Decimal
    questions: str
    rule: str
    lane: str


def _scores(responses: Any) -> QuerySet[Any, Any]:
    # An app above this one derives them.
    scores: Any = Response._meta.get_field("scores").related_model
    return scores.objects.filter(response__in=responses).values_list(*Derived._fields)


_SCORES: Written[Any] = Written(_scores, responses=[UUID])
_EDITIONS: Written[Edition] = Written(lambda editions: Edition.objects.filter(pk__in=editions), editions=[UUID])
#: Of an occurrence, all but what it is of.
_NOT_SAID = [
    f"occurrence__{one.name}" for one in Occurrence._meta.concrete_fields if one.name not in ("id", "assignment")
]


def _rows(responses: QuerySet[Response]) -> QuerySet[Response]:
    return responses.select_related(None).select_related("author", "occurrence").defer(*_NOT_SAID)


_NEWEST: Written[Response] = Written(
    lambda couple: _rows(record.openly(couple)).order_by(ByCursor.ordering)[: ByCursor.page_size + 1], couple=UUID
)


class _Newest:
    """A couple's whole list, for its first page of the usual length: what is asked for most."""

    def __init__(self, couple: Couple) -> None:
        self.couple = couple

    def order_by(self, *_ordering: str) -> _Newest:
        return self

    def __getitem__(self, at: slice) -> list[Response]:
        return _NEWEST.all(couple=self.couple.pk)[at]


class _Responses(ApiView):
    """What both views have in common; ``apart`` says which of the two it is."""

    tag = "responses"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.RESPONSES_READ}
    queryset = Response.objects.none()
    serializer_class = ResponseSerializer
    apart = False

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "apart": self.apart}

    def page_for(self, couple: Couple, client: Client | None) -> Answered:
        if client is None and not self.request.query_params:
            page: Any = self.paginate_queryset(cast(Any, _Newest(couple)))
        else:
            page = self.paginate_queryset(self.filter_queryset(_rows(record.responses_of(couple, private_of=client))))
        ids = [one.pk for one in page]
        # Most are of a few editions: each is fetched and read once.
        asked = _EDITIONS.of(editions=sorted({one.edition_id for one in page})), record.asking_for_answers(ids)
        with ahead(*asked, _SCORES.of(responses=ids), attachments.asking_for(ids)):
            editions = {one.pk: one for one in together(asked[0])[0]}
            for one in page:
                one.edition = editions[one.edition_id]
            shown = record.events(page, couple, self.request.membership, apart=self.apart, marks=False)
            self._with_what_belongs_to_it(shown)
        return self.get_paginated_response(self.shown(shown, many=True))

    def _with_what_belongs_to_it(self, events: list[record.Event]) -> None:
        """Put with each event what was sent along, and what it adds up to.

        A file goes with the whole answer: into one of the two lists.
        """
        sent = [one.response for one in events if one.response]
        files, scores = attachments.of_responses(sent), defaultdict(list)
        for score in map(Derived._make, _SCORES.all(responses=[one.pk for one in sent])):
            scores[score.response_id].append(score)
        for one in events:
            response: Any = one.response
            response.derived = scores[response.pk]
            one.files = files.get(response.pk, []) if (response.lane in record.APART) == self.apart else []

    def one_for(self, request: Any, couple: Couple, response_id: UUID, client: Client | None) -> Answered:
        sent = response_or_404(couple, response_id, author=client)
        event = event_of(request, couple, sent, self.apart)
        self._with_what_belongs_to_it([event])
        audit.looked_at("opened", sent, lane=Lane.PRIVATE if self.apart else sent.lane)
        return self.answer_with(self.shown(event))


class Responses(_Responses):
    """What came back to a couple's exercises, for all partners."""

    is_list = True
    filterset_class = ResponseFilter

    @extend_schema(operation_id="responses_list", summary="List a couple's answers")
    def get(self, request: Request, couple_id: UUID) -> Answered:
        """What all partners may read, now or once it opens. Nothing that one of them told the therapist alone."""
        couple = couple_or_404(couple_id)
        audit.looked("opened", audit.COUPLES, couple.pk)
        return self.page_for(couple, None)


class OneResponse(_Responses):
    """One response, as far as it is for all partners."""

    @extend_schema(operation_id="responses_read", summary="Read an answer")
    def get(self, request: Request, couple_id: UUID, response_id: UUID) -> Answered:
        """One response with its questions, answers and scores, without what was for the therapist alone."""
        return self.one_for(request, couple_or_404(couple_id), response_id, None)


class PrivateResponses(_Responses):
    """What one partner told the therapist alone."""

    is_list, apart = True, True
    scopes = {"GET": Scope.PRIVATE_RESPONSES_READ}
    filterset_class = PrivateResponseFilter

    @extend_schema(operation_id="responses_private_list", summary="List what one partner told you alone")
    def get(self, request: Request, couple_id: UUID, client_id: UUID) -> Answered:
        """For the therapist alone: the other partners must not learn that it exists."""
        couple = couple_or_404(couple_id)
        client = partner_or_404(couple, client_id)
        audit.looked("opened", audit.CLIENTS, client.pk)
        return self.page_for(couple, client)


class OnePrivateResponse(_Responses):
    """What one partner told the therapist alone in one response."""

    apart = True
    scopes = {"GET": Scope.PRIVATE_RESPONSES_READ}

    @extend_schema(operation_id="responses_private_read", summary="Read what one partner told you alone")
    def get(self, request: Request, couple_id: UUID, client_id: UUID, response_id: UUID) -> Answered:
        """The private part of one response, and nothing of it that all partners read."""
        couple = couple_or_404(couple_id)
        return self.one_for(request, couple, response_id, partner_or_404(couple, client_id))
