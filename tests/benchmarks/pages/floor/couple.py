"""One couple's page, by hand; and the same answers for a program."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from tests.benchmarks.pages.floor.rows import member, program, row, rows

A_PAGE, A_LIST = 25, 50
MOODS = {1: "Very low", 2: "Low", 3: "Mixed or neutral", 4: "Good", 5: "Very good"}
PARTNERS = """
    SELECT c.id, c.name, p.position, t.email, u.status, u.started_on,
           EXISTS (SELECT FROM clients_clearance k WHERE k.couple_id = u.id AND k.withdrawn_at IS NULL) AS cleared,
           (SELECT count(DISTINCT a.response_id) FROM floor.answer a
              LEFT JOIN exercises_reading d ON d.response_id = a.response_id AND d.membership_id = %s AND d.apart
             WHERE a.author_id = c.id AND a.lane = 'private' AND d.id IS NULL) AS private
      FROM clients_caseloadentry s
      JOIN clients_couple u ON u.id = s.couple_id
      JOIN clients_partner p ON p.couple_id = u.id AND p.left_at IS NULL
      JOIN clients_client c ON c.id = p.client_id
      JOIN clients_contact t ON t.client_id = c.id
     WHERE s.membership_id = %s AND s.couple_id = %s ORDER BY p.position
"""
GIVEN = """
    SELECT a.id, e.title, a.rule, a.at, o.client_id, o.state, o.opens_at, o.due_at
      FROM exercises_assignment a
      JOIN exercises_edition e ON e.id = a.edition_id
      JOIN LATERAL (SELECT DISTINCT ON (client_id) * FROM exercises_occurrence o
                     WHERE o.assignment_id = a.id AND o.closes_at > %s ORDER BY client_id, due_at) o ON true
     WHERE a.couple_id = %s AND a.withdrawn_at IS NULL AND a.ended_at IS NULL
       AND a.lane NOT IN ('own', 'private') ORDER BY a.given_at DESC
"""
COUNTS = """
    SELECT count(*) AS every, count(*) FILTER (WHERE d.id IS NULL) AS open
      FROM exercises_response r
      LEFT JOIN exercises_reading d ON d.response_id = r.id AND d.membership_id = %s AND NOT d.apart
     WHERE r.couple_id = %s
"""
RESPONSES = """
    SELECT r.id, r.author_id, r.submitted_at, r.lane, r.revision, r.opens_at, r.occurrence_id, o.assignment_id,
           r.edition_id, e.title, e.content->'questions' AS questions, d.id IS NULL AS new
      FROM exercises_response r
      JOIN exercises_occurrence o ON o.id = r.occurrence_id
      JOIN exercises_edition e ON e.id = r.edition_id
      LEFT JOIN exercises_reading d ON d.response_id = r.id AND d.membership_id = %s AND NOT d.apart
     WHERE r.couple_id = %s ORDER BY r.submitted_at DESC, r.id DESC LIMIT %s
"""
ANSWERS = """
    SELECT response_id, key, number, choices, text, declined FROM floor.answer
     WHERE response_id = ANY(%s) AND lane NOT IN ('own', 'private')
"""
SCORES = """
    SELECT response_id, series, value, questions, rule FROM reports_score
     WHERE response_id = ANY(%s) AND lane NOT IN ('own', 'private')
"""
SESSION = """
    SELECT id, starts_at, minutes FROM clients_appointment
     WHERE couple_id = %s AND cancelled_at IS NULL AND starts_at > %s ORDER BY starts_at LIMIT 1
