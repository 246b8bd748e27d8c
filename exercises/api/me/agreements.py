"""What partners agreed on: read, proposed, said yes to, taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Partner
from exercises import agreements
from exercises.agreement_form import AgreementForm
from exercises.agreements import Kept
from exercises.api.fields import DayField
from exercises.api.me.person import ID, Mine
from exercises.models import AgreementVersion
from exercises.views.portal import own_couples
from exercises.views.portal_agreements import (
    couple_and_people,
    kept_or_404,
    may_put_away,
    put_it_away,
    round_of,
    version_or_404,
)
from practice.api.problems import Conflict, of_form
from practice.api.schema import example
from practice.ids import uuid7

WORDS = {"id": ID, "number": 1, "text": "No phones at table.", "proposed_by": "Theo", "waits_for": []}
AGREEMENT = {
    "id": ID,
    "title": "Phones",
    "review_on": "2027-01-20",
    "is_due": False,
    "holds": WORDS,
    "proposed": None,
    "my_yes_waits": False,
    "my_yes_stands": True,
    "may_put_away": False,
}


@example(**WORDS)
class MyWordsSerializer(serializers.Serializer):
    """One wording of an agreement."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    text = serializers.CharField()
    proposed_by = serializers.CharField(help_text="Empty: your therapist wrote it down.")
    waits_for = serializers.ListField(child=serializers.CharField(), help_text="Who has not said yes.")


