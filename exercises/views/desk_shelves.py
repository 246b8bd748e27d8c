"""Shelves of the library: a star of one's own, shelves with a name, and what the practice hides."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from exercises.access import exercise_or_404
from exercises.models import Exercise, Shelf
from exercises.shelves import LONGEST_NAME, NotAShelf, favour, hide, make_shelf, put, remove_shelf, shelves_of
from practice.access import PracticeRequest, for_clinicians, read_or_send

MOST_RETIRED = 100


class ShelfForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the shelf"), max_length=LONGEST_NAME)


@read_or_send
@for_clinicians
def shelves(request: PracticeRequest) -> HttpResponse:
    """The practice's shelves: make one, take one down, see what is hidden."""
    form = ShelfForm(request.POST if request.POST.get("act") == "make" else None)
    if request.method == "POST":
        if request.POST.get("act") == "remove":
            remove_shelf(_shelf_or_404(request))
            messages.success(request, _("The shelf is gone. Its exercises stay in the library."))
            return redirect("shelves")
        if form.is_valid():
            try:
                make_shelf(form.cleaned_data["name"])
                return redirect("shelves")
            except NotAShelf as refused:
                form.add_error("name", str(refused.message))
    mine = shelves_of(request.membership)
    there = {one.pk: one for one in Exercise.objects.filter(pk__in={pk for ids in mine.on.values() for pk in ids})}
    named = [(shelf, _titled(there, mine.on.get(shelf.pk, frozenset()))) for shelf in mine.named]
    retired = list(
        Exercise.objects.exclude(practice=None).exclude(retired_at=None).order_by("title", "pk")[:MOST_RETIRED]
    )
    context = {"form": form, "named": named, "hidden": _titled(there, mine.hidden), "retired": retired}
    return render(request, "exercises/desk/shelves.html", context, status=422 if form.errors else 200)


def _titled(there: dict[uuid.UUID, Exercise], ids: frozenset[uuid.UUID]) -> list[Exercise]:
    return sorted((there[pk] for pk in ids if pk in there), key=lambda one: one.title.casefold())


def _shelf_or_404(request: PracticeRequest) -> Shelf:
    try:
        pk = uuid.UUID(request.POST.get("shelf", ""))
    except ValueError:
        raise Http404 from None
    found = Shelf.objects.filter(pk=pk, kind=Shelf.Kind.NAMED, membership=None).first()
    if found is None:
        raise Http404
    return found


@require_POST
@for_clinicians
def place(request: PracticeRequest, slug: str) -> HttpResponse:
    """Put one exercise somewhere, or take it away: ``act`` says where, ``on`` which of the two."""
    exercise, on = exercise_or_404(slug), request.POST.get("on") == "1"
    match request.POST.get("act"):
        case "favour":
            favour(exercise, request.membership, on)
            said = _("Among your favourites.") if on else _("No longer among your favourites.")
        case "hide":
            hide(exercise, on)
            said = _("Kept out of the practice's library.") if on else _("Shown in the library again.")
        case "put":
            shelf = _shelf_or_404(request)
            put(exercise, shelf, on)
            said = (_("On the shelf “%(name)s”.") if on else _("Taken off the shelf “%(name)s”.")) % {
                "name": shelf.name
            }
        case _other:
            raise Http404
    messages.success(request, said)
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/desk/library/")
    return redirect(back if safe else exercise.get_absolute_url())
