"""Doing an exercise: before starting, one question a page, and saving on the way."""

from __future__ import annotations

import contextlib
import json
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.access import for_consenting_clients
from exercises import doing as doings
from exercises import drafts
from exercises.answers import QuestionError, clean, words
from exercises.asking import ask
from exercises.doing import Doing
from exercises.questions import Question

#: Where the buttons of a question page lead.
NEXT, BACK, CHECK = "next", "back", "check"


def script_words() -> str:
    """Return what answer.js says, as JSON: it has no words of its own."""
    return json.dumps(
        {
            "saved": _("Saved at %s. Not sent yet.") % "%s",
            "kept": _("Kept on this phone, not sent yet."),
            "sign_in": _("Sign in again to go on"),
            "over": _("This is no longer open. What you typed stays on this page."),
            "changed": _("This was changed somewhere else in the meantime"),
            "changed_here": _("Here it says:"),
            "changed_there": _("In the other place it says:"),
            "left_out": _("Nothing: it was left out."),
            "take_mine": _("Keep this one"),
            "take_kept": _("Take the other one"),
            "room": _("Room for %s more characters"),
            "over_room": _("%s characters too many. Please shorten it a little."),
            "sending_again": _("No connection. Trying again; nothing is lost."),
            "not_sent": _("It could not be sent. Everything is kept: press again when you have a connection."),
        }
    )


def over(request: HttpRequest, doing: Doing) -> HttpResponse | None:
    """Return where to go when there is nothing to answer any more, else None."""
    if doing.sent is not None:
        return redirect("do_sent", doing.occurrence.pk)
    if doing.assignment.is_joint and doing.joint_part_sent and not doing.questions:
        return redirect("portal_opened", doing.occurrence.pk)  # answered for all, and no part of one's own
    if not doing.can_answer:
        return render(request, "exercises/portal/over.html", {"doing": doing, "lines": _words_kept(doing)})
    return None


def _words_kept(doing: Doing) -> list[doings.Line]:
    every = doing.lines(tuple(range(1, len(doing.questions) + 1)))
    return [line for line in every if not line.left_out]


def base_version(request: HttpRequest) -> int:
    """Return the count of the draft that this page was made from; nonsense counts as the very first."""
    given = request.POST.get("base_version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


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
        "content": doing.edition.content,
        "kicker": doing.kicker,
        "why": doing.assignment.why,
        "from_whom": _from_whom(doing),
        "cautions": doings.cautions(doing),
        "reached": min(doing.reached(), len(doing.questions)),
        "started": bool(doing.kept.version),
    }
    return render(request, "exercises/portal/intro.html", context)


def _from_whom(doing: Doing) -> str:
    """'Dr Karlsen, for you both': whose words stand above the exercise."""
    told = {"therapist": doing.circle.therapist}
    if len(doing.assignment.audience) < 2:
        return told["therapist"]
    return (_("%(therapist)s, for you both") if doing.circle.of_two else _("%(therapist)s, for all of you")) % told


