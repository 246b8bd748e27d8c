"""The desk, by hand."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tests.benchmarks.pages.floor.rows import member, rows

COUPLES = """
    SELECT p.couple_id, c.name, c.id, c.user_id, u.status
      FROM clients_caseloadentry s
      JOIN clients_couple u ON u.id = s.couple_id
      JOIN clients_partner p ON p.couple_id = u.id AND p.left_at IS NULL
      JOIN clients_client c ON c.id = p.client_id
     WHERE s.membership_id = %s AND u.status IN ('active', 'paused') ORDER BY p.couple_id, p.position
"""
SESSIONS = """
    SELECT DISTINCT ON (couple_id) couple_id, id, starts_at, place FROM clients_appointment
     WHERE couple_id = ANY(%s) AND cancelled_at IS NULL AND starts_at >= %s ORDER BY couple_id, starts_at
"""
STATES = """
    SELECT client_id, state, started_at FROM exercises_occurrence
     WHERE couple_id = ANY(%s) AND opens_at <= %s AND closes_at > %s AND state IN ('open', 'done', 'skipped')
"""
GIVEN = """
    SELECT a.couple_id, e.title, (e.content->>'minutes')::int * CASE a.rule WHEN 'FREQ=DAILY' THEN 7 ELSE 1 END
           AS minutes,
           (SELECT min(o.due_at) FROM exercises_occurrence o
             WHERE o.assignment_id = a.id AND o.state = 'open' AND o.due_at > %s) AS next_due
      FROM exercises_assignment a JOIN exercises_edition e ON e.id = a.edition_id
     WHERE a.couple_id = ANY(%s) AND a.withdrawn_at IS NULL AND a.ended_at IS NULL
"""
UNREAD = """
    SELECT r.couple_id, count(*) AS n, max(r.submitted_at) AS last
      FROM exercises_response r
      LEFT JOIN exercises_reading d ON d.response_id = r.id AND d.membership_id = %s
     WHERE r.couple_id = ANY(%s) AND d.id IS NULL GROUP BY r.couple_id ORDER BY last
"""
ALERTS = """
    SELECT id, couple_id, raised_at FROM reports_alert
     WHERE couple_id = ANY(%s) AND closed_at IS NULL AND severity <> 'note' ORDER BY raised_at
"""


def caseload(request: HttpRequest) -> HttpResponse:
    """Sessions, what waits, and how each couple stands."""
    me, now = member(request), timezone.now()
    couples: dict[uuid.UUID, dict[str, Any]] = {}
    people: dict[uuid.UUID, dict[str, Any]] = {}
    for one in rows(COUPLES, [me["id"]]):
        couple = couples.setdefault(one["couple_id"], {"id": one["couple_id"], "partners": [], "titles": []})
        couple["partners"].append(one)
        people[one["id"]] = one
    ids = list(couples)
    for one in rows(SESSIONS, [ids, now]):
        couples[one["couple_id"]]["session"] = one
    for one in rows(STATES, [ids, now, now]):
        if one["state"] == "open":
            people[one["client_id"]]["state"] = "started" if one["started_at"] else "open"
        else:
            people[one["client_id"]].setdefault("state", "done")
    for one in rows(GIVEN, [now, ids]):
        couples[one["couple_id"]].setdefault("given", one)["title"] = one["title"]
    unread = rows(UNREAD, [me["id"], ids])
    for one in unread:
        one["couple"] = couples[one["couple_id"]]
        couples[one["couple_id"]]["unread"] = one["n"]
    alerts = rows(ALERTS, [ids])
    for one in alerts:
        one["couple"] = couples[one["couple_id"]]
    last = datetime.datetime.max.replace(tzinfo=datetime.UTC)
    ordered = sorted(couples.values(), key=lambda one: one["session"]["starts_at"] if "session" in one else last)
    context = {
        "me": me,
        "now": timezone.localtime(now),
        "couples": ordered,
        "sessions": ordered[:3],
        "alerts": alerts,
        "unread": unread,
        "count": len(alerts) + len(unread),
    }
    return render(request, "caseload.html", context)
