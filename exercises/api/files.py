"""Pictures, voice notes and files: what stands of them in answers, and the ones that go with an assignment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from exercises import attachments, record
from exercises.access import assignment_or_404, couple_or_404
from exercises.attachments import LONGEST_NAME
from exercises.models import Attachment
from exercises.views.files import handed_out
from practice import audit
from practice.access import for_clinicians
from practice.api.files import Files, WhateverIsAccepted
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView
from practice.bare import Unkeepable

#: What a file may be; whatever else was sent is refused.
KINDS = (
    "image/jpeg", "image/png", "image/webp", "audio/ogg", "audio/webm", "audio/mpeg", "audio/mp4", "audio/wav",
    "application/pdf",
)  # fmt: skip
#: What fetching a file answers with.
BYTES: Any = {(200, kind): OpenApiTypes.BINARY for kind in KINDS}
FILE = {
    "id": "0199b1d2-5c6d-7e7f-8a9b-0c1d2e3f4a5b",
    "kind": "image",
    "content_type": "image/jpeg",
    "name": "Our bench",
    "size": 184220,
}


@example(**FILE)
class FileSerializer(serializers.Serializer):
    """A picture, a voice note or a file, without what cameras and recorders write into it."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Attachment.Kind.choices)
    content_type = serializers.ChoiceField([(kind, kind) for kind in KINDS])
    name = serializers.CharField(help_text="What it is, in its owner's words; may be empty.")
    size = serializers.IntegerField(help_text="In bytes.")


@example(files=[FILE])
class FilesSerializer(serializers.Serializer):
    """What lies with something."""

    files = FileSerializer(many=True)


class UploadSerializer(serializers.Serializer):
    """A file to add, as a form of a browser sends it (multipart/form-data)."""

    file = serializers.FileField(allow_empty_file=True, help_text="A picture, a recording or a PDF. Its content tells.")
    words = serializers.CharField(
        max_length=LONGEST_NAME, required=False, default="", allow_blank=True,
        help_text="What it shows, for those who do not see it.",
    )  # fmt: skip


def added(said: dict[str, Any], add: Callable[[UploadedFile, str], Attachment]) -> Attachment:
    """Return what was kept; what can not be kept is a mistake in ``file``."""
    try:
        return add(said["file"], said["words"])
    except Unkeepable as refusal:
        raise ValidationError({"file": [str(refusal.message)]}) from None


class AssignmentFiles(ApiView):
    """The files that the practice put with something given."""

    tag = "assignments"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ASSIGNMENTS_READ, "POST": Scope.ASSIGNMENTS_WRITE}
    serializer_class = FilesSerializer
    parser_classes = (Files,)
    #: The same file, sent again, is the one that is there.
    repeats = False

    @extend_schema(operation_id="assignments_files", summary="List the files that go with it")
    def get(self, request: Request, couple_id: UUID, assignment_id: UUID) -> Response:
        """What those who have it see before they begin."""
        assignment = assignment_or_404(couple_or_404(couple_id), assignment_id)
        audit.looked_at("opened", assignment)
        return self.answer_with(self.shown({"files": attachments.of_assignment(assignment)}))

    @extend_schema(
        operation_id="assignments_add_file",
        summary="Put a file with it",
        request={"multipart/form-data": UploadSerializer},
        responses={201: FileSerializer},
    )
    def post(self, request: Request, couple_id: UUID, assignment_id: UUID) -> Response:
        """A drawing, a recording to listen to, a page to print: four of them at most.

        Sent again, the same file is the one that is there.
        """
        couple = couple_or_404(couple_id)
        assignment = assignment_or_404(couple, assignment_id)
        made = added(
            self.sent(UploadSerializer),
            lambda file, words: attachments.add_to_assignment(assignment, request.membership, file, words),
        )
        here = reverse("api_file", args=[couple.pk, made.pk])
        return self.answer_with(self.shown(made, FileSerializer), status=201, location=here)


class OneFile(ApiView):
    """One file of a couple: sent along with an answer, handed over with a page, or put with an assignment."""

    tag = "responses"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.RESPONSES_READ, "DELETE": Scope.ASSIGNMENTS_WRITE}
    serializer_class = FileSerializer
    content_negotiation_class = WhateverIsAccepted
    if_match = False

    @extend_schema(operation_id="files_download", summary="Fetch a file", responses=BYTES)
    def get(self, request: Request, couple_id: UUID, file_id: UUID) -> HttpResponse:
        """The file itself, as far as its lane is yours to read. A part of it, where Range asks for one.

        What one partner sent to you alone needs `private-responses:read` as well.
        """
        couple = couple_or_404(couple_id)
        found = Attachment.objects.filter(couple=couple, pk=file_id).first()
        if found is not None:
            if found.lane in record.APART:
                self.needs(Scope.PRIVATE_RESPONSES_READ)
            audit.looked_at("downloaded", found)
        return handed_out(request, found)

    @extend_schema(operation_id="files_take_away", summary="Take a file away", responses={204: None})
    def delete(self, request: Request, couple_id: UUID, file_id: UUID) -> Response:
        """Only what the practice put with something given."""
        if not attachments.remove_from_assignment(couple_or_404(couple_id), file_id):
            raise Http404
        return Response(status=204)
