"""The practice's paper: its logo and its colour, and how they look."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from practice.access import PracticeRequest, for_clinicians, for_owners, read_or_send
from reports import letterheads, paper, previewing
from reports.colours import house_colour
from reports.forms import LetterheadForm, paper_of


@read_or_send
@for_owners
def letterhead(request: PracticeRequest) -> HttpResponse:
    """Show and change it; the words on it stand in the practice itself."""
    stands = letterheads.letterhead_of(request.practice)
    form = LetterheadForm(request.POST or None, request.FILES or None, initial={"colour": stands.colour})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        letterheads.save(request.practice, colour=said["colour"], logo=said["logo"], without_logo=said["without_logo"])
        messages.success(request, _("Saved. Reports that are there keep the paper they were made on."))
        return redirect("letterhead")
    context = {"form": form, "stands": stands, "sheet": _sample(request, stands)}
    return render(request, "reports/letterhead.html", context, status=422 if form.errors else 200)


@require_safe
@for_owners
def letterhead_logo(request: PracticeRequest) -> HttpResponse:
    """The logo as it is kept."""
    logo = letterheads.letterhead_of(request.practice).logo
    if not logo:
        raise Http404
    return HttpResponse(logo, content_type="image/png")


@require_safe
@for_clinicians
def letterhead_colour(request: PracticeRequest, colour: str) -> HttpResponse:
    """A colour as a stylesheet of its own, for previews: pages allow no other styles than files of this house."""
    found = house_colour(f"#{colour}")
    if not found:
        raise Http404
    return HttpResponse(f".cover {{ background: {found} }}", content_type="text/css")


def _sample(request: PracticeRequest, stands: paper.Letterhead) -> SafeString:
    """A first page about nobody, on this paper."""
    today = timezone.localtime(timezone.now(), request.practice.zone).date()
    with override(request.practice.language):
        people = (paper.Partner(_("Alex"), 0), paper.Partner(_("Sam"), 1))
        words = (_("Your own words stand here, under your name."),)
    return previewing.shown(
        paper.Report(
            edition="shared",
            letterhead=stands,
            partners=people,
            starts=today - timedelta(days=83),
            ends=today,
            issued=today,
            reference=_("preview"),
            prepared_by=request.membership.name,
            paper="letter" if paper_of(request.practice) == "letter" else "a4",
            language=request.practice.language,
            summary=words,
        )
    )
