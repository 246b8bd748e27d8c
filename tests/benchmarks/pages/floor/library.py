"""The library, by hand."""

from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tests.benchmarks.pages.floor.rows import member, rows

A_PAGE = 24
FOUND = """
    SELECT slug, title, kind, participation, minutes, level, lane, summary, themes
      FROM exercises_exercise
     WHERE (practice_id IS NULL OR practice_id = %(practice)s) AND retired_at IS NULL AND newest_id IS NOT NULL
       AND (search @@ websearch_to_tsquery('english', %(words)s) OR search @@ to_tsquery('english', %(begun)s)
            OR title ILIKE %(like)s)
     ORDER BY ts_rank(search, websearch_to_tsquery('english', %(words)s))
              + ts_rank(search, to_tsquery('english', %(begun)s)) * 0.5 + (title ILIKE %(like)s)::int DESC, title
"""
USED = "SELECT DISTINCT e.exercise_id FROM exercises_assignment a JOIN exercises_edition e ON e.id = a.edition_id"
FACETS = (
    ("Theme", "theme", "themes"),
    ("Kind", "kind", "kind"),
    ("Depth", "level", "level"),
    ("Who does it", "who", "participation"),
    ("Who reads", "lane", "lane"),
)


def shelf(request: HttpRequest) -> HttpResponse:
    """What fits a word, best first, and how many of each sort."""
    me, words = member(request), request.GET.get("q", "")
    values = {"practice": me["practice_id"], "words": words, "begun": f"{words}:*", "like": f"%{words}%"}
    found = rows(FOUND, values)
    rows(f"{USED} WHERE a.practice_id = %s", [me["practice_id"]])
    for one in found:
        one["who"] = one["participation"].replace("_", " ")
    facets = []
    for title, name, key in FACETS:
        counts = Counter(value for one in found for value in (one[key] if key == "themes" else [one[key]]))
        facets.append((title, name, [(value, value.replace("_", " ").capitalize(), n) for value, n in counts.items()]))
    fits = {most: sum(one["minutes"] <= most for one in found) for most in (5, 15, 30, 60)}
    facets.append(("Time", "minutes", [(most, f"Up to {most} minutes", n) for most, n in fits.items()]))
    context = {
        "me": me,
        "q": words,
        "found": found,
        "shown": found[:A_PAGE],
        "facets": facets,
        "pages": -(-len(found) // A_PAGE),
    }
    return render(request, "library.html", context)
