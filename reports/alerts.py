"""Something a therapist must look at: answers that an exercise marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exercises.answers import words
from exercises.flags import FlagError, FlagRule, raised
from exercises.models import Answer, Response
from exercises.questions import Question
from practice.models import Membership
from reports.models import Alert
from reports.scores import value_of


def raise_alerts(response: Response, answers: Mapping[str, Answer]) -> list[Alert]:
    """Write one alert for each answer that its question marks, in the transaction of the answer itself.

    Rules look at structured answers only: no words raise or silence anything, and no draft does.
    """
    flags = raised(response.edition.form, {key: value_of(answer) for key, answer in answers.items()})
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
        return Told(edition.title, alert.key, "", alert.rule)
    question = edition.form[alert.key]
    answer = Answer.objects.filter(response_id=alert.response_id, key=alert.key).first()
    return Told(
        what=edition.title,
        question=question.label,
        answer=words(question, value_of(answer)) if answer else "",
        rule=rule_in_words(question, alert.rule),
    )


def rule_in_words(question: Question, text: str) -> str:
    """'Shown to you whenever the answer is 7 or more.'"""
    try:
        rule = FlagRule.parse(text)
    except FlagError:
        return text
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
