"""Doing an exercise: before starting, and one page of questions after the other."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clients.access import for_consenting_clients
from exercises import attachments, drafts, looking_over
from exercises import doing as doings
from exercises.answers import QuestionError, clean_form
from exercises.asking import spot_of
from exercises.doing import Doing, Standing
from exercises.screens import Screen, first_answer_key, keys_inside
from exercises.tailoring import tailored
from exercises.views.portal_save import base_version, in_words, script_words
from practice.access import read_or_send

#: Where the buttons of a page lead.
NEXT, BACK, CHECK, STOP = "next", "back", "check", "stop"

Raw = Mapping[str, Sequence[str]]


def over(request: HttpRequest, doing: Doing) -> HttpResponse | None:
    """Return where to go when there is nothing to answer any more, else None."""
    match doing.stands:
        case Standing.SENT:
            return redirect("do_sent", doing.occurrence.pk)
        case Standing.ANSWERED_TOGETHER:
            return redirect("portal_opened", doing.occurrence.pk)
        case Standing.OVER:
            lines = [line for line in looking_over.lines(doing) if line.raw]
            return render(request, "exercises/portal/over.html", {"doing": doing, "lines": lines})
        case Standing.WAITS:
            return render(request, "exercises/portal/waits.html", {"doing": doing})
    return None


@require_safe
@for_consenting_clients
def intro(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """What it is, why, how it goes and who will read it."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    elsewhere = over(request, doing)
    if elsewhere is not None:
        return elsewhere
    context = {
        "doing": doing,
        "content": tailored(doing.edition.content, doing.assignment.tailoring),
        "kicker": doing.kicker,
        "why": doing.assignment.why,
        "from_whom": _from_whom(doing),
        "cautions": doings.cautions(doing),
        "go_on_at": doing.go_on_at(),
        "started": bool(doing.kept.version),
        "files": list(attachments.of_assignment(doing.assignment)),
    }
    return render(request, "exercises/portal/intro.html", context)


def _from_whom(doing: Doing) -> str:
    """'Dr Karlsen, for you both': whose words stand above the exercise."""
    told = {"therapist": doing.circle.therapist}
    if len(doing.assignment.audience) < 2:
        return told["therapist"]
    return (_("%(therapist)s, for you both") if doing.circle.of_two else _("%(therapist)s, for all of you")) % told


