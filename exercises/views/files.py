"""Pictures, voice notes and files: handed out to whom they are for, added, taken away."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.access import for_consenting_clients
from clients.models import Client
from exercises import attachments, journal
from exercises import doing as doings
from exercises.access import assignment_or_404, couple_or_404
from exercises.models import Attachment
from exercises.vocabulary import Lane
from practice.access import for_clinicians
from practice.bare import Unkeepable

_RANGE = re.compile(r"bytes=(\d{1,9})-(\d{0,9})")


@require_safe
@for_consenting_clients
def portal_file(request: HttpRequest, file_id: uuid.UUID) -> HttpResponse:
    """One file, to a partner whom the wall lets read it."""
    return handed_out(request, Attachment.objects.filter(pk=file_id).first())


@require_safe
@for_clinicians
def desk_file(request: HttpRequest, couple_id: uuid.UUID, file_id: uuid.UUID) -> HttpResponse:
    """One file, to the couple's therapist."""
    couple = couple_or_404(couple_id)
    return handed_out(request, Attachment.objects.filter(couple=couple, pk=file_id).first())


def handed_out(request: HttpRequest, attachment: Attachment | None) -> HttpResponse:
    """Return the bytes, or a 404 for None; a part of them where a player asks for one, since some play nothing else."""
    if attachment is None:
        raise Http404
    data = attachments.content(attachment)
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    start = int(asked[1]) if asked else 0
    if asked and start < len(data):
        end = min(int(asked[2]) if asked[2] else len(data), len(data) - 1)
        response = HttpResponse(data[start : end + 1], content_type=attachment.content_type, status=206)
        response["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
    else:
        response = HttpResponse(data, content_type=attachment.content_type)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-store"
    shown = attachment.kind in (Attachment.Kind.IMAGE, Attachment.Kind.AUDIO)
    response["Content-Disposition"] = "inline" if shown else 'attachment; filename="file.pdf"'
    return response


@require_POST
@for_consenting_clients
def draft_file_add(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """Put a file with what one is about to send."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    if doing.sent is not None or not doing.can_answer:
        return redirect("do", occurrence_id)
    _added(request, lambda file, words: attachments.add_to_draft(doing.occurrence, request.person, file, words))
    return redirect("do_check" if doing.questions else "do", occurrence_id)


@require_POST
@for_consenting_clients
def draft_file_remove(request: Any, file_id: uuid.UUID) -> HttpResponse:
    """Take it away again, before it was sent."""
    found = _own_or_404(request.person, file_id)
    if found.occurrence_id is None or found.response_id is not None:
        raise Http404
    occurrence_id = found.occurrence_id
    attachments.remove(found)
    return redirect("do_check", occurrence_id)


@require_POST
@for_consenting_clients
def space_file_add(request: Any, entry_id: uuid.UUID) -> HttpResponse:
    """Put a file on a page of one's own."""
    page = journal.of(request.person).filter(pk=entry_id, lane=Lane.OWN).first()
    if page is None:
        raise Http404
    _added(request, lambda file, words: attachments.add_to_journal(page, file, words))
    return redirect("portal_space_entry", entry_id)


@require_POST
@for_consenting_clients
def space_file_remove(request: Any, file_id: uuid.UUID) -> HttpResponse:
    """Take it off the page, as long as the page is one's own."""
    found = _own_or_404(request.person, file_id)
    if found.journal_entry_id is None or found.lane != Lane.OWN:
        raise Http404
    entry_id = found.journal_entry_id
    attachments.remove(found)
    return redirect("portal_space_entry", entry_id)


@require_POST
@for_clinicians
def assignment_file_add(request: Any, couple_id: uuid.UUID, assignment_id: uuid.UUID) -> HttpResponse:
    """Put a file with an assignment, for the people it was given to."""
    couple = couple_or_404(couple_id)
    assignment = assignment_or_404(couple, assignment_id)
    _added(request, lambda file, words: attachments.add_to_assignment(assignment, request.membership, file, words))
    return redirect(request.POST.get("next") if _is_ours(request) else couple)


@require_POST
@for_clinicians
def assignment_file_remove(request: Any, couple_id: uuid.UUID, file_id: uuid.UUID) -> HttpResponse:
    """Take it away again."""
    couple = couple_or_404(couple_id)
    if not attachments.remove_from_assignment(couple, file_id):
        raise Http404
    return redirect(request.POST.get("next") if _is_ours(request) else couple)


def _is_ours(request: HttpRequest) -> bool:
    return bool(re.fullmatch(r"/desk/[a-z0-9/-]*", request.POST.get("next", "")))


def removable_or_404(person: Client, file_id: uuid.UUID) -> Attachment:
    """Return a file of somebody's that nobody else can have: not sent yet, or on a page of their own."""
    found = _own_or_404(person, file_id)
    not_sent = found.occurrence_id is not None and found.response_id is None
    if not (not_sent or (found.journal_entry_id is not None and found.lane == Lane.OWN)):
        raise Http404
    return found


def _own_or_404(person: Client, file_id: uuid.UUID) -> Attachment:
    found = Attachment.objects.filter(pk=file_id, author=person).defer("sealed").first()
    if found is None:
        raise Http404
    return found


def _added(request: Any, add: Any) -> None:
    file: UploadedFile | None = request.FILES.get("file")
    if file is None:
        messages.warning(request, _("Please choose a file first."))
        return
    try:
        add(file, request.POST.get("words", ""))
    except Unkeepable as refusal:
        messages.warning(request, str(refusal.message))
    else:
        messages.success(request, _("Added."))
