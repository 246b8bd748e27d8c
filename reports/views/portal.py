"""What a therapist handed to a client: a list, and the files. Neutral in path, title and file name."""

from __future__ import annotations

import base64
import uuid

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.access import for_consenting_clients
from practice import audit, tenancy
from practice.access import PortalRequest
from reports import keeping
from reports.models import Report

A_PAGE = 25


def handed_to(person_id: uuid.UUID) -> QuerySet[Report]:
    """What lies in one person's portal. The wall lets nothing else through; this says it once more.

    Only while they are in care, together with everybody whose words it may hold.
    """
    asker = tenancy.current()
    together = {"couple__in": asker.couples, "people__contained_by": asker.present} if asker else {"pk__in": []}
    rows = Report.objects.filter(readers__contains=[person_id], released_at__isnull=False, withdrawn_at=None)
    rows = rows.filter(keeping.kept(), people__len__gt=0, **together)
    return rows.exclude(audience=Report.Audience.CLINICAL).order_by("-released_at", "-pk")


@require_safe
@for_consenting_clients
def documents(request: PortalRequest) -> HttpResponse:
    """Everything that was handed to this person, the newest first."""
    rows = handed_to(request.person.pk).defer("pdf", "summary")
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "reports/portal/documents.html", {"page_obj": page, "now": timezone.now()})


@require_safe
@for_consenting_clients
def document(request: PortalRequest, report_id: uuid.UUID) -> HttpResponse:
    """The file itself."""
    return handed_out(request.person.pk, report_id)


def handed_out(person_id: uuid.UUID, report_id: uuid.UUID) -> HttpResponse:
    """Return one of the files that lie in somebody's portal, and write down that it was fetched."""
    one = handed_to(person_id).filter(pk=report_id).defer("summary").first()
    if one is None or not one.pdf:
        raise Http404
    audit.looked_at("downloaded", one)
    response = HttpResponse(base64.b64decode(str(one.pdf)), content_type="application/pdf")
    response.headers["Content-Disposition"] = 'attachment; filename="document.pdf"'
    return response
