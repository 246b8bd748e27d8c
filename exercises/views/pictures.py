"""Pictures in exercises of a practice's own: for its staff, and for those who were given the exercise."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from exercises.models import Assignment, Illustration

#: What is shown as a picture; anything else is not shown at all.
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")


@require_safe
def illustration(request: Any, illustration_id: uuid.UUID) -> HttpResponse:
    """One picture. Unknown, another practice's and not given to this person are the same 404."""
    if not (request.person or (request.membership and request.membership.sees_answers)):
        raise Http404
    picture = Illustration.objects.filter(pk=illustration_id, content_type__in=PICTURES).first()
    if picture is None or not (request.membership or _is_given(picture)):
        raise Http404
    answer = HttpResponse(bytes(picture.data), content_type=picture.content_type)
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Disposition"] = "inline"
    answer["ETag"] = f'"{picture.sha256}"'
    return answer


def _is_given(picture: Illustration) -> bool:
    """Read as the client who asks: the wall shows them what was given to them, and nothing else."""
    return Assignment.objects.filter(edition__exercise=picture.exercise_id).exists()
