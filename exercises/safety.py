"""Safety before openness: while an answer about somebody's safety waits, nothing risky is given to both.

Who knows of such answers stands above this app and registers here.
"""

from __future__ import annotations

from collections.abc import Callable

from clients.models import Couple
from exercises.models import Edition
from exercises.vocabulary import Lane
from practice.models import Practice

#: The caution that forbids couple work where somebody fears a partner.
COERCION = "coercion"
#: What ships with Attune to ask each partner in private how safe they are.
UNIVERSAL = frozenset({"private-safety-check"})

#: Tells whether an answer of this couple waits for a therapist's look.
FlagReader = Callable[[Couple], bool]
_readers: list[FlagReader] = []


def register_flags(reader: FlagReader) -> FlagReader:
    """Let an app say that a couple has an open flag; use it as a decorator."""
    if reader not in _readers:
        _readers.append(reader)
    return reader


def held_back(couple: Couple, edition: Edition, people: int) -> bool:
    """Tell whether this waits until the open flag was looked at.

    It does for anything that carries the caution about coercion and is meant for more than one partner; what
    one person does alone stays possible, and so does the private check that all get alike. Only staff ever learn
    of it, when they are about to give something.
    """
    risky = edition.content.get("needs_clearance") or COERCION in edition.content.get("caution_codes", [])
    if not risky or people < 2 or goes_to_everybody(edition):
        return False
    return any(reader(couple) for reader in _readers)


def safety_unmarked(edition: Edition) -> bool:
    """Tell whether nobody has said yet which questions of an imported form ask about safety."""
    return (edition.content.get("fhir") or {}).get("cleared") is False


def duty_is_said(practice: Practice) -> bool:
    """Tell whether an owner has said who looks, when, and who covers."""
    return practice.duty_set_at is not None


def waits_for_duty(edition: Edition, practice: Practice, *, asks_about_safety: bool) -> bool:
    """Tell whether this cannot be given before an owner has said who looks at what it may bring up.

    That holds for all that a practice wrote or brought in by itself. What ships with Attune may be given under
    the usual hours and times, which end at an owner: a screen about safety that nobody can use because a
    page of settings is empty protects nobody.
    """
    return asks_about_safety and edition.practice_id is not None and not duty_is_said(practice)


def goes_to_everybody(edition: Edition) -> bool:
    """Tell whether this is the private safety check, or a practice's own copy of it, at whatever remove.

    It goes to all partners alike: were it given to one of them, having it would say that somebody worries.
    A copy that is private no more, or a blank beginning with questions about safety, is not it. Costs a query for
    each remove, and none for what is not private.
    """
    if edition.content["lane"] != Lane.PRIVATE:
        return False
    exercise = edition.exercise
    while exercise.practice_id is not None and exercise.adapted_from is not None:
        exercise = exercise.adapted_from.exercise
    return exercise.practice_id is None and exercise.slug in UNIVERSAL
