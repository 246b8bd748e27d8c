"""From manuscript to edition: the gate, the editions and where they are used, languages, news of the original."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from exercises.models import Assignment, Edition
from exercises.translations import MOST_LANGUAGES, language_name, languages, missing, texts
from exercises.views.writing import answer, base_version, frame, opened, own_or_404
from exercises.writing.adapting import decline, offer, take
from exercises.writing.differences import changes
from exercises.writing.editions import publish, restore, retire
from exercises.writing.gate import text_id
from exercises.writing.parts import parts_of, words_part
from exercises.writing.saving import Refused, change, save
from practice.access import PracticeRequest, for_clinicians, read_or_send

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")
#: Languages to choose from; any other can be named by its tag.
OFFERED = (
    "ar",
    "de",
    "en",
    "es",
    "fa",
    "fr",
    "he",
    "hi",
    "it",
    "nl",
    "pl",
    "pt",
    "ro",
    "ru",
    "sv",
    "tr",
    "uk",
    "zh-hans",
)
_LONG = (".body", ".help", "summary")


@read_or_send
@for_clinicians
def check(request: PracticeRequest, slug: str) -> HttpResponse:
    """The gate: everything to look at before publishing, each with its spot; and the button."""
    page = opened(request, slug, "check")
    if request.method == "POST":
        try:
            edition = publish(page.manuscript, page.gate.findings, version=base_version(request.POST))
        except Refused as refused:
            messages.error(request, str(refused.message))
            return render(request, "exercises/desk/write/check.html", _check_page(page), status=422)
        messages.success(
            request, _("Edition %(n)s is published. What was given before stays as it was.") % {"n": edition.number}
        )
        return redirect("exercise", slug)
    return render(request, "exercises/desk/write/check.html", _check_page(page))


def _check_page(page: Any) -> dict[str, Any]:
    newest = page.exercise.newest
    return {**frame(page), "changes": changes(newest.content, page.content) if newest else []}


@require_safe
@for_clinicians
def editions(request: PracticeRequest, slug: str) -> HttpResponse:
    """Every edition with what changed in it, and where it is in use among the couples one sees."""
    exercise = own_or_404(slug)
    rows = list(Edition.objects.filter(exercise=exercise).order_by("-number"))
    used = _uses(rows)
    shown = [
        {
            "edition": one,
            "changes": changes(before.content, one.content) if before else None,
            "couples": used.get(one.pk, []),
        }
        for one, before in zip(rows, [*rows[1:], None], strict=True)
    ]
    context = {"exercise": exercise, "editions": shown, "apart": _apart(request, rows)}
    return render(request, "exercises/desk/write/editions.html", context)


def _uses(rows: list[Edition]) -> dict[uuid.UUID, list[Any]]:
    """The couples that are given each edition now: those of the asker's caseload, by the wall."""
    found: dict[uuid.UUID, list[Any]] = {}
    running = Assignment.objects.running().filter(edition__in=rows).select_related("couple")
    for one in running.prefetch_related("couple__partners__client").order_by("given_at"):
        couples = found.setdefault(one.edition_id, [])
        if one.couple not in couples:
            couples.append(one.couple)
    return found


def _apart(request: PracticeRequest, rows: list[Edition]) -> dict[str, Any] | None:
    """Two editions side by side, as asked for in the address."""
    by_number = {str(one.number): one for one in rows}
    old, new = by_number.get(request.GET.get("from", "")), by_number.get(request.GET.get("to", ""))
    if old is None or new is None or old == new:
        return None
    return {"old": old, "new": new, "changes": changes(old.content, new.content)}


@require_POST
@for_clinicians
def shelve(request: PracticeRequest, slug: str) -> HttpResponse:
    """Take an own exercise off the shelf, or put it back."""
    exercise = own_or_404(slug)
    if request.POST.get("act") == "restore":
        restore(exercise)
        messages.success(request, _("It is on the shelf again."))
        return redirect("exercise" if exercise.newest else "write", slug)
    retire(exercise)
    messages.success(request, _("It is off the shelf. What was given goes on, and you can put it back from here."))
    return redirect("shelves")


# ── languages ────────────────────────────────────────────────────────────────


