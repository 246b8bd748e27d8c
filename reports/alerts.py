"""Something a therapist must look at: answers that an exercise marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from clients import duty
from exercises import holding, measures
from exercises.answers import words
from exercises.flags import Flag, FlagError, FlagRule, Severity, raised
from exercises.measured import score_of, scoring_of
from exercises.measures.explaining import figure
from exercises.measures.native import SAFETY_RULE
from exercises.measures.scoring import POSITIVE
from exercises.models import Answer, MeasureEntry, Response
from exercises.publishing.risk import cannot_wait
from exercises.questions import Question
from exercises.values import Value
from practice import clock, tenancy
from practice.models import Membership
from reports import alert_ladder, events
from reports.models import Act, Alert, AlertStep, Judgement
from reports.scores import value_of

Kind = AlertStep.Kind


class NotNow(Exception):
    """This step does not follow on how the alert stands. Somebody else may have been quicker."""


# ── raising ──────────────────────────────────────────────────────────────────


def raise_alerts(response: Response, answers: Mapping[str, Answer]) -> list[Alert]:
    """Write one alert for each answer that its question marks, in the transaction of the answer itself.

    Rules look at structured answers only: no words raise or silence anything, and no draft does. Who is told at
    once is told in the same transaction.
    """
    values = {key: value_of(answer) for key, answer in answers.items()}
    flags = [*_of_questions(response, values), *_of_measure(response, values)]
    source = Alert.Source.IMPORTED if response.imported_at else Alert.Source.ANSWER
    return _raise(
        Alert(
            couple_id=response.couple_id,
            client_id=response.author_id,
            response=response,
            source=source,
            key=flag.key,
            rule=str(flag.rule)[:120],
            severity=flag.severity,
        )
        for flag in flags
    )


def raise_for_entry(entry: MeasureEntry) -> list[Alert]:
    """Do the same for a score that staff entered from a paper form, as Attune itself."""
    score = score_of(entry)
    return _raise(
        Alert(
            couple_id=entry.couple_id,
            client_id=entry.client_id,
            entry=entry,
            source=Alert.Source.PAPER,
            key=flag,
            rule=POSITIVE if flag == POSITIVE else SAFETY_RULE,
        )
        for flag in score.flags
    )


def _raise(rows: Iterable[Alert]) -> list[Alert]:
    # What two rules say of one answer is as urgent as the more urgent of them.
    by_urgency = sorted(rows, key=lambda one: Severity(one.severity).rank, reverse=True)
    wanted = list({one.key: one for one in by_urgency}.values())
    if not wanted:
        return []
    holding.in_turn(wanted[0].couple_id)
    Alert.objects.bulk_create(wanted, ignore_conflicts=True)
    there = set(Alert.objects.filter(pk__in=[one.pk for one in wanted]).values_list("pk", flat=True))
    new = [one for one in wanted if one.pk in there]
    alert_ladder.begin(new, clock.now())
    events.raised(new)
    if any(one.is_urgent for one in new):
        holding.hold(new[0].couple_id)
    return new


def _of_questions(response: Response, values: Mapping[str, Value]) -> list[Flag]:
    """What marked questions raise. Where one asks about harm or fear, a lesser urgency than any is not taken.

    Publishing refuses such a form; this holds for what was published before, or came another way.
    """
    form, language = response.edition.form, str(response.edition.content.get("language") or "en")
    flags = raised(form, values)
    late = {one.key for one in flags if one.severity != Severity.URGENT}
    at_once = {one.key for one in form.in_order(late) if cannot_wait(one, language)}
    return [replace(one, severity=Severity.URGENT) if one.key in at_once else one for one in flags]


def _of_measure(response: Response, values: Mapping[str, Value]) -> list[Flag]:
    """What the items of a measure raise by themselves, whether or not its form marks them too."""
    scoring = scoring_of(response.edition)
    return scoring.raised(values) if scoring else []


# ── what is done about one ───────────────────────────────────────────────────


@dataclass(frozen=True)
class Assessment:
    """What somebody judged, what they did, and their own words about it."""

    judgement: str
    acts: tuple[str, ...]
    note: str

    def __post_init__(self) -> None:
        if self.judgement not in Judgement.values or not self.acts or not set(self.acts) <= set(Act.values):
            raise ValueError("an assessment names a judgement and at least one act")
        if not self.note.strip():
            raise ValueError("an assessment has words")


@transaction.atomic
def acknowledge(alert: Alert, *, by: Membership) -> Alert:
    """Take it on: the ladder stops, and it is theirs until it is closed. The first one who takes it stands."""
    alert = _urgent(alert)
    if alert.acknowledged_at is None:
        now = clock.now()
        _take(alert, by, now)
        alert_ladder.step(alert, Kind.ACKNOWLEDGED, member_id=by.pk, now=now)
    return alert


@transaction.atomic
def take_over(alert: Alert, *, by: Membership) -> Alert:
    """Take on what a colleague had taken: it is written down like the first time."""
    alert = _urgent(alert)
    if alert.is_closed:
        raise NotNow
    if alert.acknowledged_by_id != by.pk:
        now = clock.now()
        _take(alert, by, now)
        alert_ladder.step(alert, Kind.ACKNOWLEDGED, member_id=by.pk, now=now)
    return alert


def _take(alert: Alert, by: Membership, now: datetime) -> None:
    alert.acknowledged_at, alert.acknowledged_by, alert.next_at = now, by, None
    alert.save(update_fields=["acknowledged_at", "acknowledged_by", "next_at"])
    with tenancy.elevated():  # who looks after it sees the couple until it is closed
        duty.let_in(by, alert.couple_id, until=None)


@transaction.atomic
def assess(alert: Alert, assessment: Assessment, *, by: Membership) -> Alert:
    """Write down what was judged and done; it may be said again later. Raises :class:`NotNow` for a closed one."""
    alert = acknowledge(alert, by=by)
    if alert.is_closed:
        raise NotNow
    _write_down(alert, Kind.ASSESSED, assessment, by)
    return alert


@transaction.atomic
def close(alert: Alert, assessment: Assessment, *, by: Membership) -> Alert:
    """Close it with what was judged and done. What cannot be judged yet cannot be closed (:class:`NotNow`)."""
    if assessment.judgement == Judgement.UNCLEAR:
        raise NotNow
    holding.in_turn(alert.couple_id)
    alert = acknowledge(alert, by=by)
    if alert.is_closed:
        raise NotNow
    alert.closed_at = clock.now()
    _write_down(alert, Kind.CLOSED, assessment, by)
    with tenancy.elevated():
        duty.in_turn(alert.couple_id)
        if not Alert.objects.open().urgent().filter(couple_id=alert.couple_id).exists():
            duty.end_covers(alert.couple_id, alert.closed_at)
        holding.lift(alert.couple_id)
    return alert


def _write_down(alert: Alert, kind: str, assessment: Assessment, by: Membership) -> None:
    now = alert.closed_at or clock.now()
    # What was judged has its time before anybody else is told, as when it was taken.
    alert.assessed_at, alert.note, alert.next_at = now, assessment.note, None
    alert.save(update_fields=["assessed_at", "closed_at", "note", "next_at"])
    alert_ladder.step(
        alert,
        kind,
        member_id=by.pk,
        now=now,
        judgement=assessment.judgement,
        acts=assessment.acts,
        note=assessment.note,
    )


@transaction.atomic
def seen(alert: Alert, *, by: Membership) -> Alert:
    """Put away what was not urgent: a look is all it asks for. Raises :class:`NotNow` for what is urgent or closed."""
    alert = _locked(alert)
    if alert.is_urgent or alert.is_closed:
        raise NotNow
    now = clock.now()
    alert.acknowledged_at, alert.acknowledged_by, alert.closed_at = now, by, now
    alert.save(update_fields=["acknowledged_at", "acknowledged_by", "closed_at"])
    alert_ladder.step(alert, Kind.CLOSED, member_id=by.pk, now=now, acts=[Act.READ])
    return alert


@transaction.atomic
def reopen(alert: Alert, *, by: Membership, note: str) -> Alert:
    """Open it again, with a word about why: it is theirs who opens it. Raises :class:`NotNow` for an open one."""
    holding.in_turn(alert.couple_id)
    alert = _locked(alert)
    if not alert.is_closed:
        raise NotNow
    now = clock.now()
    alert.round, alert.number = alert.round + 1, 1
    alert.acknowledged_at, alert.acknowledged_by = now, by
    alert.assessed_at = alert.closed_at = alert.next_at = None
    alert.save(
        update_fields=[
            "round", "number", "acknowledged_at", "acknowledged_by", "assessed_at", "closed_at", "next_at",
        ]
    )  # fmt: skip
    alert_ladder.step(alert, Kind.REOPENED, member_id=by.pk, now=now, note=note)
    if alert.is_urgent:
        with tenancy.elevated():
            duty.in_turn(alert.couple_id)
            duty.let_in(by, alert.couple_id, until=None)
            holding.hold(alert.couple_id)
    return alert


def _locked(alert: Alert) -> Alert:
    return Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)


def _urgent(alert: Alert) -> Alert:
    """Hold it; only what is urgent is taken on and judged (:func:`seen` is for the rest)."""
    alert = _locked(alert)
    if not alert.is_urgent:
        raise NotNow
    return alert


def trail(alert: Alert) -> list[AlertStep]:
    """Everything that happened to it, in order."""
    return list(AlertStep.objects.filter(alert=alert).select_related("member").order_by("at", "pk"))


# ── in words ─────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Told:
    """An alert in words: what was asked, what was answered, and why that is shown."""

    what: str
    question: str
    answer: str
    rule: str


def told(alert: Alert) -> Told:
    """Say what an alert is about. The answer is read now, through the asker's own walls."""
    if alert.response is None:
        return _told_of_entry(alert)
    edition = alert.response.edition
    if alert.key not in edition.form:
        measure = measures.find(alert.key)
        return Told(edition.title, measure.name if measure else alert.key, "", rule_of_measure(alert.rule))
    question = edition.form[alert.key]
    answer = Answer.objects.filter(response_id=alert.response_id, key=alert.key).first()
    return Told(
        what=edition.title,
        question=question.label,
        answer=words(question, value_of(answer)) if answer else "",
        rule=rule_in_words(question, alert.rule),
    )


