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
SENT = """
    SELECT who AS client_id, count(*) FILTER (WHERE o.state = 'done') AS sent, count(*) AS due
      FROM exercises_occurrence o
      JOIN exercises_assignment a ON a.id = o.assignment_id AND a.lane <> 'own'
      JOIN clients_couple c ON c.id = o.couple_id
     CROSS JOIN LATERAL unnest(CASE WHEN o.client_id IS NULL THEN o.audience ELSE ARRAY[o.client_id] END) AS who
     WHERE o.couple_id = ANY(%s) AND o.opens_at <= %s AND o.state IN ('open', 'done', 'missed')
       AND o.due_at >= %s - interval '29 days' AND o.due_at < %s + interval '1 day'
       AND (o.due_at AT TIME ZONE c.time_zone)::date <= (%s AT TIME ZONE c.time_zone)::date
       AND (o.due_at AT TIME ZONE c.time_zone)::date > (%s AT TIME ZONE c.time_zone)::date - 28
     GROUP BY who
"""
SCORES = """
    SELECT DISTINCT ON (s.couple_id, s.client_id, s.series) s.couple_id, s.client_id, s.series, s.value
      FROM reports_score s
     WHERE s.couple_id = ANY(%s) AND s.at >= %s - interval '26 weeks'
       AND (s.lane IN ('shared', 'reveal') OR cardinality(s.readers) > 1)
       AND (s.series = 'closeness' AND NOT s.scored OR s.series = ANY(%s) AND s.scored)
     ORDER BY s.couple_id, s.client_id, s.series, s.at DESC, s.id DESC
"""
ENTERED = """
    SELECT DISTINCT ON (couple_id, client_id, measure) couple_id, client_id, measure AS series, total AS value
      FROM exercises_measureentry
     WHERE couple_id = ANY(%s) AND measure = ANY(%s) AND cardinality(readers) > 1 AND taken_back_at IS NULL
       AND total IS NOT NULL AND taken_on >= (%s - interval '26 weeks')::date
     ORDER BY couple_id, client_id, measure, taken_on DESC, id DESC
"""
MEASURES = {"csi4": "CSI-4", "csi16": "CSI-16", "phq9": "PHQ-9", "gad7": "GAD-7", "ors": "ORS", "srs": "SRS"}
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
    for one in rows(SENT, [ids, now, now, now, now, now]):
        people[one["client_id"]]["sent"] = one
    names, last_scores = {"closeness": "Closeness", **MEASURES}, {}
    for one in rows(SCORES, [ids, now, list(MEASURES)]) + rows(ENTERED, [ids, list(MEASURES), now]):
        value = f"{one['value'].normalize():f}"
        last_scores.setdefault((one["couple_id"], one["series"]), {})[one["client_id"]] = value
    for couple_id, couple in couples.items():
        couple["scores"] = [
            (name, [(one, found[one["id"]]) for one in couple["partners"] if one["id"] in found])
            for series, name in names.items()
            if (found := last_scores.get((couple_id, series)))
        ]
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