"""
GOALS = "SELECT id, review_on FROM exercises_goal WHERE couple_id = %s AND reached_at IS NULL AND dropped_at IS NULL"


def couple(request: HttpRequest, couple_id: uuid.UUID) -> HttpResponse:
    """What is given, what came back, and who they are."""
    me, now = member(request), timezone.now()
    row("SELECT id FROM clients_couple WHERE id = %s", [couple_id])
    partners = rows(PARTNERS, [me["id"], me["id"], couple_id])
    people = {one["id"]: one for one in partners}
    practice: dict[uuid.UUID, dict[str, Any]] = {}
    for one in rows(GIVEN, [now, couple_id]):
        given = practice.setdefault(one["id"], one | {"rule": "Every day at", "next_due": one["due_at"]})
        given["at"] = f"{one['at']:%H:%M}"
        people[one["client_id"]]["state"] = "Not open yet" if one["opens_at"] > now else "Still open"
    counts = row(COUNTS, [me["id"], couple_id])
    events = rows(RESPONSES, [me["id"], couple_id, A_PAGE])
    _with_answers(events)
    for one in events:
        author = people[one["author_id"]]
        one |= {"name": author["name"], "mark": "ab"[author["position"]]}
        one["day"] = f"{timezone.localtime(one['submitted_at']):%A %d %B}"
        one["quotes"] = [words for _label, words, answer in one["said"] if answer["text"]]
        one["figures"] = [(label, words) for label, words, answer in one["said"] if not answer["text"]]
    sessions = rows(SESSION, [couple_id, now])
    context = {
        "me": me,
        "couple": couple_id,
        "partners": partners,
        "practice": list(practice.values()),
        "unread": counts,
        "pages": -(-counts["every"] // A_PAGE),
        "events": events,
        "session": sessions[0] if sessions else None,
        "goals": rows(GOALS, [couple_id]),
    }
    return render(request, "couple.html", context)


def responses(request: HttpRequest, couple_id: uuid.UUID) -> HttpResponse:
    """The same for a program, with scores."""
    me = program(request, couple_id)
    events = rows(RESPONSES, [me["id"], couple_id, A_LIST])
    _with_answers(events)
    scores = defaultdict(list)
    for one in rows(SCORES, [[event["id"] for event in events]]):
        scores[one["response_id"]].append(
            {
                "series": one["series"],
                "value": float(one["value"]),
                "questions": one["questions"].split(","),
                "rule": one["rule"],
            }
        )
    results = [_told(one, scores[one["id"]]) for one in events]
    after = f"http://localhost{request.path}?cursor={events[-1]['id']}" if len(events) == A_LIST else None
    return JsonResponse({"next": after, "previous": None, "results": results})


def _told(one: dict[str, Any], scores: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": one["id"],
        "partner_id": one["author_id"],
        "assignment_id": one["assignment_id"],
        "occurrence_id": one["occurrence_id"],
        "edition_id": one["edition_id"],
        "title": one["title"],
        "lane": one["lane"],
        "submitted_at": one["submitted_at"],
        "revision": one["revision"],
        "sealed": False,
        "opens_at": None,
        "answers": [
            {
                "key": answer["key"],
                "question": label,
                "words": words,
                "lane": one["lane"],
                "number": None if answer["number"] is None else float(answer["number"]),
                "choices": answer["choices"],
                "text": answer["text"],
                "declined": answer["declined"],
                "rows": [],
            }
            for label, words, answer in one["said"]
        ],
        "scores": scores,
        "files": [],
    }


def _with_answers(events: list[dict[str, Any]]) -> None:
    """Put beside each response what it says, in words, in the order of its questions."""
    found: dict[uuid.UUID, dict[str, dict[str, Any]]] = defaultdict(dict)
    for one in rows(ANSWERS, [[event["id"] for event in events]]):
        found[one["response_id"]][one["key"]] = one
    forms: dict[uuid.UUID, list[dict[str, Any]]] = {}
    for event in events:
        if event["edition_id"] not in forms:
            forms[event["edition_id"]] = json.loads(event["questions"])
        answers = found[event["id"]]
        event["said"] = [
            (one["label"], _words(one, answers[one["key"]]), answers[one["key"]])
            for one in forms[event["edition_id"]]
            if one["key"] in answers
        ]


def _words(question: dict[str, Any], answer: dict[str, Any]) -> str:
    match question["type"]:
        case "scale":
            return f"{int(answer['number'])} of {question['max']}"
        case "mood":
            return f"{MOODS[int(answer['number'])]}: {', '.join(answer['choices'])}"
        case "yes_no":
            return "Yes" if answer["number"] else "No"
    return answer["text"]
