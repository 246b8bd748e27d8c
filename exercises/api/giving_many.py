"""The same to many couples, as on the desk's page for that: judged for each, given where nothing speaks against it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from clients.models import Couple
from exercises import many
from exercises.api import giving
from exercises.api.giving import GiveSerializer
from exercises.giving import Giving
from exercises.many import Judged, NotLikeThis
from practice.api.schema import example

MOST_COUPLES = 100
NO_COUPLE = "There is no such couple."
COUPLE = {
    "couple_id": "0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e70",
    "given": False,
    "against": [],
    "to_consider": ["They have this already."],
}


@example(
    couple_ids=["0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f", COUPLE["couple_id"]],
    exercise="weekly-state-of-us",
    why="Let us begin with this, all of you.",
    rule="FREQ=WEEKLY;BYDAY=SU;COUNT=6",
    at="18:00",
    look_only=False,
)
class GiveManySerializer(GiveSerializer):
    """Something to give to many couples: to all partners of each. What is left out is as the exercise proposes it."""

    partner_ids = None
    goal_id = None
    couple_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_COUPLES)
    look_only = serializers.BooleanField(default=False, help_text="Say what it would mean for each, and give nothing.")
    sure = serializers.BooleanField(
        default=False, help_text="Give it also to those for whom there is something to consider."
    )


@example(**COUPLE)
class JudgedSerializer(serializers.Serializer):
    """What it means for one couple."""

    couple_id = serializers.UUIDField()
    given = serializers.BooleanField()
    against = serializers.ListField(child=serializers.CharField(), help_text="Why it cannot be given, in sentences.")
    to_consider = serializers.ListField(
        child=serializers.CharField(), help_text="Not given for these, unless you are sure."
    )


def couples_of(said: dict[str, Any]) -> list[Couple]:
    """Return the couples that are named, each once, in that order. One that is not yours is a mistake at its place."""
    there = {one.pk: one for one in Couple.objects.with_partners().filter(pk__in=said["couple_ids"])}
    unknown = {str(number): [NO_COUPLE] for number, pk in enumerate(said["couple_ids"]) if pk not in there}
    if unknown:
        raise ValidationError({"couple_ids": unknown})
    return [there[pk] for pk in dict.fromkeys(said["couple_ids"])]


def give_to_all(request: Request, said: dict[str, Any]) -> tuple[list[Judged], many.Done]:
    """Judge for every couple, and give where that was asked for. What suits none of them is refused as a mistake."""
    couples, edition = couples_of(said), giving.edition_of(said)
    wrong: dict[UUID, ValidationError] = {}

    def filled(couple: Couple) -> Giving:
        try:
            # What goes deep is something to consider, couple by couple: see many.look_at.
            return giving.chosen(giving.offered_for(couple, edition, request), {**said, "sure": True})
        except ValidationError as mistake:
            wrong[couple.pk] = mistake
            raise NotLikeThis(list(_sentences(mistake.detail))) from None

    judged = many.look_at(filled, couples, edition, request.practice, timezone.now())
    if len(wrong) == len(couples):
        raise wrong[couples[0].pk]
    ready = [one for one in judged if one.is_plain or (said["sure"] and one.can_be_given)]
    return judged, many.give_to([] if said["look_only"] else ready, by=request.membership)


def _sentences(detail: Any) -> list[str]:
    if isinstance(detail, ErrorDetail):
        return [str(detail)]
    return [words for one in (detail.values() if isinstance(detail, dict) else detail) for words in _sentences(one)]


def as_told(judged: list[Judged], done: many.Done) -> list[dict[str, Any]]:
    """Return what it means for each couple."""
    given = {one.pk for one in done.given}
    return [
        {
            "couple_id": one.couple.pk,
            "given": one.couple.pk in given,
            "against": one.against,
            "to_consider": one.to_consider,
        }
        for one in judged
    ]
