"""Pictures in exercises of a practice's own: for its staff, and for those who were given the exercise."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet
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
    picture = _pictures_for(request).filter(pk=illustration_id).first()
    if picture is None:
        raise Http404
    answer = HttpResponse(bytes(picture.data), content_type=picture.content_type)
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Disposition"] = "inline"
    answer["ETag"] = f'"{picture.sha256}"'
    return answer


def _pictures_for(request: Any) -> QuerySet[Illustration]:
    """Those that may be seen: for a client the ones in what was given to them, by what the wall shows of it.

    One question to the database in any case, so that the time it takes tells nothing.
    """
    pictures = Illustration.objects.filter(content_type__in=PICTURES)
    if request.membership:
        return pictures
    return pictures.filter(exercise__in=Assignment.objects.values("edition__exercise"))
