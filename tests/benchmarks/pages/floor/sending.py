"""Saving and sending, by hand."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone

from practice.ids import uuid7
from tests.benchmarks.pages.floor.rows import client, row

SAVE = """
    INSERT INTO floor.draft AS had (id, practice_id, occurrence_id, author_id, answers, version, saved_at)
    SELECT %s, practice_id, id, %s, %s, 1, now() FROM floor.occurrence
     WHERE id = %s AND client_id = %s AND state = 'open' AND closes_at > now()
        ON CONFLICT (practice_id, occurrence_id, author_id) DO UPDATE
       SET answers = had.answers || excluded.answers, version = had.version + 1, saved_at = now()
    RETURNING version, saved_at
"""
ASKED = """
    SELECT o.id, o.couple_id, a.edition_id, a.lane, a.audience, e.content->'questions' AS questions
      FROM floor.occurrence o
      JOIN exercises_assignment a ON a.id = o.assignment_id
      JOIN exercises_edition e ON e.id = a.edition_id
     WHERE o.id = %s AND o.client_id = %s AND o.state = 'open' AND o.closes_at > now() FOR UPDATE OF o
"""
RESPONSE = """
    INSERT INTO floor.response (id, practice_id, couple_id, occurrence_id, author_id, edition_id, lane, readers,
                                opens_at, revision, submitted_at, author_keeps)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 1, %s, true)
"""
ANSWER = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, false, true)"
ANSWERS = """
    INSERT INTO floor.answer (id, practice_id, couple_id, response_id, author_id, lane, readers, opens_at, key,
                              number, choices, text, declined, author_keeps)
    VALUES """
SCORE = "(%s, %s, %s, %s, %s, %s, %s, false, 'answer@1', %s, %s, %s, %s)"
SCORES = """
    INSERT INTO floor.score (id, practice_id, couple_id, client_id, response_id, series, questions, scored, rule,
                             value, at, lane, readers)
    VALUES """
DONE = "UPDATE floor.occurrence SET state = 'done', done_at = %s WHERE id = %s"
CALLED_OFF = """
    UPDATE floor.message SET state = 'cancelled', reason = 'done', finished_at = %s
     WHERE practice_id = %s AND about_id = %s AND state = 'planned'
"""
AROUND = """
    SELECT (SELECT c.name FROM clients_partner p JOIN clients_client c ON c.id = p.client_id
             WHERE p.couple_id = %(couple)s AND p.client_id <> %(me)s LIMIT 1) AS other,
           (SELECT m.name FROM clients_caseloadentry s JOIN practice_membership m ON m.id = s.membership_id
             WHERE s.couple_id = %(couple)s ORDER BY s.since LIMIT 1) AS therapist
"""
PLACES = (
    ("116 123", "Samaritans"),
    ("0808 2000 247", "National Domestic Abuse Helpline"),
    ("0808 801 0327", "Men's Advice Line"),
    ("0800 999 5428", "National LGBT+ Domestic Abuse Helpline"),
)
NUMBERS = ("scale", "number", "mood")


def save(request: HttpRequest, occurrence_id: uuid.UUID) -> HttpResponse:
    """Keep what was typed to one question."""
    me = client(request)
    key = request.POST["question"]
    typed = json.dumps({key: request.POST.getlist(key)})
    saved = row(SAVE, [uuid7(), me["id"], typed, occurrence_id, me["id"]])
    at = timezone.localtime(saved["saved_at"])
    return JsonResponse({"state": "saved", "version": saved["version"], "at": f"{at:%H:%M}", "errors": {}})


def send(request: HttpRequest, occurrence_id: uuid.UUID) -> HttpResponse:
    """Send what was typed into a form."""
    _write(client(request), occurrence_id, dict(request.POST.lists()))
    return HttpResponseRedirect(f"/do/{occurrence_id}/sent/")


def submit(request: HttpRequest, occurrence_id: uuid.UUID) -> HttpResponse:
    """Send what a program says."""
    me = client(request)
    told = _write(me, occurrence_id, json.loads(request.body)["answers"])
    around = row(AROUND, {"couple": me["couple_id"], "me": me["id"]})
    return JsonResponse(told | {"standing": "sent", "sent": _what_comes(me["name"], told["submitted_at"], **around)})


def _what_comes(name: str, at: datetime.datetime, other: str, therapist: str) -> dict[str, Any]:
    return {
        "said": f"Sent. Thank you, {name}.",
        "at": at,
        "late": False,
        "copy": True,
        "may_amend": False,
        "next": [
            {"when": "Now", "text": f"Your answers are there for {other} and {therapist} to read.", "done": True},
            {"when": "Next", "text": f"{therapist} reads what you sent on working days.", "done": False},
            {"when": "After that", "text": "You find what has opened under Together.", "done": False},
        ],
        "read_when": f"{therapist} sees it only after you send it, and reads on working days. Not for emergencies.",
        "help": {
            "now": False,
            "said": f"{therapist} sees this only after you send it, and reads on working days.",
            "emergency": "999",
            "places": [{"contact": number, "details": [place]} for number, place in PLACES],
        },
    }


def _write(me: dict[str, Any], occurrence_id: uuid.UUID, given: Mapping[str, list[str]]) -> dict[str, Any]:
    """Write a response with its answers and scores, close what was asked, call its reminders off."""
    now, response_id = timezone.now(), uuid7()
    with transaction.atomic():
        asked = row(ASKED, [occurrence_id, me["id"]])
        answers, scores = [], []
        for one in json.loads(asked["questions"]):
            typed = given.get(one["key"])
            if not typed:
                continue
            lane = "private" if one.get("private") else asked["lane"]
            common = [me["practice_id"], asked["couple_id"], response_id, me["id"], lane]
            readers = [me["id"]] if lane == "private" else asked["audience"]
            number, choices, text = _value(one, typed)
            answers += [uuid7(), *common, readers, now, one["key"], number, choices, text]
            if "metric" in one:
                scores += [uuid7(), *common[:2], me["id"], response_id, one["metric"], one["key"], number, now, lane]
                scores.append(readers)
        if not answers:
            raise Http404
        head = [response_id, me["practice_id"], asked["couple_id"], occurrence_id, me["id"], asked["edition_id"]]
        with connection.cursor() as cursor:
            cursor.execute(RESPONSE, [*head, "private", [me["id"]], now, now])
            cursor.execute(ANSWERS + ", ".join([ANSWER] * (len(answers) // 12)), answers)
            if scores:
                cursor.execute(SCORES + ", ".join([SCORE] * (len(scores) // 11)), scores)
            cursor.execute(DONE, [now, occurrence_id])
            cursor.execute(CALLED_OFF, [now, me["practice_id"], occurrence_id])
    return {"id": response_id, "occurrence_id": occurrence_id, "lane": "private", "submitted_at": now}


def _value(question: dict[str, Any], typed: list[str]) -> tuple[str | None, list[str], str]:
    if question["type"] in NUMBERS:
        return typed[0], typed[1:], ""
    if question["type"] in ("short_text", "long_text"):
        return None, [], typed[0]
    return None, typed, ""
