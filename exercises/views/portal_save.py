"""Saving while somebody types, and what the page's script says about it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clients.access import for_consenting_clients
from exercises import doing as doings
from exercises import drafts
from exercises.answers import OTHER, QuestionError, clean, words
from exercises.asking import MARKS
from exercises.doing import Doing
from exercises.questions import Question
from practice import leaving
from practice.times import local_time

#: So many answers at once; a page has fewer.
MOST = 500

leaving.register_keeper("do_save")


def script_words() -> str:
    """Return what answer.js says, as JSON: it has no words of its own."""
    return _script_words(get_language())


@cache
def _script_words(language: str) -> str:
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
            "more": _("Another question has come up below."),
            "fewer": _("A question that is not needed any more was taken away. What you typed there is kept."),
        }
    )


def base_version(request: HttpRequest) -> int:
    """Return the count of the draft that this page was made from; nonsense counts as the very first."""
    given = request.POST.get("base_version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


def in_words(question: Question, raw: Sequence[str]) -> str:
    """A raw input as one would say it; as typed where it is no answer."""
    try:
        return words(question, clean(question, raw))
    except QuestionError:
        return " ".join(part for part in raw if part not in MARKS) or (_("Something else") if OTHER in raw else "")


@require_POST
@for_consenting_clients
def save(request: Any, occurrence_id: uuid.UUID) -> JsonResponse:
    """Keep what is being typed. ``question`` names the answers that are sent along."""
    try:
        doing = doings.of(request.person, request.practice, occurrence_id)
    except Http404:
        return JsonResponse({"state": "unknown"}, status=404)
    if doing.sent is not None and not doing.is_amending:
        url = reverse("do_sent", args=[doing.occurrence.pk])
        return JsonResponse({"state": "sent", "url": url}, status=410)
    if doing.sent is None and not doing.can_answer:
        return JsonResponse({"state": "over"}, status=410)
    keys = [key for key in dict.fromkeys(request.POST.getlist("question")[:MOST]) if key in doing.form]
    raw = {key: request.POST.getlist(key) for key in keys}
    try:
        draft = drafts.save_draft(doing.occurrence, author=request.person, raw=raw, base_version=base_version(request))
    except drafts.Conflict as conflict:
        return JsonResponse(_both_texts(doing, conflict), status=409)
    except QuestionError as error:
        return JsonResponse({"state": "too_long", "message": str(error)}, status=413)
    at = local_time(draft.saved_at)
    told = {"state": "saved", "version": draft.version, "at": at, "errors": _errors(doing, raw)}
    return JsonResponse({**told, **_shown(doing.with_draft(draft), keys)})


def _shown(now: Doing, keys: Sequence[str]) -> dict[str, Any]:
    """Which items are asked now that this is saved, and whether help is shown: the server decides, the page follows."""
    told: dict[str, Any] = {"shown": [one.key for one in now.shown.items]} if now.branches else {}
    helps = bool(keys) and now.asks_about_safety
    found = now.support(now.page_of(now.form[keys[0]])) if helps else None
    return told | ({"help": found.now} if found is not None and found.possible else {})


def _errors(doing: Doing, raw: dict[str, list[str]]) -> dict[str, str]:
    found = {}
    for key, parts in raw.items():
        try:
            clean(doing.form[key], parts)
        except QuestionError as error:
            found[key] = str(error)
    return found


def _both_texts(doing: Doing, conflict: drafts.Conflict) -> dict[str, Any]:
    return {
        "state": "changed",
        "version": conflict.draft.version,
        "questions": [
            {
                "key": key,
                "mine": conflict.mine[key],
                "kept": conflict.kept[key],
                "mine_words": in_words(doing.form[key], conflict.mine[key]),
                "kept_words": in_words(doing.form[key], conflict.kept[key]),
            }
            for key in conflict.mine
        ],
    }
