"""An invented couple's report, in both editions: what the tests print and what a person can look at."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reports.paper import (
    Areas,
    Band,
    Course,
    DayMap,
    Difference,
    Differences,
    Doing,
    Edition,
    Given,
    Goal,
    Headline,
    Letterhead,
    Line,
    Mood,
    Next,
    Partner,
    Point,
    Quote,
    Report,
    Segment,
    Series,
    State,
    Takeaways,
    Together,
    Week,
)

STARTS, ENDS = date(2026, 3, 2), date(2026, 5, 24)
MARA = (13, 12, 14, 15, 17, 16, 19, 20, 22, 21, 24, 25)
THEO = (18, 17, 17, 19, 18, 20, None, 23, 22, 25, 26, 29)
AREAS = {
    "Feeling heard": ((3, 3, 4, 4, 4, 5, 5, 6, 6, 6, 7, 7), (5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 8, 8)),
    "Handling conflict": ((2, 2, 2, 3, 3, 4, 4, 4, 5, 6, 6, 6), (4, 3, 4, 4, 5, 5, 6, 6, 6, 7, 7, 7)),
    "Repair after a row": ((3, 2, 3, 3, 4, 5, 6, 6, 6, 7, 7, 8), (4, 4, 4, 5, 5, 5, 6, 7, 7, 7, 8, 8)),
    "Shared time": ((4, 4, 3, 4, 4, 4, 5, 5, 4, 5, 5, 5), (5, 5, 5, 5, 6, 5, 6, 6, 6, 6, 6, 6)),
    "Affection": ((4, 4, 4, 5, 4, 5, 5, 6, 6, 6, 6, 7), (4, 4, 5, 4, 5, 5, 5, 6, 6, 5, 6, 6)),
    "Fair share at home": ((3, 3, 3, 2, 3, 3, 3, 4, 3, 3, 4, 4), (7, 7, 7, 8, 7, 7, 8, 8, 7, 8, 8, 8)),
    "Hope for us": ((4, 4, 5, 5, 6, 6, 7, 7, 7, 8, 8, 8), (5, 5, 5, 6, 6, 6, 7, 7, 8, 8, 8, 9)),
}
GAPS = (
    ("We share the household work fairly", 3, 8),
    ("I can bring up a worry without a fight", 5, 8),
    ("I feel noticed when I am low", 4, 7),
    ("We spend enough time together", 4, 6),
    ("We agree about money", 6, 4),
    ("Physical closeness feels right", 6, 5),
    ("We laugh together", 8, 7),
    ("Hard feelings are safe here", 7, 7),
    ("We are a good team as parents", 8, 8),
)
EXERCISES = (
    ("Landing time", "Ritual"),
    ("Appreciation log", "Ritual"),
    ("Open questions", "Conversation"),
    ("Pause and return", "Repair"),
    ("Household list", "Exercise"),
    ("Money talk, part one", "Conversation"),
    ("Weekly check", "Measure"),
    ("Speaker and listener", "Exercise"),
)


def weekly(values: tuple[float | None, ...], day: int = 6) -> tuple[Point, ...]:
    return tuple(Point(STARTS + timedelta(days=7 * at + day), value) for at, value in enumerate(values))


def satisfaction(*rows: tuple[float | None, ...]) -> Series:
    lines = tuple(Line(at, weekly(values), "more than chance" if at < 2 else "") for at, values in enumerate(rows))
    return Series(
        "Relationship satisfaction",
        0,
        35,
        lines,
        "up",
        cutoff=Band(17, 20, "Cut-off"),
        note="Seven questions once a week. A change of 4 points or more is larger than chance.",
    )


def mood(seed: int, offset: int) -> DayMap:
    days = [((at * 7919 + seed * 104729) % 11, at) for at in range(84)]
    values = tuple(None if k == 3 and at % 2 else max(1, min(5, 2 + offset + at // 30 + k % 3 - 1)) for k, at in days)
    return DayMap(seed, values)


def given() -> tuple[Given, ...]:
    states: tuple[State, ...] = ("done", "done", "open", "done", "started", "done", "skipped", "done")
    rows = []
    for at in range(38):
        what, kind = EXERCISES[(at * 3) % 8]
        week = at * 12 // 38 + 1
        pair = ("done", "done") if at > 30 else (states[at % 8], states[(at * 5 + 2) % 8])
        if at % 9 == 4:
            pair = (pair[0], "")
        rows.append(
            Given(week, what, kind, STARTS + timedelta(days=week * 7 - 1), pair, f"{3 + at % 3} of 5" if at % 4 else "")
        )
    return tuple(rows)


def together() -> tuple[Together, ...]:
    rows = []
    for at in range(14):
        what, kind = EXERCISES[(at * 5) % 8]
        rows.append(
            Together(
                at * 12 // 14 + 1,
                what,
                kind,
                STARTS + timedelta(days=at * 6 + 2),
                "Together" if at % 3 else "Each of you, shared",
            )
        )
    return tuple(rows)


def doing(edition: Edition) -> Doing:
    if edition == "shared":
        counts = [(1, 0), (1, 1), (2, 0), (1, 1), (0, 1), (2, 1), (1, 2), (3, 0), (2, 0), (2, 2), (3, 1), (3, 1)]
        segments = (Segment("Done together", "deep"), Segment("Each of you, shared", "mid"))
        extra: dict[str, Any] = {"together": together()}
    else:
        counts4 = [
            (0, 2, 1, 0),
            (1, 1, 1, 0),
            (2, 0, 1, 1),
            (1, 2, 0, 0),
            (1, 0, 0, 2),
            (2, 1, 0, 1),
            (1, 2, 0, 0),
            (3, 0, 1, 0),
            (2, 0, 1, 0),
            (1, 2, 0, 0),
            (4, 0, 0, 0),
            (3, 0, 0, 0),
        ]
        segments = (
            Segment("Done by both", "deep"),
            Segment("Done by one", "mid"),
            Segment("Started", "pale"),
            Segment("Open", "open"),
        )
        counts, extra = counts4, {"given": given()}
    weeks = tuple(Week(STARTS + timedelta(days=7 * at), row) for at, row in enumerate(counts))
    return Doing(segments, weeks, **extra)


def report(edition: Edition = "shared", **changes: Any) -> Report:
    """Twelve weeks of Mara and Theo. Any part can be replaced."""
    areas = tuple(Series(label, 0, 10, (Line(0, weekly(a)), Line(1, weekly(b)))) for label, (a, b) in AREAS.items())
    whole: dict[str, Any] = {
        "edition": edition,
        "letterhead": Letterhead(
            "Linden House",
            "Couples & family practice",
            lines=("14 Alder Row, Fernley", "+00 20 5550 0142", "lindenhouse.example"),
        ),
        "partners": (Partner("Mara", 0), Partner("Theo", 1)),
        "starts": STARTS,
        "ends": ENDS,
        "issued": date(2026, 5, 26),
        "made": datetime(2026, 5, 26, 14, 5, tzinfo=ZoneInfo("Europe/Berlin")),
        "reference": "LH-2026-0417",
        "prepared_by": "Dr Ines Karlsen",
        "language": "en-gb",
        "headlines": (
            Headline("Mara, satisfaction", "25", "of 35", "+12 since the start", 0, MARA, 0, 35),
            Headline("Theo, satisfaction", "29", "of 35", "+11 since the start", 1, THEO, 0, 35),
            Headline(
                "Done together",
                "21",
                "times",
                "most in the last four weeks",
                None,
                (1, 1, 2, 1, 0, 2, 1, 3, 2, 2, 3, 3),
                0,
                4,
            ),
            Headline(
                "Days with a mood entry",
                "92%",
                "of 168",
                "steady since week 2",
                None,
                (11, 12, 13, 12, 10, 12, 12, 13, 13, 13, 13, 12),
                7,
                14,
            ),
        ),
        "summary": (
            "Over twelve weeks both of you moved out of the range that usually means a relationship is in distress, "
            "and you have stayed out of it since week 8. The change is largest where you practised most: coming back "
            "after a row. Pauses now end with one of you returning, most often within the hour.",
            "One theme has not moved. You still see the share of work at home very differently, and it colours other "
            "answers when weeks are busy. I suggest that we give it the next four appointments.",
        ),
        "takeaways": Takeaways(
            "The pause, and the promise to come back. It is yours now.",
            "Weeks with travel or guests. There was less room for practice in all three of them.",
            "A second look at the household list, this time with the invisible work on it.",
        ),
        "series": (satisfaction(MARA, THEO),),
        "doing": doing(edition),
        "mood": Mood((mood(0, 0), mood(1, 1))),
        "differences": Differences(tuple(Difference(text, ((0, a), (1, b))) for text, a, b in GAPS)),
        "areas": Areas("Seven areas of life together", areas),
        "goals": (
            Goal(
                "Pause a heated talk and come back within a day",
                (Course(0, 2, 7, 5), Course(1, 3, 6, 4)),
                ("Pause and return", "Weekly state of us"),
            ),
            Goal("One evening a week that belongs to the two of us", (Course(0, 3, 6, 3), Course(1, 5, 5, 1))),
            Goal(
                "Say thank you for something every day", (Course(0, 4, 9, 6), Course(1, 9, 7, 6)), ("Appreciation log",)
            ),
            Goal("Agree who does what at home, in writing", (Course(1, 1, 4, 2),)),
        ),
        "quotes": (
            Quote(
                "I went quiet again, and I could see that it made everything worse. I did not know how to come "
                "back into the room.",
                0,
                date(2026, 3, 18),
                "Pause and return",
            ),
            Quote(
                "I said “can we start that again?” and she laughed. Ten minutes later we were fine.",
                1,
                date(2026, 4, 9),
                "Pause and return",
            ),
            Quote("Στο τέλος έγραψα μόνο αυτό: σ’ ευχαριστώ που έμεινες.", 1, date(2026, 5, 3), "A letter"),
            Quote(
                "Seeing it on paper was sobering. He had counted the visible jobs. I had counted the ones that "
                "one carries around in one's head.",
                0,
                date(2026, 5, 14),
                "Household list",
            ),
        ),
        "next": (
            Next("Household list, second pass", "Both", "31 May", "Include planning and remembering, not only doing."),
            Next("Money talk, part two", "Both", "7 June", "Speaker and listener. Stop after 40 minutes."),
            Next("Weekly check", "Each", "Sundays", "Keep going, also in a bad week."),
        ),
        "about": (
            "Scores are people's own answers and go up and down for many reasons. This report supports a "
            "conversation; it is no diagnosis and no assessment for a court.",
        ),
    }
    return Report(**(whole | changes))
