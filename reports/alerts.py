"""Something a therapist must look at: answers that an exercise marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exercises import measures
from exercises.answers import words
from exercises.flags import Flag, FlagError, FlagRule, raised
from exercises.measured import scoring_of
from exercises.measures.native import SAFETY_RULE
from exercises.measures.scoring import POSITIVE
from exercises.models import Answer, Response
from exercises.questions import Question
from exercises.values import Value
from practice.models import Membership
from reports.models import Alert
from reports.scores import value_of


def raise_alerts(response: Response, answers: Mapping[str, Answer]) -> list[Alert]:
    """Write one alert for each answer that its question marks, in the transaction of the answer itself.

    Rules look at structured answers only: no words raise or silence anything, and no draft does.
    """
    values = {key: value_of(answer) for key, answer in answers.items()}
    flags = [*raised(response.edition.form, values), *_of_measure(response, values)]
    rows = [
        Alert(
            couple_id=response.couple_id,
            client_id=response.author_id,
            response=response,
            key=flag.key,
            rule=str(flag.rule)[:120],
        )
        for flag in flags
    ]
    return Alert.objects.bulk_create(rows, ignore_conflicts=True)


def _of_measure(response: Response, values: Mapping[str, Value]) -> list[Flag]:
    """What the items of a measure raise by themselves, whether or not its form marks them too."""
    scoring = scoring_of(response.edition)
    return scoring.raised(values) if scoring else []


@transaction.atomic
def acknowledge(alert: Alert, *, by: Membership, note: str) -> Alert:
    """Write down who looked and what they did; the first one who acknowledges stands."""
    alert = Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
    if alert.acknowledged_at is None:
        alert.acknowledged_at, alert.acknowledged_by, alert.note = timezone.now(), by, note
        alert.save(update_fields=["acknowledged_at", "acknowledged_by", "note"])
    return alert


@dataclass(frozen=True)
class Told:
    """An alert in words: what was asked, what was answered, and why that is shown."""

    what: str
    question: str
    answer: str
    rule: str


def told(alert: Alert) -> Told:
    """Say what an alert is about. The answer is read now, through the asker's own walls."""
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