def _told_of_entry(alert: Alert) -> Told:
    """A score from a paper form: the item and the number that was entered, or the total."""
    entry = alert.entry
    if entry is None:  # the database holds one or the other
        raise LookupError("an alert about nothing")
    score = score_of(entry)
    number = alert.key.removeprefix("item_")
    if number == alert.key:
        question, answer = _("The total"), "" if score.total is None else figure(score.total)
    else:
        question, answer = _("Item %(n)s") % {"n": number}, str(entry.safety.get(number, ""))
    if entry.taken_back_at is not None:
        answer = _("%(answer)s (this score was corrected or taken back since)") % {"answer": answer}
    return Told(score.measure.name, question, answer.strip(), rule_of_measure(alert.rule))


def rule_of_measure(text: str) -> str:
    """What a rule of a measure means, or the rule itself where it is of another kind."""
    if text == POSITIVE:
        return _("Shown to you whenever the screen as a whole asks for a closer look.")
    if text == SAFETY_RULE:
        return _("Shown to you whenever the answer is not the lowest, whatever the score is.")
    return text


def rule_in_words(question: Question, text: str) -> str:
    """'Shown to you whenever the answer is 7 or more.'"""
    try:
        rule = FlagRule.parse(text)
    except FlagError:
        return rule_of_measure(text)
    options = ", ".join(f"“{question.option_label(one)}”" for one in rule.options)
    match rule.word:
        case "yes":
            return _("Shown to you whenever the answer is yes.")
        case "no":
            return _("Shown to you whenever the answer is no.")
        case ">=":
            return _("Shown to you whenever the answer is %(number)s or more.") % {"number": rule.number}
        case "<=":
            return _("Shown to you whenever the answer is %(number)s or less.") % {"number": rule.number}
        case "any":
            return _("Shown to you whenever one of these is chosen: %(options)s.") % {"options": options}
        case "none":
            return _("Shown to you whenever none of these is chosen: %(options)s.") % {"options": options}
    return _("Shown to you whenever the answer is exactly %(number)s.") % {"number": rule.number}
