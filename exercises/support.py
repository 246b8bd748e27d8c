"""Help while somebody answers: before anything is sent, on the page of the question alone, in their own country.

What speaks of harming oneself shows where to turn as soon as it is marked. Where a partner may be what somebody
fears, the same help is a quiet line that stands on the page whatever was answered, because somebody may be looking
over a shoulder; the person opens it. Nothing of it is kept, and no other page knows of it.

What is answered together lies on a screen that several people see. There nothing follows from an answer: the same quiet
line, for everybody, on every page of it, whether or not the form asks about anything of the kind.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from clients import wishes
from clients.models import Client
from exercises.flags import raised
from exercises.measures import scoring_in
from exercises.models import Edition
from exercises.pages import Page
from exercises.publishing.risk_words import sounds_of_despair
from exercises.question import Question
from exercises.values import Value
from exercises.vocabulary import Lane
from practice import crisis
from practice.crisis import Help
from practice.models import Practice


@dataclass(frozen=True)
class Support:
    """What a page has to offer. ``possible``: it may be needed at once; ``now``: it is."""

    help: Help
    now: bool
    possible: bool
    line: bool
    is_read_now: bool


def support(
    edition: Edition,
    lane: str,
    page: Page,
    values: Mapping[str, Value],
    *,
    person: Client,
    practice: Practice,
    now: datetime,
) -> Support | None:
    """Return what a page of questions has to offer; None where nothing on it may call for help."""
    if lane == Lane.JOINT:
        return standing(person=person, practice=practice, now=now)
    # By the words that its author wrote, in whatever language somebody reads it.
    asked = [edition.form[one.base] for one in page.questions]
    calling = [one for one in asked if _calls(edition, one)]
    if not calling:
        return None
    possible = [one for one in calling if _of_despair(edition, one)]
    marked = _marked(edition, values, {one.base for one in possible})
    only_despair = len(possible) == len(calling)
    return Support(
        help=crisis.help_for(country_of(person, practice), "crisis" if only_despair else ""),
        now=bool(marked),
        possible=bool(possible),
        line=not only_despair,
        is_read_now=practice.hours.is_open(now),
    )


def standing(*, person: Client, practice: Practice, now: datetime) -> Support:
    """Return the line that stands wherever several look at one screen. It knows of no form and of no answer."""
    return Support(
        help=crisis.help_for(country_of(person, practice)),
        now=False,
        possible=False,
        line=True,
        is_read_now=practice.hours.is_open(now),
    )


def country_of(person: Client, practice: Practice) -> str:
    """The country that somebody says they live in; the practice's where they say none. Never guessed."""
    return wishes.of(person).country or practice.country


def _calls(edition: Edition, question: Question) -> bool:
    """Whether an answer to it may ask a therapist to look."""
    if question.may_flag_urgently:
        return True
    return question.base in _safety_items(edition)


def _of_despair(edition: Edition, question: Question) -> bool:
    """Whether what it asks, or one of its answers, is about harming oneself."""
    if question.base in _safety_items(edition):
        scoring = scoring_in(edition.content, edition.form)
        if scoring is not None and not scoring.measure.person_only:
            return True
    labels = [question.label, question.help]
    for parts in (question.options, question.rows, question.stops):
        labels += [part.label for part in parts]
    return any(sounds_of_despair(label, _language(edition)) for label in labels)


def _marked(edition: Edition, values: Mapping[str, Value], bases: Collection[str]) -> list[str]:
    """The answers among these that call for help: marked by a rule, and about oneself as they stand."""
    if not bases:
        return []
    scoring = scoring_in(edition.content, edition.form)
    flags = [*raised(edition.form, values), *(scoring.raised(values) if scoring else [])]
    keys = [one.key for one in flags if one.key in edition.form]
    return [key for key in keys if edition.form[key].base.partition(".")[0] in bases and _says(edition, key, values)]


def _says(edition: Edition, key: str, values: Mapping[str, Value]) -> bool:
    """Whether the answer itself is about despair: of several options, only those that were chosen count."""
    question = edition.form[key]
    chosen = values[key].choices
    if question.base.partition(".")[0] in _safety_items(edition) or not chosen:
        return True
    labels = [question.label, *(question.option_label(one) for one in chosen)]
    return any(sounds_of_despair(label, _language(edition)) for label in labels)


def _safety_items(edition: Edition) -> set[str]:
    """The questions that are items of a published measure which ask about safety."""
    scoring = scoring_in(edition.content, edition.form)
    if scoring is None:
        return set()
    numbers = set(scoring.measure.safety_items)
    items = (edition.content.get("scoring") or {}).get("items") or {}
    return {key for key, number in items.items() if number in numbers}


def _language(edition: Edition) -> str:
    return str(edition.content.get("language") or "en")