@example(**AGREEMENT)
class MyAgreementSerializer(serializers.Serializer):
    """Something that you agreed on, or that one of you proposes."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    review_on = serializers.DateField(allow_null=True, help_text="When you wanted to look at it again.")
    is_due = serializers.BooleanField(help_text="Whether that day has come.")
    holds = MyWordsSerializer(allow_null=True, help_text="What all of you say yes to now.")
    proposed = MyWordsSerializer(allow_null=True, help_text="Other words, that wait for somebody's yes.")
    my_yes_waits = serializers.BooleanField(help_text="Whether the proposal waits for yours.")
    my_yes_stands = serializers.BooleanField(help_text="Whether what holds has yours.")
    may_put_away = serializers.BooleanField()


@example(agreements=[AGREEMENT])
class MyAgreementsSerializer(serializers.Serializer):
    """All of them."""

    agreements = MyAgreementSerializer(many=True)


class _MyWords(serializers.Serializer):
    text = serializers.CharField(max_length=agreements.LIMIT, trim_whitespace=False)
    review_on = DayField(required=False, allow_null=True)


@example(title="Phones", text="No phones at table.", review_on="2027-01-20")
class MyNewAgreementSerializer(_MyWords):
    """Something to propose to the others."""

    title = serializers.CharField(max_length=120, help_text="What it is about, in a few words.")
    settled_in = serializers.UUIDField(required=False, help_text="The round in which you settled it: see `together/`.")


@example(text="No phones at table, nor in bed.", review_on="2027-01-20")
class MyOtherWordsSerializer(_MyWords):
    """Other words for it."""


@example(id=ID)
class MyProposedSerializer(serializers.Serializer):
    """What was proposed. Answers to writes are kept for a day, so no words are in it."""

    id = serializers.UUIDField(help_text="Of the agreement.")


class _OfAgreements(Mine):
    serializer_class = MyAgreementSerializer
    #: Done again, it changes nothing.
    repeats = False

    def told(self, agreement_id: UUID) -> Response:
        return self.answer_with(self.shown(_as_told(self.request.person, kept_or_404(agreement_id))))


def _as_told(person: Any, kept: Kept) -> dict[str, Any]:
    rows = Partner.objects.filter(couple=kept.agreement.couple_id, client_id__in=kept.agreement.audience)
    names = {one.client_id: one.client.name for one in rows.select_related("client").order_by("position")}
    holding, proposal = kept.holding, kept.proposal
    return {
        "id": kept.agreement.pk,
        "title": kept.agreement.title,
        "review_on": kept.agreement.review_on,
        "is_due": kept.wants_a_look,
        "holds": _words(kept, holding, names),
        "proposed": _words(kept, proposal, names),
        "my_yes_waits": proposal is not None and not kept.said_yes(proposal, person),
        "my_yes_stands": holding is not None and kept.said_yes(holding, person),
        "may_put_away": may_put_away(kept, person),
    }


def _words(kept: Kept, version: AgreementVersion | None, names: dict[UUID, str]) -> dict[str, Any] | None:
    if version is None:
        return None
    waits = kept.waits_for(version)
    return {
        "id": version.pk,
        "number": version.number,
        "text": version.text,
        "proposed_by": version.proposed_by.name if version.proposed_by else "",
        "waits_for": [name for pk, name in names.items() if pk in waits],
    }


class Agreements(_OfAgreements):
    """All of them."""

    serializer_class = MyAgreementsSerializer
    repeats = True

    @extend_schema(operation_id="me_agreements", summary="See what you agreed on")
    def get(self, request: Request) -> Response:
        """What holds, and what is proposed."""
        found = [_as_told(request.person, one) for one in agreements.of(agreements.readable(own_couples()))]
        return self.answer_with(self.shown({"agreements": found}))

    @extend_schema(
        operation_id="me_agreements_propose",
        summary="Propose an agreement",
        request=MyNewAgreementSerializer,
        responses={201: MyProposedSerializer},
    )
    def post(self, request: Request) -> Response:
        """It holds once everybody has said yes. Writing it is your own yes."""
        couple, people = couple_and_people()
        form = _judged(self.sent(MyNewAgreementSerializer))
        made = agreements.begin(
            couple,
            people,
            title=form.cleaned_data["title"],
            text=form.cleaned_data["text"],
            review_on=form.cleaned_data["review_on"],
            by=request.person,
            key=uuid7(),
            occurrence=round_of(request.person, form.cleaned_data["settled_in"]),
        )
        return self.answer_with(self.shown({"id": made.pk}, MyProposedSerializer), status=201)


def _judged(said: dict[str, Any]) -> AgreementForm:
    form = AgreementForm(said)
    if not form.is_valid():
        raise of_form(form)
    return form


class OneAgreement(_OfAgreements):
    """One agreement."""

    @extend_schema(operation_id="me_agreements_read", summary="Read an agreement")
    def get(self, request: Request, agreement_id: UUID) -> Response:
        """What holds, what is proposed, and who has not said yes to it."""
        return self.told(agreement_id)


class OtherWords(_OfAgreements):
    """Changing one."""

    @extend_schema(
        operation_id="me_agreements_change", summary="Propose other words for it", request=MyOtherWordsSerializer
    )
    def post(self, request: Request, agreement_id: UUID) -> Response:
        """What holds goes on holding until everybody has said yes to them. The same words again change nothing."""
        kept = kept_or_404(agreement_id)
        words = self.sent(MyOtherWordsSerializer)
        form = _judged({"review_on": kept.agreement.review_on, **words, "title": kept.agreement.title})
        agreements.propose(
            kept.agreement, text=form.cleaned_data["text"], review_on=form.cleaned_data["review_on"], by=request.person
        )
        return self.told(agreement_id)


class PutAway(_OfAgreements):
    """Letting go."""

    @extend_schema(
        operation_id="me_agreements_put_away",
        summary="Let a proposal go",
        request=None,
        responses={204: None},
    )
    def post(self, request: Request, agreement_id: UUID) -> Response:
        """Your own proposal. An agreement of which nothing is left leaves the list."""
        kept = kept_or_404(agreement_id)
        if not may_put_away(kept, request.person):
            raise Http404
        put_it_away(kept)
        return Response(status=204)


class Yes(_OfAgreements):
    """One's own yes."""

    @extend_schema(operation_id="me_agreements_yes", summary="Say yes to these words", request=None)
    def post(self, request: Request, version_id: UUID) -> Response:
        """For yourself: it holds once everybody has."""
        version = version_or_404(request.person, version_id)
        if version.dropped_at is not None or version.agreement.ended_at is not None:
            raise Conflict(_("This proposal was let go in the meantime."), "let_go")
        agreements.say_yes(version, request.person)
        return self.told(version.agreement_id)


class NotAnyMore(_OfAgreements):
    """Taking one's yes back."""

    @extend_schema(operation_id="me_agreements_not_any_more", summary="Take your yes back", request=None)
    def post(self, request: Request, version_id: UUID) -> Response:
        """Nobody has to say why. It does not hold until everybody says yes to something again."""
        version = version_or_404(request.person, version_id)
        agreements.take_yes_back(version, request.person)
        return self.told(version.agreement_id)
