"""A person's own copy of what is kept about them: asked for, watched, taken away once. Behind a fresh sign-in.

Open to whoever has not agreed to anything, or whose care has ended: what is theirs needs no consent.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clients import consents
from practice import archives, audit, tenancy
from practice.access import PortalRequest, for_clients, page_or_part, read_or_send
from practice.fresh import after_fresh_sign_in
from practice.models import Archive
from reports.copies import asking

PAGE = "reports/portal/copy.html"


@read_or_send
@for_clients
@after_fresh_sign_in
def portal_copy(request: PortalRequest) -> HttpResponse:
    """How far it is, and asking for one."""
    if request.method == "POST":
        _of(request)
        try:
            asking.ask(request.person, user_id=request.user.pk)  # type: ignore[arg-type]
        except asking.Enough as error:
            return _page(request, str(error), status=429)
        return redirect("portal_copy")
    return _page(request)


@require_POST
@for_clients
@after_fresh_sign_in
def portal_copy_take(request: PortalRequest) -> HttpResponse:
    """The file itself, once: it is gone from here with it."""
    archive = _of(request)
    try:
        body = archives.take(archive) if archive is not None else b""
    except archives.NotThere:
        body = b""
    if archive is None or not body:
        return redirect("portal_copy")
    audit.looked("downloaded", "practice_archive", archive.pk, client_id=request.person.pk)
    response = HttpResponse(body, content_type="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="copy.zip"'
    return response


@require_POST
@for_clients
@after_fresh_sign_in
def portal_copy_away(request: PortalRequest) -> HttpResponse:
    """Throw it away, made or still being made."""
    archive = _of(request)
    if archive is not None:
        archives.destroy(archive)
        messages.success(request, _("It is gone from here."))
    return redirect("portal_copy")


def _of(request: PortalRequest) -> Archive | None:
    """What there is for them. Everything private is in it: not for a sign-in that only shows who reads the mailbox."""
    tenancy.only_if_open()
    return archives.newest(Archive.Kind.OWN_COPY, request.user.pk)  # type: ignore[arg-type]


def _page(request: PortalRequest, unasked: str = "", *, status: int = 200) -> HttpResponse:
    archive = _of(request)
    words = {
        "archive": archive,
        "unasked": unasked,
        "hours": int(asking.LIVES.total_seconds() // 3600),
        "base": "components/plain.html" if consents.missing(request.person) else "components/portal.html",
    }
    return render(request, page_or_part(request, PAGE, "making"), words, status=status)
