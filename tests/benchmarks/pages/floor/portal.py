"""A client's pages, by hand."""

from __future__ import annotations

import json
import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tests.benchmarks.pages.floor.rows import client, row, rows

QUESTIONS = """
    SELECT o.id, o.due_at, e.title, e.content->'questions' AS questions, d.version,
           (SELECT m.name FROM clients_caseloadentry s JOIN practice_membership m ON m.id = s.membership_id
             WHERE s.couple_id = o.couple_id ORDER BY s.since LIMIT 1) AS therapist
      FROM exercises_occurrence o
      JOIN exercises_assignment a ON a.id = o.assignment_id
      JOIN exercises_edition e ON e.id = a.edition_id
      LEFT JOIN exercises_draft d ON d.occurrence_id = o.id AND d.author_id = %s
      LEFT JOIN exercises_response r ON r.occurrence_id = o.id AND r.author_id = %s
     WHERE o.id = %s AND (o.client_id = %s OR o.client_id IS NULL) AND o.couple_id = %s
       AND o.state = 'open' AND r.id IS NULL
"""
ITEMS = """
    SELECT o.id, o.due_at, a.lane, e.title, e.content->>'minutes' AS minutes, e.content->>'summary' AS summary,
           d.id IS NOT NULL AS started
      FROM exercises_occurrence o
      JOIN exercises_assignment a ON a.id = o.assignment_id
      JOIN exercises_edition e ON e.id = a.edition_id
      LEFT JOIN exercises_draft d ON d.occurrence_id = o.id AND d.author_id = %s
     WHERE o.couple_id = %s AND (o.client_id = %s OR o.client_id IS NULL)
       AND o.state = 'open' AND o.opens_at <= %s AND o.closes_at > %s
     ORDER BY o.due_at, o.id LIMIT 40
"""
LATER = """
    SELECT DISTINCT ON (o.assignment_id) o.id, o.opens_at, o.state, e.title, e.content->>'minutes' AS minutes
      FROM exercises_occurrence o
      JOIN exercises_assignment a ON a.id = o.assignment_id
      JOIN exercises_edition e ON e.id = a.edition_id
     WHERE o.couple_id = %s AND (o.client_id = %s OR o.client_id IS NULL)
       AND (o.state = 'open' AND o.opens_at > %s OR o.state = 'paused' AND o.opens_at <= %s AND o.closes_at > %s)
     ORDER BY o.assignment_id, o.due_at LIMIT 8
"""
SENT = """
    SELECT o.id, o.unfolded_at, r.opens_at, e.title
      FROM exercises_response r
      JOIN exercises_occurrence o ON o.id = r.occurrence_id
      JOIN exercises_edition e ON e.id = r.edition_id
     WHERE r.couple_id = %s AND (r.author_id = %s AND r.lane = 'reveal' OR %s = ANY(r.readers))
     ORDER BY r.submitted_at DESC LIMIT 9
"""
SESSION = """
    SELECT s.starts_at, s.minutes, m.name AS therapist
      FROM clients_appointment s
      JOIN clients_caseloadentry c ON c.couple_id = s.couple_id
      JOIN practice_membership m ON m.id = c.membership_id
     WHERE s.couple_id = %s AND s.starts_at > %s AND s.cancelled_at IS NULL ORDER BY s.starts_at, c.since LIMIT 1
"""


def question(request: HttpRequest, occurrence_id: uuid.UUID, number: int) -> HttpResponse:
    """All questions of one form on a page."""
    me = client(request)
    values = [me["id"], me["id"], occurrence_id, me["id"], me["couple_id"]]
    found = row(QUESTIONS, values)
    found["questions"] = json.loads(found["questions"])
    return render(request, "question.html", {"me": me, "number": number, **found})


def today(request: HttpRequest) -> HttpResponse:
    """What there is to do, and what comes."""
    me, now = client(request), timezone.now()
    couple = me["couple_id"]
    items = rows(ITEMS, [me["id"], couple, me["id"], now, now])
    coming = rows(LATER, [couple, me["id"], now, now, now])
    sessions = rows(SESSION, [couple, now])
    context = {
        "me": me,
        "hour": timezone.localtime(now).hour,
        "lead": items[0] if items else None,
        "items": items[1:],
        "later": [one for one in coming if one["state"] == "open"],
        "resting": [one for one in coming if one["state"] == "paused"],
        "sent": rows(SENT, [couple, me["id"], me["id"]]),
        "session": sessions[0] if sessions else None,
    }
    return render(request, "today.html", context)
