"""Taking records out: of one couple, or of all couples that an owner reads. Asked for, watched, and fetched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Couple
from practice import audit
from practice.access import for_clinicians, for_owners
from practice.api.files import WhateverIsAccepted
from practice.api.problems import of_form
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView
from practice.fresh import is_fresh
from practice.models import Archive
from reports.taking_out import asking
from reports.taking_out.asking import Format
from reports.taking_out.form import CHOICES, TakingOutForm
from reports.views.taking_out import hand_over, own_or_404, theirs_or_404

WISH = {"formats": ["csv", "json"], "begins_on": "2026-02-16", "ends_on": "2026-05-10", "names": False}
EXPORT = {
    "id": "0199f6a0-1b2c-7d3e-8f40-516273849506",
    **WISH,
    "private": True,
    "couples": 1,
    "asked_at": "2026-05-11T08:00:00Z",
    "state": "done",
    "percent": 100,
    "failure": "",
    "finished_at": "2026-05-11T08:00:04Z",
    "expires_at": "2026-05-12T08:00:04Z",
    "size": 48213,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "file": "/api/v1/couples/0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f/exports/0199f6a0-1b2c-7d3e-8f40-516273849506/file/",
}
DATA: dict[str, Any] = {"format": "attune-answers-1", "made_at": "2026-05-11T08:00:00+00:00", "couples": []}
BUNDLE: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "entry": []}
KINDS = ("application/zip", "text/csv", "application/json", "application/fhir+json", "application/pdf")


def _bytes(*kinds: str) -> Any:
    """The answers of an address that goes on where a broken line left off."""
    return {
        **{(200, kind): OpenApiTypes.BINARY for kind in kinds},
        (206, "*/*"): OpenApiTypes.BINARY,
        416: OpenApiResponse(description="`Range` begins behind its end: `Content-Range` says how long it is."),
    }


BEGINNINGS = [
    OpenApiExample("Data", value=DATA, media_type="application/json", response_only=True, status_codes=["200"]),
    OpenApiExample(
        "Bundle", value=BUNDLE, media_type="application/fhir+json", response_only=True, status_codes=["200"]
    ),
]


@example(**WISH)
class NewExportSerializer(serializers.Serializer):
    """What shall be taken out."""

    formats = serializers.ListField(
        child=serializers.ChoiceField([(value, value) for value, _label in CHOICES]),
        min_length=1,
        max_length=len(Format),
        help_text="One comes as that file; several, or several couples, as a ZIP.",
    )
    begins_on = serializers.DateField(required=False, allow_null=True, help_text="Left out: from the beginning.")
    ends_on = serializers.DateField(
        required=False, allow_null=True, help_text="Both days count, by the practice's clock. Left out: until now."
    )
    names = serializers.BooleanField(default=False, help_text="Whether names stand beside the made-up ids.")


@example(**EXPORT)
class ExportSerializer(serializers.Serializer):
    """A file that was asked for, and how far it is."""

    id = serializers.UUIDField(source="pk")
    formats = serializers.ListField(source="details.formats", child=serializers.ChoiceField([*map(str, Format)]))
    begins_on = serializers.DateField(source="details.begins_on", allow_null=True)
    ends_on = serializers.DateField(source="details.ends_on", allow_null=True)
    names = serializers.BooleanField(source="details.names")
    private = serializers.BooleanField(
        source="details.private", help_text="Whether what partners told you alone is in it, and scores made from it."
    )
    couples = serializers.SerializerMethodField(help_text="How many couples' records it holds.")
    asked_at = serializers.DateTimeField()
    state = serializers.ChoiceField(Archive.State.choices)
    percent = serializers.IntegerField()
    failure = serializers.CharField(help_text="Why it could not be made.")
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When it is destroyed.")
    size = serializers.IntegerField(allow_null=True, help_text="Bytes.")
    sha256 = serializers.CharField(help_text="Of the file; empty until it is there.")
    file = serializers.SerializerMethodField(help_text="Where the file is, while there is one.")

    def get_couples(self, archive: Archive) -> int:
        return len(asking.couples_of(archive))

    def get_file(self, archive: Archive) -> str | None:
        return _address(archive, "file") if archive.is_there else None


def _address(archive: Archive, name: str = "") -> str:
    ending = f"_{name}" if name else ""
    if archive.about_id:
        return reverse(f"api_export{ending}", args=[archive.about_id, archive.pk])
    return reverse(f"api_export_all{ending}", args=[archive.pk])


class _Exports(ApiView):
    """What all of them have in common."""

    tag = "export"
    serializer_class = ExportSerializer

    def wish(self, request: Any) -> asking.Wish:
        """Judge what was sent by the form of the page."""
        only_fresh(request)
        form = TakingOutForm(self.sent(NewExportSerializer), practice=request.practice)
        if not form.is_valid():
            raise of_form(form)
        return replace(form.wish(), private=may_read_private(request))

    def accepted(self, archive: Archive) -> Response:
        return self.answer_with(self.shown(archive), status=202, location=_address(archive))


def only_fresh(request: Any) -> None:
    """A token was made after a fresh sign-in; in a browser it has to be one now, as on the page."""
    if request.auth is None and not is_fresh(request):
        raise PermissionDenied("Sign in once more in the browser before you take data away.", "sign_in_again")


def may_read_private(request: Any) -> bool:
    """A token reads what partners told the therapist alone only where it was made for that, too."""
    return request.auth is None or Scope.PRIVATE_RESPONSES_READ in request.auth.scopes


def _file(request: Any, archive: Archive) -> HttpResponse:
    only_fresh(request)
    if archive.details["private"] and not may_read_private(request):
        scope = Scope.PRIVATE_RESPONSES_READ.value
        raise PermissionDenied(f"Private answers are in this file: the token needs {scope}, too.", "scope_missing")
    return hand_over(request, archive)


def _owned(request: Any, archive_id: UUID, couple: Couple | None = None) -> Archive:
    found = own_or_404(request, archive_id, about_id=couple.pk if couple else None)
    if not asking.is_still_theirs(found):
        raise Http404
    return found


class Exports(_Exports):
    """Asking for a couple's record."""

    door = staticmethod(for_clinicians)
    scopes: ClassVar = {"POST": Scope.EXPORT_READ}

    @extend_schema(
        operation_id="exports_create",
        summary="Take a couple's record out",
        request=NewExportSerializer,
        responses={202: ExportSerializer},
    )
    def post(self, request: Request, couple_id: UUID) -> Response:
        """What you may read of this couple; with what each partner told you alone where the token may read that, too
        (`private-responses:read`). Made in the background: read it again until its state is done. What you asked for
        of this couple before is destroyed."""
        couple = theirs_or_404(couple_id)
        return self.accepted(asking.ask_for_couple(couple, self.wish(request), by=request.membership))