class LanguageForm(forms.Form):
    """One more language."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    tag = forms.CharField(
        label=gettext_lazy("Another one, by its tag"),
        max_length=12,
        required=False,
        help_text=gettext_lazy("Such as “pt-BR” or “ti”."),
    )

    def __init__(self, data: Any, *, there: tuple[str, ...]) -> None:
        self.there = there
        super().__init__(data)
        choices = [(one, language_name(one)) for one in OFFERED if one not in there]
        self.fields["language"].choices = [("", "–"), *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = (cleaned.get("tag") or cleaned.get("language") or "").strip()
        if not _LANGUAGE.fullmatch(chosen):
            self.add_error("tag" if cleaned.get("tag") else "language", _("Please choose a language."))
        elif chosen in self.there:
            self.add_error("language", _("This language is there already."))
        elif len(self.there) > MOST_LANGUAGES:
            self.add_error("language", _("There is room for %(n)s languages.") % {"n": MOST_LANGUAGES})
        cleaned["chosen"] = chosen
        return cleaned


@read_or_send
@for_clinicians
def translations(request: PracticeRequest, slug: str) -> HttpResponse:
    """The languages there are, what each lacks, and one more."""
    page = opened(request, slug, "languages")
    form = LanguageForm(request.POST if request.method == "POST" else None, there=languages(page.content))
    if form.is_valid():
        chosen = form.cleaned_data["chosen"]
        try:
            change(page.manuscript, {words_part(chosen): {}}, by=request.membership)
        except Refused as refused:
            messages.error(request, str(refused.message))
            return redirect("write_languages", slug)
        return redirect("write_language", slug, chosen)
    total = len(texts(page.content))
    there = [
        {"tag": one, "name": language_name(one), "missing": len(missing(page.content, one)), "total": total}
        for one in languages(page.content)[1:]
    ]
    context = {**frame(page), "form": form, "there": there, "source": language_name(languages(page.content)[0])}
    return render(request, "exercises/desk/write/languages.html", context, status=422 if form.errors else 200)


@read_or_send
@for_clinicians
def translation(request: PracticeRequest, slug: str, language: str) -> HttpResponse:
    """One language, every text beside its source."""
    page = opened(request, slug, "languages")
    part = words_part(language)
    if language not in languages(page.content)[1:]:
        return redirect("write_languages", slug)
    words = parts_of(page.content)[part]
    if request.method == "POST":
        said = None if request.POST.get("act") == "remove" else _words_sent(request, page.content, words)
        try:
            saved = save(page.manuscript, {part: said}, base_version=base_version(request.POST), by=request.membership)
        except Refused as refused:
            messages.error(request, str(refused.message))
            return redirect("write_language", slug, language)
        if said is None:
            messages.success(request, _("The language was taken out. “Undo” puts it back."))
            return redirect("write_languages", slug)
        return answer(request, saved, "languages", reverse("write_language", args=[slug, language]))
    lines = [
        {
            "text": one,
            "id": text_id(one.path),
            "words": words.get(one.path, ""),
            "long": one.path.endswith(_LONG) or len(one.source) > 90,
        }
        for one in texts(page.content)
    ]
    context = {
        **frame(page, [part]),
        "lines": lines,
        "language": language,
        "name": language_name(language),
        "source": language_name(languages(page.content)[0]),
        "missing": sum(not line["words"] for line in lines),
    }
    return render(request, "exercises/desk/write/language.html", context)


def _words_sent(request: PracticeRequest, content: Any, words: dict[str, str]) -> dict[str, str]:
    """The words as sent; texts that were not on the page keep theirs."""
    made = dict(words)
    for one in texts(content):
        sent = request.POST.get(one.path)
        if sent is not None:
            made[one.path] = sent.replace("\x00", "").replace("\r\n", "\n").strip()[:10_000]
    return {path: text for path, text in made.items() if text}


# ── news of the original ─────────────────────────────────────────────────────


@read_or_send
@for_clinicians
def updates(request: PracticeRequest, slug: str) -> HttpResponse:
    """What the original changed since this was adapted from it: take parts of it, or keep everything as it is."""
    page = opened(request, slug, "updates")
    found = offer(page.exercise, page.manuscript)
    if request.method == "POST" and found is not None:
        if request.POST.get("act") == "decline":
            decline(page.exercise, found.edition)
            messages.success(
                request, _("Everything stays as it is. You are asked again when the original changes next.")
            )
            return redirect("exercise" if page.exercise.newest else "write", slug)
        if str(found.edition.pk) == request.POST.get("edition"):
            try:
                take(page.exercise, page.manuscript, found, request.POST.getlist("take"), request.membership)
            except Refused as refused:
                messages.error(request, str(refused.message))
                return redirect("write_updates", slug)
            messages.success(request, _("Taken over into your draft. Nothing is published yet."))
            return redirect("write_check", slug)
    return render(request, "exercises/desk/write/updates.html", {**frame(page), "offer": found})
