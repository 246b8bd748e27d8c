"""What a page of the desk is about: found inside the asker's walls, or a 404 like for anything unknown."""

from __future__ import annotations

import uuid

from django.http import Http404

from clients.models import Client, Couple, Partner
from exercises.library import find_exercise
from exercises.models import Assignment, Exercise, Response
from practice.written import Written, together

_COUPLE: Written[Couple] = Written(lambda couple: Couple.objects.filter(pk=couple), couple=uuid.UUID)
_PARTNERS: Written[Partner] = Written(
    lambda couple: Partner.objects.filter(couple=couple).select_related("client").order_by("position"),
    couple=uuid.UUID,
)


def couple_or_404(couple_id: uuid.UUID) -> Couple:
    """Return a couple with its partners."""
    found, partners = together(_COUPLE.of(couple=couple_id), _PARTNERS.of(couple=couple_id))
    if not found:
        raise Http404
    return found[0].keeping(partners)


def partner_or_404(couple: Couple, client_id: uuid.UUID) -> Client:
    """Return one of the couple's own partners."""
    for client in couple.clients:
        if client.pk == client_id:
            return client
    raise Http404


def exercise_or_404(slug: str) -> Exercise:
    """Return an exercise on the practice's shelf, with its newest edition."""
    exercise = find_exercise(slug)
    if exercise is None:
        raise Http404
    return exercise


def assignment_or_404(couple: Couple, assignment_id: uuid.UUID) -> Assignment:
    """Return one of the couple's own assignments."""
    assignment = Assignment.objects.filter(couple=couple, pk=assignment_id).select_related("edition").first()
    if assignment is None:
        raise Http404
    return assignment


def response_or_404(couple: Couple, response_id: uuid.UUID, *, author: Client | None = None) -> Response:
    """Return one of the couple's own responses, with what it answers; only ``author``'s where one is named."""
    rows = Response.objects.select_related("edition", "author", "occurrence__assignment")
    if author is not None:
        rows = rows.filter(author=author)
    response = rows.filter(couple=couple, pk=response_id).first()
    if response is None:
        raise Http404
    return response