class OneExport(_Exports):
    """One couple's record that was asked for."""

    door = staticmethod(for_clinicians)
    scopes: ClassVar = {"GET": Scope.EXPORT_READ}

    @extend_schema(operation_id="exports_read", summary="Read how far it is")
    def get(self, request: Request, couple_id: UUID, archive_id: UUID) -> Response:
        """Its state, and where its file is once there is one. Only whoever asked finds it."""
        archive = _owned(request, archive_id, theirs_or_404(couple_id))
        audit.looked_at("opened", archive)
        return self.answer_with(self.shown(archive))


class ExportFile(_Exports):
    """The file of a couple's record."""

    door = staticmethod(for_clinicians)
    scopes: ClassVar = {"GET": Scope.EXPORT_READ}
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        operation_id="exports_download", summary="Fetch the file", responses=_bytes(*KINDS), examples=BEGINNINGS
    )
    def get(self, request: Request, couple_id: UUID, archive_id: UUID) -> HttpResponse:
        """The file, while it is there, or what is left of it: `Range: bytes=4096-`. Each time is written down, and
        the partners read of it."""
        return _file(request, _owned(request, archive_id, theirs_or_404(couple_id)))


class AllExports(_Exports):
    """Asking for all that an owner reads."""

    door = staticmethod(for_owners)
    scopes: ClassVar = {"POST": Scope.EXPORT_READ}

    @extend_schema(
        operation_id="exports_all_create",
        summary="Take out the records of all couples that you read",
        request=NewExportSerializer,
        responses={202: ExportSerializer},
    )
    def post(self, request: Request) -> Response:
        """For owners. Couples whose words are not yours to read are not in it."""
        return self.accepted(asking.ask_for_all(self.wish(request), by=request.membership))


class OneOfAllExports(_Exports):
    """The records of several couples that were asked for."""

    door = staticmethod(for_owners)
    scopes: ClassVar = {"GET": Scope.EXPORT_READ}

    @extend_schema(operation_id="exports_all_read", summary="Read how far all records are")
    def get(self, request: Request, archive_id: UUID) -> Response:
        """Its state, and where its file is. Gone where one of its couples is yours to read no more."""
        archive = _owned(request, archive_id)
        audit.looked_at("opened", archive)
        return self.answer_with(self.shown(archive))


class AllExportFile(_Exports):
    """The file with the records of several couples."""

    door = staticmethod(for_owners)
    scopes: ClassVar = {"GET": Scope.EXPORT_READ}
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        operation_id="exports_all_download",
        summary="Fetch the file with all records",
        responses=_bytes("application/zip"),
    )
    def get(self, request: Request, archive_id: UUID) -> HttpResponse:
        """A ZIP, while it is there, or what is left of it. Each time is written down for every couple in it."""
        return _file(request, _owned(request, archive_id))
