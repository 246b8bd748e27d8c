"""Questions about self-harm, suicide or violence: told by the author, or by their words.

Such a question is covered when its answers go to the therapists alone and at least one of them raises a flag.
Words find most of them, not all: that is why an author can mark a question (`risk`), either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.lanes import lane_of
from exercises.publishing.finding import Draft, Finding, stop, warn
from exercises.publishing.risk_words import sounds_of_fear, sounds_of_harm
from exercises.question import Question
from exercises.vocabulary import Lane


def check_risk(draft: Draft) -> list[Finding]:
    found: list[Finding] = []
    scoring = draft.content.get("scoring")
    measured = set(scoring.get("items") or ()) if isinstance(scoring, dict) and "measure" in scoring else set()
    for question in draft.form:
        if asks_about_harm(question, draft.language):
            found += _check_harm(draft, question, covered=question.key in measured)
        elif rules_of(question):
            found += _check_flagged(draft, question)
    return found


def asks_about_harm(question: Question, language: str) -> bool:
    """As its author said; where they said nothing, as its words sound. English ones are always looked for."""
    if question.risk is not None:
        return question.risk
    return any(sounds_of_harm(label, language) for label in _words_of(question))


def cannot_wait(question: Question, language: str) -> bool:
    """Whether an answer here that asks for a look is looked at at once, however urgent its author calls it.

    While somebody's fear waits for a look, nothing sealed opens; a lesser word on it would let that pass.
    """
    if question.risk is not None:
        return question.risk
    words = _words_of(question)
    return any(sounds_of_harm(one, language) or sounds_of_fear(one, language) for one in words)


def _words_of(question: Question) -> Iterable[str]:
    labels = [question.label, question.help]
    for parts in (question.options, question.rows, question.stops):
        labels += [part.label for part in parts]
    return labels


def _or_say(message: str | Promise) -> Promise:
    return format_lazy("{what} {out}", what=message, out=_("If it does not ask about harm, say so beside it."))


def rules_of(question: Question) -> list[str]:
    return [rule for rule in (question.flag_if, *(row.flag_if for row in question.rows)) if rule]


def _check_harm(draft: Draft, question: Question, *, covered: bool) -> Iterator[Finding]:
    """covered: it is an item of a published measure, which raises its own flags."""
    key, lane = question.key, lane_of(question, draft.lane)
    if lane is Lane.OWN:
        message = _("This asks about harm where no therapist reads the answer.")
        yield stop(draft.place(question, "lane"), "risk_unseen", _or_say(message), key)
    elif lane is not Lane.PRIVATE:
        message = _("This asks about harm, and a partner would read the answer. It has to be private.")
        yield stop(draft.place(question, "lane"), "risk_open", _or_say(message), key)
    if not rules_of(question) and not covered:
        message = _("This asks about harm, and no answer asks a therapist to look.")
        yield stop(
            draft.place(question, "flag_if"),
            "risk_unflagged",
            _or_say(message),
            key,
        )
    yield from _check_severity(draft, question)
    if question.required and not question.decline:
        message = _("Nobody has to answer this one: please let them rather not say.")
        yield stop(draft.place(question, "decline"), "risk_forced", message, key)


def _check_severity(draft: Draft, question: Question) -> Iterator[Finding]:
    if not question.may_flag or question.may_flag_urgently:
        return
    if asks_about_harm(question, draft.language):
        message = _("This asks about harm, so an answer that asks for a look is looked at at once.")
    elif cannot_wait(question, draft.language):
        message = _("This speaks of fear, so an answer that asks for a look is looked at at once.")
    else:
        return
    yield stop(draft.place(question, "severity"), "risk_not_urgent", _or_say(message), question.key)


def _check_flagged(draft: Draft, question: Question) -> Iterator[Finding]:
    yield from _check_severity(draft, question)
    key, lane = question.key, lane_of(question, draft.lane)
    if lane is Lane.OWN:
        message = _("An answer here asks a therapist to look, but no therapist reads this lane.")
        yield stop(draft.place(question, "flag_if"), "flag_unseen", message, key)
    elif lane is not Lane.PRIVATE:
        message = _("An answer here asks a therapist to look, and a partner can read it, too.")
        yield warn(draft.place(question, "flag_if"), "flag_open", message, key)
