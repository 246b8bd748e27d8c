"""One set of answers, as it was asked: the wording of its edition, what was answered, and the score with its rule.

The clinical edition is what a therapist may read, the partner's one is its author's own, and the shared one
exists only while every partner may read it. An answer in a lane that an edition may not read is not in it, and
nothing shows that it is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exercises import saying
from exercises.conditions import visible
from exercises.lanes import lane_of
from exercises.languages import spoken
from exercises.models import Answer, Response
from exercises.questions import Form
from exercises.vocabulary import Lane
from practice import times
from reports import editions, findings, layout, marks, paper
from reports.kinds.base import Composer, Layout, NotTold, Ordered, Part, register
from reports.models.report import Audience, Kind
from reports.score_scales import scales_of

PARTS = (
    Part("answers", gettext_lazy("The answers")),
    Part("scores", gettext_lazy("The score")),
)
#: From so many letters on somebody's words get the whole width.
LONG = 60


@dataclass(frozen=True, slots=True)
class Said:
    """One question with its answer. ``tone``: said, declined or open; ``lane`` where it is another one."""

    asked: str
    words: str
    head: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    tone: str = "said"
    is_text: bool = False
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """One score of it: what it is, the number, its range, and the rule that made it."""

    what: str
    value: str
    of: str
    rule: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersSent(paper.Document):
    """What somebody sent once."""

    kind: ClassVar[str] = "response"

    title: str
    author: int
    sent: str
    lane: str
    edition_of: str
    answers: tuple[Said, ...] = ()
    scores: tuple[Scored, ...] = ()


# ── reading ──────────────────────────────────────────────────────────────────


def compose(ordered: Ordered) -> AnswersSent:
    """Read it as far as the edition may; raise :class:`NotTold` where it may not have it at all."""
    found = editions.answers_of(
        ordered.couple, ordered.report.response_id, ordered.report.audience, ordered.reader, ordered.now
    )
    if found is None:
        raise NotTold
    response, answers, scores = found
    clinical = ordered.report.audience == Audience.CLINICAL
    author = next(one for one in ordered.couple.partners.all() if one.client_id == response.author_id)
    edition = spoken(response.edition, ordered.language)
    head = ordered.head()
    if response.lane != Lane.JOINT:
        head |= {"partners": (paper.Partner(author.client.name, author.position),)}
    return AnswersSent(
        **head,
        title=edition.title,
        author=author.position,
        sent=_sent(ordered, response),
        lane=str(Lane(response.lane).label) if clinical else "",
        edition_of=_("Edition %(n)s") % {"n": edition.number},
        answers=tuple(_said(edition.form, answers, response, clinical=clinical)) if ordered.has("answers") else (),
        scores=tuple(_scored(response, scores)) if ordered.has("scores") else (),
        about=_about(response),
    )


def _sent(ordered: Ordered, response: Response) -> str:
    when = times.weekday_date_time(response.submitted_at, ordered.couple.zone)
    year = times.there(response.submitted_at, ordered.couple.zone).year
    return f"{when}, {year}"


def _said(form: Form, answers: Mapping[str, Answer], response: Response, *, clinical: bool) -> Iterable[Said]:
    values = {key: answer.value for key, answer in answers.items()}
    open_ones = _left_open(form, values, response) if clinical else set()
    asked = [one for one in form.instances(values) if one.is_asked]
    for one in saying.lines(form, values, asked):
        if one.blank:
            if one.key in open_ones:
                yield Said(one.label, _("Left open"), one.head, tone="open")
            continue
        key = next(key for key in (one.key, *(row.question.key for row in one.rows)) if key in answers)
        lane = answers[key].lane
        yield Said(
            asked=one.label,
            words=_("Would rather not say. That is fine.") if one.declined else one.words,
            head=one.head,
            rows=() if one.declined else tuple((row.label, row.words) for row in one.said_rows),
            tone="declined" if one.declined else "said",
            is_text=one.is_text and len(one.words) > LONG,
            lane=str(Lane(lane).label) if clinical and lane != response.lane else "",
        )


def _left_open(form: Form, values: Mapping[str, Any], response: Response) -> set[str]:
    """What was asked and left blank. Where it might have been answered for nobody else to read, nothing is said."""
    shown = visible(form, values)
    return {one.key for one in form if one.key in shown and lane_of(one, response.lane) is Lane(response.lane)}


def _scored(response: Response, scores: Iterable[Any]) -> Iterable[Scored]:
    scales = scales_of(response.edition.exercise.slug, response.edition)
    for one in scores:
        scale = scales.get(one.series)
        if scale is None:
            continue
        value = findings.number(float(one.value))
        what = scale.what[:1].upper() + scale.what[1:]
        of = ""
        if scale.high is not None:
            of = _("from %(low)s to %(high)s") % {
                "low": findings.number(scale.low),
                "high": findings.number(scale.high),
            }
        yield Scored(what, value, of, one.rule, scale.note)


def _about(response: Response) -> tuple[str, ...]:
    told = [_("Printed as it was asked that day, in the words of its edition.")]
    if response.revision > 1:
        told.append(_("Its author changed it after sending; this is what stands now."))
    return tuple(told)


# ── laying out ───────────────────────────────────────────────────────────────


def lay_out(document: AnswersSent) -> Layout:
    """Answers under the heads of their groups."""
    context, pictures = layout.begin(document)
    document = context["report"]
    groups: list[tuple[str, list[Said]]] = []
    for one in document.answers:
        if not groups or groups[-1][0] != one.head:
            groups.append((one.head, []))
        groups[-1][1].append(one)
    context |= {
        "small": True,
        "period_label": _("Sent"),
        "period": document.sent,
        "groups": groups,
        "about_title": _("About this page"),
        "letter": marks.letter(document.author),
    }
    return Layout("reports/paper/response.html", context, layout.files_of(document, pictures))


register(Composer(kind=Kind.RESPONSE, compose=compose, lay_out=lay_out, parts=PARTS))
