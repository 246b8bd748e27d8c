"""What became of an answer at the practice: read, worked through, brought to the next session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response as Answered

from clients.models import Couple
from exercises import agenda, record, reviewing
from exercises.access import couple_or_404, partner_or_404, response_or_404
from exercises.models import Response
from exercises.views.desk_couple import event_of
from exercises.vocabulary import Lane
from practice import audit
from practice.access import for_clinicians
from practice.api.problems import Conflict
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

A_COLLEAGUES = "A colleague has marked this one; it stays marked."
MARKS = {"unread": False, "reviewed_at": "2026-11-23T09:12:00Z", "reviewed_by": "Dr Ines Karlsen", "for_session": True}


@example(**MARKS)
class MarksSerializer(serializers.Serializer):
    """What became of one answer."""

    unread = serializers.BooleanField(help_text="Whether you have not read it yet.")
    reviewed_at = serializers.DateTimeField(allow_null=True, help_text="Since when somebody has worked through it.")
    reviewed_by = serializers.CharField(allow_null=True, help_text="Who did. Its author sees that it was looked at.")
    for_session = serializers.BooleanField(help_text="Whether it is on the list for the next session.")


@example(reviewed=True, for_session=True)
class MarkSerializer(serializers.Serializer):
    """Marks to set. What is left out stays."""

    read = serializers.BooleanField(required=False, help_text="You have read it. False changes nothing.")
    reviewed = serializers.BooleanField(required=False, help_text="Worked through, which also means read.")
    for_session = serializers.BooleanField(required=False, help_text="Bring it to the next session.")


class Marks(ApiView):
    """The marks on one answer, as far as it is for all partners."""

    tag = "responses"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.RESPONSES_READ, "POST": Scope.RESPONSES_WRITE}
    serializer_class = MarksSerializer
    apart = False

    @extend_schema(operation_id="responses_marks", summary="See what became of an answer")
    def get(self, request: Request, couple_id: UUID, response_id: UUID) -> Answered:
        """Whether you have read it, who has worked through it, and whether it comes to the next session."""
        couple, sent = self.about(couple_or_404(couple_id), response_id, None)
        return self.told(couple, sent)

    @extend_schema(operation_id="responses_mark", summary="Mark an answer", request=MarkSerializer)
    def post(self, request: Request, couple_id: UUID, response_id: UUID) -> Answered:
        """Read, worked through, for the next session: done again, it changes nothing."""
        couple, sent = self.about(couple_or_404(couple_id), response_id, None)
        return self.marked(couple, sent)

    def about(self, couple: Couple, response_id: UUID, client_id: UUID | None) -> tuple[Couple, Response]:
        """Return the answer, when it stands in the view that is asked for."""
        author = partner_or_404(couple, client_id) if client_id else None
        sent = response_or_404(couple, response_id, author=author)
        event_of(self.request, couple, sent, self.apart)
        return couple, sent

    def marked(self, couple: Couple, sent: Response) -> Answered:
        said, by = self.sent(MarkSerializer), self.request.membership
        if said.get("read"):
            record.mark_read(by, [sent], apart=self.apart)
        if said.get("reviewed"):
            reviewing.mark(sent, by, apart=self.apart)
        elif "reviewed" in said:
            gone = reviewing.unmark(sent, by, apart=self.apart)
            if not gone and reviewing.review_of(sent, apart=self.apart) is not None:
                raise Conflict(A_COLLEAGUES, "a_colleagues")
        if said.get("for_session"):
            agenda.bring(sent, by, apart=self.apart)
        elif "for_session" in said:
            agenda.leave_out(sent, apart=self.apart)
        return self.told(couple, sent)

    def told(self, couple: Couple, sent: Response) -> Answered:
        event: Any = event_of(self.request, couple, sent, self.apart)
        audit.looked_at("opened", sent, lane=Lane.PRIVATE if self.apart else sent.lane)
        review = reviewing.review_of(sent, apart=self.apart)
        marks = {
            "unread": event.is_new,
            "reviewed_at": review.reviewed_at if review else None,
            "reviewed_by": review.membership.name if review else None,
            "for_session": agenda.is_on(sent, apart=self.apart),
        }
        return self.answer_with(self.shown(marks))


class PrivateMarks(Marks):
    """The marks on what one partner told the therapist alone."""

    scopes = {"GET": Scope.PRIVATE_RESPONSES_READ, "POST": Scope.RESPONSES_WRITE}
    apart = True

    @extend_schema(operation_id="responses_private_marks", summary="See what became of what one partner told you alone")
    def get(self, request: Request, couple_id: UUID, client_id: UUID, response_id: UUID) -> Answered:  # type: ignore[override]
        """Apart from the marks on what all partners read of it."""
        couple, sent = self.about(couple_or_404(couple_id), response_id, client_id)
        return self.told(couple, sent)

    @extend_schema(
        operation_id="responses_private_mark", summary="Mark what one partner told you alone", request=MarkSerializer
    )
    def post(self, request: Request, couple_id: UUID, client_id: UUID, response_id: UUID) -> Answered:  # type: ignore[override]
        """The other partners must not learn that it exists. Needs `private-responses:read` as well."""
        self.needs(Scope.PRIVATE_RESPONSES_READ)
        couple, sent = self.about(couple_or_404(couple_id), response_id, client_id)
        return self.marked(couple, sent)