@require_http_methods(["GET", "HEAD", "POST"])
@for_consenting_clients
def question(request: Any, occurrence_id: uuid.UUID, number: int) -> HttpResponse:
    """One question. Whatever was typed is kept first, and looked at afterwards."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    elsewhere = over(request, doing)
    if elsewhere is not None:
        return elsewhere
    if request.method == "POST" and _answered_for_all(doing, request.POST.get("question", "")):
        return _kept_but_sent(request, doing)
    asked = doing.question(number)
    if request.method != "POST":
        return _question_page(request, doing, number, doing.kept.raw.get(asked.key, []))
    return _answered(request, doing, number, asked)


def _answered_for_all(doing: Doing, key: str) -> bool:
    """Whether this question was sent by a partner while the page was open."""
    return key in doing.form and key not in {one.key for one in doing.questions}


def _kept_but_sent(request: Any, doing: Doing) -> HttpResponse:
    key = request.POST["question"]
    with contextlib.suppress(drafts.Conflict, QuestionError):
        drafts.save_draft(
            doing.occurrence,
            author=request.person,
            raw={key: request.POST.getlist(key)},
            base_version=base_version(request),
        )
    messages.info(request, _("The answers you give together were sent in the meantime. Here is what is left for you."))
    return _lead_on(request, reverse("do", args=[doing.occurrence.pk]))


def _answered(request: Any, doing: Doing, number: int, asked: Question) -> HttpResponse:
    raw = request.POST.getlist(asked.key)
    if request.POST.get("use") == "kept":
        # The other text was chosen: it is what stands in the draft already.
        return _question_page(request, doing, number, doing.kept.raw.get(asked.key, []))
    try:
        drafts.save_draft(
            doing.occurrence, author=request.person, raw={asked.key: raw}, base_version=base_version(request)
        )
    except drafts.Conflict as conflict:
        return _question_page(request, doing, number, raw, conflict=conflict, status=409)
    except QuestionError as error:
        return _question_page(request, doing, number, raw, error=error, status=422)
    to = request.POST.get("to", NEXT)
    if to == BACK:
        return _lead_on(request, _back_url(doing, number))
    try:
        clean(asked, raw)
    except QuestionError as error:
        doing.kept = drafts.kept(doing.occurrence, request.person)
        return _question_page(request, doing, number, raw, error=error, status=422)
    return _lead_on(request, _next_url(doing, number, len(doing.questions), to))


def _lead_on(request: Any, url: str) -> HttpResponse:
    """Redirect; a script is told the address instead, so that it can replace the entry in the history."""
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"url": url})
    return redirect(url)


def _question_page(
    request: Any,
    doing: Doing,
    number: int,
    raw: list[str],
    *,
    error: QuestionError | None = None,
    conflict: drafts.Conflict | None = None,
    status: int = 200,
) -> HttpResponse:
    asked = doing.question(number)
    to = CHECK if CHECK in (request.GET.get("to"), request.POST.get("to")) else NEXT
    kept_words = _said_in_words(asked, conflict.kept.get(asked.key, [])) if conflict else ""
    of = len(doing.questions)
    context = {
        "doing": doing,
        "asked": ask(asked, raw, error or ""),
        "said": doing.said_of(asked),
        "number": number,
        "of": of,
        "to": to,
        "version": conflict.draft.version if conflict else doing.kept.version,
        "conflict": conflict,
        "kept_words": kept_words,
        "saved_at": doing.kept.saved_at,
        "script_words": script_words(),
        "errors": [{"id": ask(asked).spot, "message": str(error)}] if error else [],
    }
    return render(request, "exercises/portal/question.html", context, status=status)


def _next_url(doing: Doing, number: int, of: int, to: str) -> str:
    if to == CHECK or number == of:
        return reverse("do_check", args=[doing.occurrence.pk])
    return reverse("do_question", args=[doing.occurrence.pk, number + 1])


def _back_url(doing: Doing, number: int) -> str:
    pk = doing.occurrence.pk
    return reverse("do", args=[pk]) if number == 1 else reverse("do_question", args=[pk, number - 1])


def _said_in_words(asked: Question, raw: list[str]) -> str:
    """A raw input as one would say it; as typed where it is no answer."""
    try:
        return words(asked, clean(asked, raw))
    except QuestionError:
        return " ".join(raw)


@require_POST
@for_consenting_clients
def save(request: Any, occurrence_id: uuid.UUID) -> JsonResponse:
    """Keep what is being typed. ``question`` names the questions that the page showed."""
    try:
        doing = doings.of(request.person, request.practice, occurrence_id)
    except Http404:
        return JsonResponse({"state": "unknown"}, status=404)
    if doing.sent is not None:
        url = reverse("do_sent", args=[doing.occurrence.pk])
        return JsonResponse({"state": "sent", "url": url}, status=410)
    if not doing.can_answer:
        return JsonResponse({"state": "over"}, status=410)
    asked = [one for one in doing.form if one.key in request.POST.getlist("question")]
    raw = {one.key: request.POST.getlist(one.key) for one in asked}
    try:
        draft = drafts.save_draft(doing.occurrence, author=request.person, raw=raw, base_version=base_version(request))
    except drafts.Conflict as conflict:
        return JsonResponse(_both_texts(conflict, asked), status=409)
    except QuestionError as error:
        return JsonResponse({"state": "too_long", "message": str(error)}, status=413)
    at = date_format(timezone.localtime(draft.saved_at), "H:i")
    return JsonResponse({"state": "saved", "version": draft.version, "at": at, "errors": _errors(asked, raw)})


def _errors(asked: list[Question], raw: dict[str, list[str]]) -> dict[str, str]:
    found = {}
    for one in asked:
        try:
            clean(one, raw[one.key])
        except QuestionError as error:
            found[one.key] = str(error)
    return found


def _both_texts(conflict: drafts.Conflict, asked: list[Question]) -> dict[str, Any]:
    return {
        "state": "changed",
        "version": conflict.draft.version,
        "questions": [
            {
                "key": one.key,
                "mine": conflict.mine[one.key],
                "kept": conflict.kept[one.key],
                "mine_words": _said_in_words(one, conflict.mine[one.key]),
                "kept_words": _said_in_words(one, conflict.kept[one.key]),
            }
            for one in asked
            if one.key in conflict.mine
        ],
    }
