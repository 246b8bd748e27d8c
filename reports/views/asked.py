"""What the address of a form for orders says."""

from __future__ import annotations

from collections.abc import Collection

from django.http import Http404

from practice.access import PracticeRequest
from reports.models.report import Kind


def kind_or_404(request: PracticeRequest, kinds: Collection[Kind]) -> Kind:
    """The kind of report that a form is for: the progress report unless the address names another of ``kinds``."""
    wanted = request.GET.get("kind", Kind.PROGRESS)
    if wanted not in kinds:
        raise Http404
    return Kind(wanted)
