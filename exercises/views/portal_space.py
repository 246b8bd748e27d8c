"""Your own space: a journal that is one's own, page by page."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clients.access import for_consenting_clients
from clients.models import Client, Partner
from exercises import attachments, journal, wording
from exercises.lane_words import Circle, circles, said
from exercises.models import JournalEntry
from exercises.views.portal import own_couples
from exercises.vocabulary import Lane
from practice import leaving
from practice.access import read_or_send
from practice.ids import uuid7
from practice.models import Practice
from practice.sensors import with_microphone
from practice.times import local_time

ON_A_PAGE = 20
# Whoever leaves in the middle of a sentence finds it on its page.
for _name in ("portal_space_new", "portal_space_entry"):
    leaving.register_keeper(_name)


class PageForm(forms.Form):
    """One page of the journal, and the count that the browser read it at."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    base_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    text = forms.CharField(
        label=gettext_lazy("What is on your mind"),
        widget=forms.Textarea(attrs={"rows": 12, "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("There is nothing on this page yet.")},
    )

    def clean_text(self) -> str:
        try:
            text = wording.tidy(self.cleaned_data["text"], lines=True)
        except wording.UnkeepableText as refusal:
            raise forms.ValidationError(refusal.message) from refusal  # type: ignore[arg-type]
        if len(text) > journal.LIMIT:
            raise forms.ValidationError(
                _("There is room for %(n)s characters on a page. You can go on on another one.") % {"n": journal.LIMIT}
            )
        return text


@require_safe
@for_consenting_clients
def space(request: Any) -> HttpResponse:
    """All pages, the newest first."""
    pages = Paginator(journal.of(request.person), ON_A_PAGE).get_page(request.GET.get("page"))
    circle = circle_of(request.person, request.practice)
    shared = list(journal.shared_with(request.person, own_couples())[:ON_A_PAGE])
    return render(
        request,
        "exercises/portal/space.html",
        {
            "page_obj": pages,
            "pages": [(page, said(page.lane, circle)) for page in pages],
            "circle": circle,
            "in_care": bool(own_couples()),
            "shared": shared,
        },
    )


@read_or_send
@for_consenting_clients
def new(request: Any) -> HttpResponse:
    """A blank page. It carries its own key, so that saving it twice writes it once."""
    couple_of()  # a page belongs to a time of care
    if request.method != "POST":
        return _page(request, None, PageForm(initial={"key": uuid7(), "base_version": 0}))
    form = PageForm(request.POST)
    if not form.is_valid() or form.cleaned_data["key"] is None:
        return _refused(request, None, form)
    entry = _begin(request, form.cleaned_data["key"], form.cleaned_data["text"])
    return _kept(request, entry)


def _begin(request: Any, key: uuid.UUID, text: str) -> JournalEntry:
    there = journal.of(request.person).filter(pk=key).first()
    if there is not None:
        return journal.write(there, text, base_version=there.version) if there.lane == Lane.OWN else there
    couple = couple_of()
    try:
        with transaction.atomic():
            return journal.begin(request.person, couple, text, key)
    except IntegrityError as error:
        raise Http404 from error


@read_or_send
@for_consenting_clients
@with_microphone
def entry(request: Any, entry_id: uuid.UUID) -> HttpResponse:
    """One page: written on while it is one's own, read when it was handed over."""
    page = own_or_404(request.person, entry_id)
    if request.method != "POST":
        start = {"text": page.text, "base_version": page.version}
        return _page(request, page, PageForm(initial=start) if page.lane == Lane.OWN else None)
    form = PageForm(request.POST)
    if not form.is_valid():
        return _refused(request, page, form)
    try:
        page = journal.write(page, form.cleaned_data["text"], base_version=form.cleaned_data["base_version"] or 0)
    except journal.Changed as changed:
        return _changed(request, changed.entry, form)
    except journal.Released:
        return _refused(request, page, form, _("You handed this page over, so it is not written on any more."))
    return _kept(request, page)


def _kept(request: Any, page: JournalEntry) -> HttpResponse:
    url = reverse("portal_space_entry", args=[page.pk])
    if request.headers.get("Accept") == "application/json":
        at = local_time(page.changed_at)
        return JsonResponse({"state": "saved", "version": page.version, "at": at, "url": url})
    messages.success(request, _("Saved. Only you can read it."))
    return redirect(url)


def _refused(request: Any, page: JournalEntry | None, form: PageForm, message: str = "") -> HttpResponse:
    if message:
        form.add_error(None, message)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse(
            {"state": "refused", "message": " ".join(str(e) for v in form.errors.values() for e in v)}, status=422
        )
    return _page(request, page, form, status=422)


def _changed(request: Any, there: JournalEntry, form: PageForm) -> HttpResponse:
    """Both texts: what was typed here, and what stands there by now."""
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"state": "changed", "version": there.version, "there": there.text}, status=409)
    mine = form.cleaned_data["text"]
    again = PageForm(initial={"text": mine, "base_version": there.version})
    return _page(request, there, again, status=409, theirs=there.text)


