"""What the builder's views share: which exercise, its manuscript, and the answer to a save."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from exercises.models import Exercise
from exercises.publishing import Finding
from exercises.writing.desk_page import DeskPage, clashes_here, desk_page, labels_of
from exercises.writing.differences import name_of, said
from exercises.writing.outline import places
from exercises.writing.parts import OUTLINE, parts_of
from exercises.writing.saving import Clash, Saved, manuscript_of
from practice.access import PracticeRequest


def own_or_404(slug: str) -> Exercise:
    """Return an exercise of the practice's own, on the shelf or not."""
    rows = Exercise.objects.exclude(practice=None).filter(slug=slug).defer("search")
    found = rows.select_related("newest", "adapted_from__exercise__newest").first()
    if found is None:
        raise Http404
    return found


def opened(request: PracticeRequest, slug: str, here: str = "") -> DeskPage:
    """Open the manuscript of an own exercise, with all that stands beside it."""
    exercise = own_or_404(slug)
    return desk_page(exercise, manuscript_of(exercise, request.membership), request.practice, here)


def base_version(data: QueryDict) -> int:
    """The count that a save was built on. What is no number is as old as can be: then both texts are kept."""
    said_ = data.get("base_version", "")
    return int(said_) if said_.isdecimal() and len(said_) < 10 else 0


def frame(
    page: DeskPage, parts: Collection[str] = (), beside: Mapping[str, list[Finding]] | None = None
) -> dict[str, Any]:
    """What every page of the builder shows."""
    return {
        "page": page,
        "exercise": page.exercise,
        "manuscript": page.manuscript,
        "content": page.content,
        "clashes": [clash_words(one, page) for one in clashes_here(page.manuscript, list(parts))],
        "beside": beside if beside is not None else {},
    }


def clash_words(clash: Clash, page: DeskPage) -> dict[str, Any]:
    """Both texts of a clash, in words."""
    labels = labels_of(page.content)
    numbers = {one.key: n for n, one in enumerate(places(parts_of(page.content)[OUTLINE]), start=1)}
    return {
        "part": clash.part,
        "name": name_of(clash.part, numbers),
        "kept": said(clash.part, clash.kept, labels),
        "late": said(clash.part, clash.mine, labels),
        "by": clash.by,
    }


def answer(
    request: PracticeRequest,
    saved: Saved,
    here: str,
    url: str,
    *,
    fields: Collection[str] = (),
    beside: Mapping[str, list[Any]] | None = None,
    editor: str = "",
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Answer a save: with the parts of the page that changed, or without scripts by the page itself.

    ``fields`` are the names of the fields on the page, whose remarks are renewed; ``editor`` is a template that
    replaces the form, when its controls are no longer the right ones.
    """
    if not request.htmx:
        if saved.clashes:
            messages.warning(
                request, _("A colleague changed this at the same time. Both texts are kept: please choose.")
            )
        else:
            messages.success(request, _("Saved."))
        return redirect(url)
    page = desk_page(saved.manuscript.exercise, saved.manuscript, request.practice, here)
    made = frame(page, [clash.part for clash in saved.clashes], beside)
    made |= {"fields": list(fields), "editor": editor, **(context or {})}
    return render(request, "exercises/desk/write/_after_save.html", made)
