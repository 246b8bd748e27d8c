"""One page before a session, by hand."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tests.benchmarks.pages.floor.couple import PARTNERS
from tests.benchmarks.pages.floor.rows import member, row, rows

MOST_QUOTES = 3
SESSIONS = """
    SELECT id, starts_at FROM clients_appointment WHERE couple_id = %s AND cancelled_at IS NULL ORDER BY starts_at
"""
ROUNDS = """
    SELECT a.id, e.title, e.content->'questions' AS questions, o.client_id,
           count(*) FILTER (WHERE o.state = 'done') AS done, count(*) AS of
      FROM exercises_occurrence o
      JOIN exercises_assignment a ON a.id = o.assignment_id
      JOIN exercises_edition e ON e.id = a.edition_id
     WHERE o.couple_id = %s AND o.due_at BETWEEN %s AND %s AND a.lane NOT IN ('own', 'private')
     GROUP BY a.id, e.title, e.content->'questions', o.client_id ORDER BY a.id
"""
NEWEST = """
    SELECT DISTINCT ON (n.key, n.author_id) n.key, n.author_id, n.number, o.assignment_id
      FROM floor.answer n
      JOIN exercises_response r ON r.id = n.response_id
      JOIN exercises_occurrence o ON o.id = r.occurrence_id
     WHERE n.couple_id = %s AND n.lane NOT IN ('own', 'private') AND n.number IS NOT NULL
       AND r.submitted_at BETWEEN %s AND %s ORDER BY n.key, n.author_id, r.submitted_at DESC
"""
WAITING = """
    SELECT r.author_id, r.submitted_at, e.title, n.text AS words, count(*) OVER () AS every
      FROM exercises_response r
      JOIN exercises_edition e ON e.id = r.edition_id
      JOIN floor.answer n ON n.response_id = r.id AND n.text <> '' AND n.lane NOT IN ('own', 'private')
      LEFT JOIN exercises_review v ON v.response_id = r.id
     WHERE r.couple_id = %s AND v.id IS NULL ORDER BY r.submitted_at DESC LIMIT %s
"""
ASIDE = """
    SELECT (SELECT count(*) FROM reports_alert WHERE couple_id = %(couple)s AND closed_at IS NULL) AS alerts,
           (SELECT count(*) FROM exercises_goal WHERE couple_id = %(couple)s AND reached_at IS NULL) AS goals,
           (SELECT count(*) FROM exercises_agendaitem WHERE couple_id = %(couple)s) AS agenda,
           (SELECT count(*) FROM exercises_staffnote WHERE couple_id = %(couple)s AND for_session) AS notes
"""


def sheet(request: HttpRequest, couple_id: uuid.UUID) -> HttpResponse:
    """What happened since the last session, where they are near, what waits."""
    me, now = member(request), timezone.now()
    partners = rows(PARTNERS, [me["id"], me["id"], couple_id])
    people = {one["id"]: one for one in partners}
    sessions = rows(SESSIONS, [couple_id])
    since = max(one["starts_at"] for one in sessions if one["starts_at"] <= now)
    practice: dict[uuid.UUID, dict[str, Any]] = {}
    for one in rows(ROUNDS, [couple_id, since, now]):
        given = practice.setdefault(one["id"], {"title": one["title"], "questions": one["questions"], "cells": []})
        given["cells"].append({**people[one["client_id"]], "done": one["done"], "of": one["of"]})
    waiting = rows(WAITING, [couple_id, MOST_QUOTES])
    context = {
        "me": me,
        "couple": couple_id,
        "partners": partners,
        "number": len(sessions),
        "session": next(one for one in sessions if one["starts_at"] > now),
        "since": since,
        "practice": list(practice.values()),
        "near": _near(rows(NEWEST, [couple_id, since, now]), practice, people),
        "quotes": [one | people[one["author_id"]] | {"title": one["title"]} for one in waiting],
        "to_review": waiting[0]["every"] if waiting else 0,
        **row(ASIDE, {"couple": couple_id}),
    }
    return render(request, "sheet.html", context)


def _near(newest: list[dict[str, Any]], practice: dict[Any, Any], people: dict[Any, Any]) -> list[dict[str, Any]]:
    found = []
    by_key: dict[str, list[dict[str, Any]]] = {}
    for one in newest:
        by_key.setdefault(one["key"], []).append(one)
    for key, answers in by_key.items():
        given = practice[answers[0]["assignment_id"]]
        question = next(one for one in json.loads(given["questions"]) if one["key"] == key)
        if question["type"] != "scale" or len(answers) < 2:
            continue
        values = [float(one["number"]) for one in answers]
        if abs(values[0] - values[1]) > 1:
            continue
        at = [8 + 28.4 * value for value in values]
        told = ", ".join(
            f"{people[one['author_id']]['name']} {value:g}" for one, value in zip(answers, values, strict=True)
        )
        found.append(
            {
                "label": question["label"],
                "title": given["title"],
                "told": f"{told}; gap {abs(values[0] - values[1]):g}",
                "people": [people[one["author_id"]] | {"value": int(one["number"])} for one in answers],
                "from": f"{at[0]:.1f}",
                "to": f"{at[1]:.1f}",
                "a": f"{at[0] - 5:.1f}",
                "b": f"{at[1]:.1f}",
                "b1": f"{at[1] + 6.4:.1f}",
                "b2": f"{at[1] - 6.4:.1f}",
            }
        )
    return found
