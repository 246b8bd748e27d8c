"""Pictures, voice notes and files of one's own, before they are sent; and those that one may see."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from exercises import attachments
from exercises.api.files import BYTES, FileSerializer, FilesSerializer, UploadSerializer, added
from exercises.api.me.doing import OfOne
from exercises.api.me.person import Mine
from exercises.api.me.telling import closed_words, refuse
from exercises.doing import Standing
from exercises.models import Attachment
from exercises.views.files import handed_out, removable_or_404
from practice.api.files import Files, WhateverIsAccepted
from practice.api.problems import Conflict


class DraftFiles(OfOne):
    """What goes along when it is sent."""

    serializer_class = FilesSerializer
    parser_classes = (Files,)
    repeats = False

    @extend_schema(operation_id="me_files", summary="See what goes along when you send it")
    def get(self, request: Request, occurrence_id: UUID) -> Response:
        """The pictures, voice notes and files that you added. Nobody else sees them before you send."""
        return self.answer_with(self.shown({"files": self.doing(occurrence_id).files}))

    @extend_schema(
        operation_id="me_files_add",
        summary="Add a picture, a voice note or a file",
        request={"multipart/form-data": UploadSerializer},
        responses={201: FileSerializer},
    )
    def post(self, request: Request, occurrence_id: UUID) -> Response:
        """It goes along with the answer, to whom the answer goes: four of them at most.

        Sent again, the same file is the one that is there.
        """
        doing = self.doing(occurrence_id)
        if doing.sent is not None:
            refuse(doing)
        if not doing.can_answer:
            raise Conflict(closed_words(doing), Standing.OVER.value)
        made = added(
            self.sent(UploadSerializer),
            lambda file, words: attachments.add_to_draft(doing.occurrence, request.person, file, words),
        )
        here = reverse("api_me_file", args=[made.pk])
        return self.answer_with(self.shown(made, FileSerializer), status=201, location=here)


class OneFile(Mine):
    """One file."""

    serializer_class = FileSerializer
    content_negotiation_class = WhateverIsAccepted
    if_match = False

    @extend_schema(operation_id="me_files_read", summary="Fetch a file", responses=BYTES)
    def get(self, request: Request, file_id: UUID) -> HttpResponse:
        """Your own, what your therapist put with an exercise, and what a partner sent, once it is open to you."""
        return handed_out(request, Attachment.objects.filter(pk=file_id).first())

    @extend_schema(operation_id="me_files_take_away", summary="Take a file away again", responses={204: None})
    def delete(self, request: Request, file_id: UUID) -> Response:
        """Your own, before it is sent, or while the page that it is on is yours alone."""
        attachments.remove(removable_or_404(request.person, file_id))
        return Response(status=204)