@read_or_send
@for_consenting_clients
def question(request: Any, occurrence_id: uuid.UUID, number: int) -> HttpResponse:
    """One page of questions. Whatever was typed is kept first, and looked at afterwards."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    elsewhere = over(request, doing)
    if elsewhere is not None:
        return elsewhere
    if request.method == "POST" and _answered_for_all(doing, request.POST.get("question", "")):
        return _kept_but_sent(request, doing)
    page = doing.page(number)
    if request.method == "POST":
        return _answered(request, doing, number)
    if not doing.is_shown(page):
        # What was answered elsewhere has made this page one that is not asked.
        return redirect(_url_of(doing, doing.after(number)))
    return _page(request, doing, number)


def _answered_for_all(doing: Doing, key: str) -> bool:
    """Whether this question was sent by a partner while the page was open."""
    return key in doing.form and key.partition("~")[0].partition(".")[0] not in {one.key for one in doing.questions}


def _kept_but_sent(request: Any, doing: Doing) -> HttpResponse:
    keys = [key for key in request.POST.getlist("question") if key in doing.form]
    with contextlib.suppress(drafts.Conflict, QuestionError):
        drafts.save_draft(
            doing.occurrence,
            author=request.person,
            raw={key: request.POST.getlist(key) for key in keys},
            base_version=base_version(request),
        )
    messages.info(request, _("The answers you give together were sent in the meantime. Here is what is left for you."))
    return _lead_on(request, reverse("do", args=[doing.occurrence.pk]))


def _answered(request: Any, doing: Doing, number: int) -> HttpResponse:
    if request.POST.get("use") == "kept":
        # The other text was chosen: it is what stands in the draft already.
        return _page(request, doing, number)
    raw = _posted(request, doing, number)
    was_asked, was_helped = doing.shown.keys, _is_helped(doing, number)
    try:
        drafts.save_draft(
            doing.occurrence,
            author=request.person,
            raw={**_one_more(request, doing), **_touched(request, raw)},
            base_version=base_version(request),
            gone=_one_less(request, doing),
        )
    except drafts.Conflict as conflict:
        return _page(request, doing, number, raw, conflict=conflict, status=409)
    except QuestionError as error:
        return _page(request, doing, number, raw, errors={next(iter(raw), ""): error}, status=422)
    now = doings.of(request.person, request.practice, doing.occurrence.pk)
    if not was_helped and request.POST.get("to", NEXT) in (NEXT, CHECK) and _is_helped(now, number):
        return _lead_on(request, f"{_url_of(now, number)}#support")  # before they go on, once
    return _look(request, now, number, was_asked)


def _is_helped(doing: Doing, number: int) -> bool:
    """Whether help stands beside the questions of this page at once, as they are answered."""
    support = doing.support(number)
    return support is not None and support.now


def _posted(request: Any, doing: Doing, number: int) -> dict[str, list[str]]:
    """Return what the page sent, by answer key. A page says which questions it showed."""
    there = doing.screen(number).names
    shown = [key for key in request.POST.getlist("question") if key in doing.form] or there
    return {key: [part for part in request.POST.getlist(key) if part] for key in shown}


def _touched(request: Any, raw: dict[str, list[str]]) -> dict[str, list[str]]:
    """Without what stands as it stood when the page was made: another tab may have changed it since."""
    marks = dict(zip(request.POST.getlist("question"), request.POST.getlist("was"), strict=False))
    return {key: parts for key, parts in raw.items() if marks.get(key) != drafts.mark_of(parts)}


def _one_more(request: Any, doing: Doing) -> dict[str, list[str]]:
    """Begin one more instance, and keep those that stand beside it with nothing in them yet."""
    form, kept, key = doing.form, doing.kept.raw, request.POST.get("add", "")
    if "~" not in key or key not in form:
        return {}
    new = form[key]
    same = [one for one in form.instances(kept) if (one.base, one.numbers[:-1]) == (new.base, new.numbers[:-1])]
    empty = [one.key for one in [*same, new] if not keys_inside(form, one.key, kept)]
    return {first_answer_key(form, one): [""] for one in empty}


def _one_less(request: Any, doing: Doing) -> list[str]:
    key = request.POST.get("remove", "")
    return keys_inside(doing.form, key, doing.kept.raw) if "~" in key and key in doing.form else []


def _look(request: Any, doing: Doing, number: int, was_asked: frozenset[str]) -> HttpResponse:
    """Everything is kept; go where the button leads, unless something on the page needs another look."""
    to, pk = request.POST.get("to", NEXT), doing.occurrence.pk
    if to == STOP:
        messages.info(request, _("Saved, and not sent. You find it here on Today and can carry on whenever you like."))
        return _lead_on(request, reverse("portal_today"))
    if to == BACK:
        before = doing.before(number)
        return _lead_on(request, reverse("do", args=[pk]) if before is None else _url_of(doing, before))
    if request.POST.get("add") or request.POST.get("remove"):
        return _lead_on(request, f"{_url_of(doing, number)}#{_spot(request, doing)}")
    bases = doing.page(number).bases
    on_page = {key for key in doing.shown.keys if key.partition("~")[0].partition(".")[0] in bases}
    errors = clean_form(doing.form, doing.kept.raw, keys=on_page, sending=True, known=doing.known)[1]
    if errors:
        return _page(request, doing, number, errors=errors, status=422)
    if on_page - was_asked and not any(doing.kept.raw.get(key) for key in on_page - was_asked):
        messages.info(request, _("One more thing has come up from your answers."))
        return _lead_on(request, f"{_url_of(doing, number)}#{spot_of(min(on_page - was_asked))}")
    return _lead_on(request, _url_of(doing, None if to == CHECK else doing.after(number)))


def _spot(request: Any, doing: Doing) -> str:
    key = request.POST.get("add")
    return spot_of(first_answer_key(doing.form, key)) if key and key in doing.form else "main"


def _url_of(doing: Doing, number: int | None) -> str:
    """The address of a page; without one, of the page for looking over it."""
    pk = doing.occurrence.pk
    return reverse("do_check", args=[pk]) if number is None else reverse("do_question", args=[pk, number])


def _lead_on(request: Any, url: str) -> HttpResponse:
    """Redirect; a script is told the address instead, so that it can replace the entry in the history."""
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"url": url})
    return redirect(url)


def _page(
    request: Any,
    doing: Doing,
    number: int,
    raw: Raw | None = None,
    *,
    errors: Mapping[str, QuestionError] | None = None,
    conflict: drafts.Conflict | None = None,
    status: int = 200,
) -> HttpResponse:
    screen = doing.screen(number, raw, errors)
    if screen.page is None:
        raise Http404
    kept = doing.kept.raw
    to = CHECK if CHECK in (request.GET.get("to"), request.POST.get("to")) else NEXT
    context = {
        "doing": doing,
        "screen": screen,
        "fields": [(name, drafts.mark_of(kept.get(name, ()))) for name in screen.names],
        "progress": doing.progress(number),
        "support": doing.support(number),
        "number": number,
        "to": to,
        "version": conflict.draft.version if conflict else doing.kept.version,
        "elsewhere": _elsewhere(doing, conflict),
        "saved_at": doing.kept.saved_at,
        "script_words": script_words(),
        "errors": _error_list(screen, errors or {}),
    }
    return render(request, "exercises/portal/question.html", context, status=status)


def _error_list(screen: Screen, errors: Mapping[str, QuestionError]) -> list[dict[str, str]]:
    """What needs another look, in the order of the page; with the question's name where there are several."""
    return [
        {
            "id": spot_of(name),
            "message": str(errors[name]) if screen.alone else f"{screen.labels[name]}: {errors[name]}",
        }
        for name in screen.names
        if name in errors
    ]


def _elsewhere(doing: Doing, conflict: drafts.Conflict | None) -> list[dict[str, str]]:
    """What the other place says, question by question."""
    if conflict is None:
        return []
    return [
        {"label": doing.form[key].label, "words": in_words(doing.form[key], parts)}
        for key, parts in conflict.kept.items()
    ]
