"""The progress report: a period of a couple's work, in the edition of whoever it is for."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace

from django.utils.translation import gettext_lazy as _

from reports import layout, paper, progress
from reports.kinds.base import Composer, Layout, Ordered, Part, register
from reports.models.report import Kind

PARTS = (
    Part("headlines", _("Numbers at a glance")),
    Part("series", _("Charts over time")),
    Part("doing", _("What was done")),
    Part("mood", _("Mood between appointments")),
    Part("differences", _("Where they see things differently")),
    Part("areas", _("More answers, in small")),
    Part("metrics", _("Numbers between sessions")),
    Part("goals", _("Goals")),
    Part("quotes", _("In their own words")),
    Part("next", _("What comes next")),
)


def compose(ordered: Ordered) -> paper.Report:
    """Read and arrange it. What was not chosen is left out whole."""
    head = ordered.head()
    whole = progress.compose(
        ordered.material(),
        ordered.practice,
        today=ordered.issued,
        reference=head["reference"],
        prepared_by=head["prepared_by"],
        reader=head["reader"],
        facts=ordered.facts() if ordered.has("metrics") else None,
    )
    empty = {one.name: one.default for one in fields(paper.Report) if one.default is not MISSING}
    left_out = {part.key: empty[part.key] for part in PARTS if not ordered.has(part.key)}
    return replace(whole, **{**head, "partners": whole.partners}, **left_out)


def lay_out(report: paper.Report) -> Layout:
    context, files = layout.lay_out(report)
    return Layout("reports/paper/report.html", context, files)


register(Composer(kind=Kind.PROGRESS, compose=compose, lay_out=lay_out, parts=PARTS))
