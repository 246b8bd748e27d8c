"""What the demo's practice has on paper: its letterhead, a standing order, and a report that lies in two portals."""

from __future__ import annotations

import datetime
import io
import math
import uuid

from django.utils import timezone
from PIL import Image, ImageDraw

from clients.models import Couple
from practice import tenancy
from practice.models import Membership
from reports import handing_over, letterheads, making, standing, tasks
from reports.demo.history import History, asker_of, standing_at
from reports.models import Report
from reports.models.report import Audience, Kind

COLOUR = "#24433b"
#: Drawn so much larger first, so that its edges come out smooth.
SIDE, FINER = 360, 4
#: The branches of the willow: how far each swings out, and how low it hangs, as parts of the picture's side.
BRANCHES = ((-0.38, 0.70), (-0.27, 0.84), (-0.14, 0.92), (0.0, 0.87), (0.13, 0.93), (0.26, 0.80), (0.38, 0.74))
GOLD, PALE = (242, 220, 174, 255), (185, 205, 202, 255)
#: The report that was handed over yesterday, at this time.
HANDED_AT = "18:30"
WEEKS = 12
SUMMARY = (
    "You asked me last week whether it is getting easier, or whether you only got used to it. Here is what you wrote "
    "yourselves, week by week. Look at the Sundays first.\n\n"
    "Please read it apart, each with a pencil, and bring one line that you want to keep."
)


def write(history: History, owner: Membership) -> None:
    """Draw the letterhead, order a sheet before each session, and hand a report over as of yesterday."""
    moment = history._past(history._moment(history.household.days - 1, HANDED_AT))
    with standing_at(moment):
        with tenancy.acting(asker_of(owner.user, history.practice_id, membership=owner)):
            letterheads.save(owner.practice, colour=COLOUR, logo=logo(), without_logo=False)
        with tenancy.acting(history.askers[""]):
            contents = {"kind": Kind.SHEET, "audience": Audience.CLINICAL, "days_before": 2, "parts": []}
            standing.place(history.couple, by=history.therapist, **contents)
            report = _asked(history)
        tasks.make_report(practice_id=str(history.practice_id), report_id=str(report.pk))
        with tenancy.acting(history.askers[""]):
            couple = Couple.objects.with_partners().get(pk=history.couple.pk)
            handing_over.hand_over(report, couple, by=history.therapist)


def _asked(history: History) -> Report:
    """Write the wish down without ringing for a worker: there is none while the demo is being filled."""
    today = timezone.localtime(timezone.now(), history.zone).date()
    wish = making.Wish(
        begins_on=today - datetime.timedelta(weeks=WEEKS) + datetime.timedelta(days=1),
        ends_on=today,
        audience=Audience.SHARED,
        summary=SUMMARY,
        key=uuid.uuid5(history.practice_id, "handed over"),
    )
    couple = Couple.objects.with_partners().get(pk=history.couple.pk)
    report = making.drafted(couple, wish, by=history.therapist, practice=history.therapist.practice)
    report.save(force_insert=True)
    return report


def logo() -> bytes:
    """Return a willow above water as a PNG, drawn here: pale lines for a dark page, nothing behind them."""
    side = SIDE * FINER
    picture = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(picture)
    crown, width = (side * 0.5, side * 0.06), int(side * 0.026)
    for swing, low in BRANCHES:
        _branch(pen, crown, (side * (0.5 + swing), side * (low - 0.12)), width)
    for row, half in enumerate((0.40, 0.27)):
        _wave(pen, side, side * (0.90 + row * 0.07), half, width)
    kept = io.BytesIO()
    picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _branch(pen: ImageDraw.ImageDraw, top: tuple[float, float], end: tuple[float, float], width: int) -> None:
    """A twig that first goes out and then hangs, with a bud at its end."""
    bend = (end[0], top[1] + (end[1] - top[1]) * 0.08)
    pen.line([_between(top, bend, end, at / 60) for at in range(61)], fill=GOLD, width=width, joint="curve")
    _dot(pen, top, width * 0.5, GOLD)
    _dot(pen, end, width * 1.1, GOLD)


def _dot(pen: ImageDraw.ImageDraw, at: tuple[float, float], radius: float, colour: tuple[int, ...]) -> None:
    pen.ellipse((at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), fill=colour)


def _between(
    start: tuple[float, float], bend: tuple[float, float], end: tuple[float, float], at: float
) -> tuple[float, float]:
    """A point of the curve that leaves ``start`` towards ``bend`` and comes to ``end``."""
    a, b, c = (1 - at) ** 2, 2 * (1 - at) * at, at**2
    return a * start[0] + b * bend[0] + c * end[0], a * start[1] + b * bend[1] + c * end[1]


def _wave(pen: ImageDraw.ImageDraw, side: int, height: float, half: float, width: int) -> None:
    """A line of water, as wide as twice ``half``."""
    points = [
        (side * (0.5 + half * (at / 30 - 1)), height + math.sin(at / 60 * math.tau * 3) * side * 0.014)
        for at in range(61)
    ]
    pen.line(points, fill=PALE, width=width, joint="curve")
    for end in (points[0], points[-1]):
        _dot(pen, end, width * 0.5, PALE)
