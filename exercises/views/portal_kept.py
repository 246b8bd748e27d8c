"""What somebody wrote and sent, for them alone, to read. Open whatever became of their care or their consent."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clients import consents
from exercises import kept_own
from practice.access import for_clients

ON_A_PAGE = 30


@require_safe
@for_clients
def kept(request: Any) -> HttpResponse:
    """Everything of one's own, the newest first."""
    pages = Paginator(kept_own.sent_by(request.person), ON_A_PAGE).get_page(request.GET.get("page"))
    begun = kept_own.begun_by(request.person)
    return render(request, "exercises/portal/kept.html", {"page_obj": pages, "begun": begun, "base": _base(request)})


@require_safe
@for_clients
def kept_one(request: Any, pk: uuid.UUID) -> HttpResponse:
    """One of them, in words: something sent, or something begun."""
    response = kept_own.sent_by(request.person).filter(pk=pk).first()
    if response is not None:
        one = kept_own.read(response, request.person, request.practice)
    else:
        found = kept_own.draft_of(request.person, pk)
        if found is None:
            raise Http404
        one = kept_own.read_draft(*found, request.person, request.practice)
    return render(request, "exercises/portal/kept_one.html", {"one": one, "base": _base(request)})


def _base(request: Any) -> str:
    return "components/plain.html" if consents.missing(request.person) else "components/portal.html"