def _page(
    request: Any, page: JournalEntry | None, form: PageForm | None, status: int = 200, theirs: str = ""
) -> HttpResponse:
    circle = circle_of(request.person, request.practice)
    releases = [said(lane, circle) for lane in releases_of(request.person, request.practice, page)]
    place = f"{request.person.pk}.space.{page.pk if page else 'new'}"
    return render(
        request,
        "exercises/portal/space_page.html",
        {
            "page": page,
            "form": form,
            "theirs": theirs,
            "own": said(Lane.OWN, circle),
            "handed": said(page.lane, circle) if page and page.lane != Lane.OWN else None,
            "releases": releases if page and page.lane == Lane.OWN else [],
            "files": list(attachments.of_journal_entry(page)) if page else [],
            "room": attachments.AT_MOST,
            "local_key": salted_hmac("exercises.kept", place).hexdigest()[:16],
            "script_words": _script_words(),
        },
        status=status,
    )


def _script_words() -> str:
    return json.dumps(
        {
            "saved": _("Saved at %s. Only you can read it.") % "%s",
            "kept": _("Kept on this phone, not saved yet."),
            "changed": _("This page was changed somewhere else. Save it to see both texts."),
            "sign_in": _("Please sign in again. What you typed is kept on this phone."),
        }
    )


@require_POST
@for_consenting_clients
def release(request: Any, entry_id: uuid.UUID) -> HttpResponse:
    """Hand a page over, to those the button named."""
    page = own_or_404(request.person, entry_id)
    lane = request.POST.get("lane", "")
    if lane not in releases_of(request.person, request.practice, page):
        raise Http404
    journal.release(page, lane, partners_of(page))
    messages.success(request, _("Handed over. You can take it back until somebody has read it."))
    return redirect("portal_space_entry", page.pk)


@require_POST
@for_consenting_clients
def take_back(request: Any, entry_id: uuid.UUID) -> HttpResponse:
    """Make it one's own again, as long as nobody has read it."""
    page = own_or_404(request.person, entry_id)
    if journal.take_back(page):
        messages.success(request, _("It is only yours again."))
    else:
        messages.info(request, _("Somebody has read this page in the meantime, so it stays where it is."))
    return redirect("portal_space_entry", page.pk)


@read_or_send
@for_consenting_clients
def tear_out(request: Any, entry_id: uuid.UUID) -> HttpResponse:
    """Delete a page for good, after one look."""
    page = own_or_404(request.person, entry_id)
    if request.method != "POST":
        return render(request, "exercises/portal/space_tear_out.html", {"page": page})
    if journal.tear_out(page):
        messages.success(request, _("The page is gone."))
        return redirect("portal_space")
    messages.info(request, _("Somebody has read this page, so it stays in your record."))
    return redirect("portal_space_entry", page.pk)


@read_or_send
@for_consenting_clients
def shared(request: Any, entry_id: uuid.UUID) -> HttpResponse:
    """A page that another partner handed over. It is opened by a button: from then on it can't be taken back."""
    page = journal.shared_with(request.person, own_couples()).filter(pk=entry_id).first()
    if page is None:
        raise Http404
    if request.method == "POST":
        journal.mark_read(page)
        return redirect("portal_space_shared", page.pk)
    position = Partner.objects.filter(couple=page.couple_id, client=page.author_id).values_list("position", flat=True)
    return render(
        request,
        "exercises/portal/space_shared.html",
        {"page": page, "position": position[0], "files": list(attachments.of_journal_entry(page))},
    )


def releases_of(person: Client, practice: Practice, page: JournalEntry | None) -> list[str]:
    """To whom a page may be handed: not without care together, and to the therapist alone only where that exists."""
    couples = own_couples()
    if not couples or (page is not None and page.couple_id not in couples):
        return []
    lanes = [lane for lane in journal.RELEASES if lane != Lane.SHARED or circle_of(person, practice).others]
    no_secrets = practice.secrets_policy == Practice.Secrets.NO_SECRETS
    return [lane for lane in lanes if lane != Lane.PRIVATE or not no_secrets]


def own_or_404(person: Client, entry_id: uuid.UUID) -> JournalEntry:
    """Return a page that somebody wrote."""
    found = journal.of(person).filter(pk=entry_id).first()
    if found is None:
        raise Http404
    return found


def couple_of() -> uuid.UUID:
    """Return the couple that a new page belongs to: a page belongs to a time of care."""
    couples = own_couples()
    if not couples:
        raise Http404
    return couples[0]


def circle_of(person: Client, practice: Practice) -> Circle:
    """Whom a page may be handed to: nobody, for those who are not in care any more. Their pages stay theirs."""
    couples = own_couples()[:1]
    around = circles(person, practice, couples)
    return around[couples[0]] if couples else Circle(person.name, (), ())


def partners_of(page: JournalEntry) -> list[uuid.UUID]:
    """Return the people to whom handing a page to all hands it."""
    there = Partner.objects.filter(couple=page.couple_id, left_at=None)
    return list(there.values_list("client_id", flat=True))
