"""What a program sends to give practice, and how that becomes the form of the page, which judges it."""

from __future__ import annotations

from typing import Any, NoReturn
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers

from clients.models import Couple
from exercises.api.fields import DayField, MomentField
from exercises.assign_filling import is_sayable, rhythm_of
from exercises.assigning import Refused
from exercises.forms import EACH, NEVER, THESE, TOGETHER, USUAL, AssignForm
from exercises.giving import ALIKE, LONGEST_WHY, MOST_HOURS, FollowUp, Giving, OpensBy, deep_too_early
from exercises.library import find_exercise
from exercises.models import Edition
from exercises.recurrence import LONGEST_RULE, Freq, Recurrence, ScheduleError
from exercises.vocabulary import Lane
from exercises.when_form import DUE, EVENING, with_own
from practice.api.problems import Conflict
from practice.api.schema import example
from practice.models import Step

RETIRED = "This edition is not offered any more. Read the exercise to find the one that is."
DEEP = (
    "This goes deep, and they have done nothing of a middle level together here yet. "
    "If you know what you are doing, send sure as true."
)
BEFORE_SESSIONS = "Before a session it is once, or FREQ=WEEKLY for each one, with COUNT or UNTIL."
#: What the form calls otherwise.
NAMES = {
    "who": "partner_ids",
    "people": "partner_ids",
    "before": "due_hours_before",
    **dict.fromkeys(
        ("rhythm", "every", "weekdays", "nth", "nth_weekday", "ends", "count", "until", "sessions"), "rule"
    ),
    "opens_on": "opens_at",
    "opens_time": "opens_at",
    "reminder_steps": "reminders",
    "cards": "left_out",
    "refuse_late": "accept_late",
    "goal": "goal_id",
}
#: What speaks against giving because of how things stand, not because of what was sent.
STANDS = ("couple", "clearance", "safety", "assignment", "how")
#: What the form calls alike, and takes as it is.
ALIKE_NAMED = (
    "why", "due", "starts_on", "at", "lane", "opens_by", "whole_page", "smaller", "adaptations", "follow_up_when",
    "follow_up_hours", "sure",
)  # fmt: skip


def _hours(words: str, **kwargs: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=MOST_HOURS, required=False, help_text=words, **kwargs)


@example(why="Let us try it on Wednesdays.", rule="FREQ=WEEKLY;BYDAY=WE", at="20:00")
class ChangeSerializer(serializers.Serializer):
    """What may be changed of something given, from the next time on. What is left out stays."""

    why = serializers.CharField(
        max_length=LONGEST_WHY, required=False, help_text="One line in your own words: they read it above the exercise."
    )
    due = serializers.ChoiceField(DUE, required=False, help_text="On dates, before sessions, or whenever they need it.")
    rule = serializers.CharField(
        max_length=LONGEST_RULE,
        required=False,
        help_text="once, or a rule of RFC 5545 with FREQ, INTERVAL, BYDAY and COUNT or UNTIL: "
        "FREQ=WEEKLY;BYDAY=SU;COUNT=6. Monthly by a weekday (BYDAY=1SU, -1FR).",
    )
    starts_on = DayField(required=False, help_text="The first date, in each partner's own zone.")
    at = serializers.TimeField(required=False, help_text="The time of day, in each partner's own zone.")
    due_hours_before = _hours(
        "Before a session: so many hours. Null: on the evening before, at that time.", allow_null=True
    )
    opens_hours_before = _hours("It opens so long before it is due. Null: with its day.", allow_null=True)
    grace_hours = _hours("So long after it was due it does not count as late.")
    closes_hours_after = _hours("It closes so long after it was due. Null: by its rhythm.", allow_null=True)
    accept_late = serializers.BooleanField(required=False)
    opens_by = serializers.ChoiceField(OpensBy.choices, required=False, help_text="For the lane reveal: when it opens.")
    opens_at = MomentField(required=False, help_text="With opens_by date: the moment.")
    reminders = serializers.ListField(
        child=serializers.ChoiceField(Step.choices),
        required=False,
        allow_null=True,
        max_length=len(Step),
        help_text="When each of them is reminded. Null: as the practice does. An empty list: never.",
    )
    whole_page = serializers.BooleanField(required=False, help_text="All questions on one page.")
    smaller = serializers.BooleanField(required=False, help_text="A little of it is enough, and they read that.")
    adaptations = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        max_length=20,
        help_text="Keys of the edition's adaptations that are said to them.",
    )
    left_out = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=1000),
        required=False,
        max_length=1000,
        help_text="Cards of the deck that they do not get, counted from 0.",
    )
    follow_up = serializers.CharField(
        max_length=80, required=False, allow_null=True, help_text="The slug of what is offered afterwards."
    )
    follow_up_when = serializers.ChoiceField(FollowUp.choices, required=False)
    follow_up_hours = serializers.IntegerField(min_value=1, max_value=MOST_HOURS, required=False)
    goal_id = serializers.UUIDField(required=False, allow_null=True, help_text="The goal that it serves.")
    sure = serializers.BooleanField(required=False, help_text="Give deep work although nothing prepared it.")


@example(
    exercise="weekly-state-of-us",
    why="You both feel unseen at home.",
    rule="FREQ=WEEKLY;BYDAY=SU;COUNT=6",
    at="18:00",
    lane="reveal",
    opens_by="appointment",
)
class GiveSerializer(ChangeSerializer):
    """Something to give. What is left out is as the exercise proposes it, for all partners."""

    exercise = serializers.SlugField(
        max_length=80, required=False, help_text="Its slug: the edition on offer is given."
    )
    edition_id = serializers.UUIDField(required=False, help_text="Instead of exercise; the one that is on offer.")
    partner_ids = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        min_length=1,
        max_length=6,
        help_text="Ids of people. All of them.",
    )
    why = serializers.CharField(
        max_length=LONGEST_WHY, help_text="One line in your own words: they read it above the exercise."
    )
    lane = serializers.ChoiceField(
        Lane.choices,
        required=False,
        help_text="Who reads the answers: one of the edition's lanes. joint: they answer together.",
    )

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if ("exercise" in said) == ("edition_id" in said):
            raise serializers.ValidationError({"exercise": ["Say which exercise, or which edition: one of both."]})
        return said


def edition_of(said: dict[str, Any]) -> Edition:
    """Return the edition that was asked for, when it is on offer."""
    if "exercise" in said:
        exercise = find_exercise(said["exercise"])
        if exercise is None or exercise.newest is None:
            raise serializers.ValidationError({"exercise": ["There is no such exercise on offer."]})
        exercise.newest.exercise = exercise
        return exercise.newest
    edition = Edition.objects.select_related("exercise").filter(pk=said["edition_id"]).first()
    if edition is None:
        raise serializers.ValidationError({"edition_id": ["There is no such edition."]})
    if edition.exercise.newest_id != edition.pk or edition.exercise.retired_at is not None:
        raise Conflict(RETIRED, "retired")
    return edition


def chosen(offered: AssignForm, said: dict[str, Any]) -> Giving:
    """Return what was sent as an act of giving, filled up with what ``offered``, a form not sent yet, proposes."""
    filled = {name: offered.initial.get(name, field.initial) for name, field in offered.fields.items()}
    form = AssignForm(
        {**filled, **_as_form(offered, filled, said)},
        couple=offered.couple,
        edition=offered.edition,
        practice=offered.practice,
        continues=offered.continues,
    )
    for name, hours in (
        ("before", said.get("due_hours_before")),
        ("opens_hours_before", said.get("opens_hours_before")),
        ("grace_hours", said.get("grace_hours")),
        ("closes_hours_after", said.get("closes_hours_after")),
    ):
        offers = offered.fields[name].choices  # type: ignore[attr-defined]
        form.choices_of(name, with_own(list(offers), hours))
    form.choices_of("lane", list(Lane.choices))  # what is not allowed is refused with a reason
    giving = form.giving() if form.is_valid() else None
    if giving is None:
        raise serializers.ValidationError({NAMES.get(name, name): list(found) for name, found in form.errors.items()})
    if not said.get("sure") and deep_too_early(giving):
        raise serializers.ValidationError({"sure": [DEEP]})
    return giving


def _as_form(form: AssignForm, filled: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent by the names and values of the form."""
    made = {name: said[name] for name in ALIKE_NAMED if name in said}
    made["cards_shown"] = "1"
    for name, field, none in (
        ("due_hours_before", "before", EVENING),
        ("opens_hours_before", "opens_hours_before", ""),
        ("closes_hours_after", "closes_hours_after", ""),
    ):
        if name in said:
            made[field] = none if said[name] is None else str(said[name])
    if "grace_hours" in said:
        made["grace_hours"] = str(said["grace_hours"])
    if "accept_late" in said:
        made["refuse_late"] = not said["accept_late"]
    if "reminders" in said:
        steps = said["reminders"]
        made["reminders"] = USUAL if steps is None else THESE if steps else NEVER
        made["reminder_steps"] = steps or []
    if "left_out" in said:
        made["cards"] = _cards(form, said["left_out"])
    for name, field in (("follow_up", "follow_up"), ("goal_id", "goal")):
        if name in said:
            made[field] = str(said[name] or "")
    if "opens_at" in said:
        there = timezone.localtime(said["opens_at"], form.couple.zone)
        made |= {"opens_by": OpensBy.DATE, "opens_on": there.date(), "opens_time": there.time()}
    if "rule" in said:
        made |= _rhythm(form, {**filled, **made}, said)
    if form.continues is None:
        made |= _people(form, filled, said)
    return made


def _cards(form: AssignForm, left_out: list[int]) -> list[str]:
    cards = form.edition.content.get("prompts") or []
    if not set(left_out) <= set(range(len(cards))):
        raise serializers.ValidationError({"left_out": ["Please choose among the cards of this deck."]})
    return [str(place) for place in range(len(cards)) if place not in left_out]


def _rhythm(form: AssignForm, filled: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    try:
        wished = Recurrence.parse(said["rule"])
    except ScheduleError as error:
        raise serializers.ValidationError({"rule": [str(words) for words in error.errors.values()]}) from None
    by_session = filled["due"] == "appointment"
    simple = wished.freq is Freq.ONCE or (wished.freq is Freq.WEEKLY and wished.interval == 1 and not wished.weekdays)
    if by_session and not simple:
        raise serializers.ValidationError({"rule": [BEFORE_SESSIONS]})
    if not by_session and not is_sayable(form, wished):
        raise serializers.ValidationError(
            {"rule": ["It can come once, daily, weekly, monthly by a weekday, or as the exercise proposes."]}
        )
    made = rhythm_of(form, wished, filled["starts_on"])
    if wished.at is not None and "at" not in said:
        made["at"] = wished.at
    return made


def _people(form: AssignForm, filled: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    everybody: list[UUID] = [client.pk for client in form.partners()]
    people = set(said.get("partner_ids", everybody))
    if not people <= set(everybody):
        raise serializers.ValidationError({"partner_ids": ["Please choose among the partners of this couple."]})
    if form.alike and people != set(everybody):
        raise serializers.ValidationError({"partner_ids": [str(ALIKE)]})
    if said.get("lane", Lane.JOINT) == Lane.JOINT and (filled["who"] == TOGETHER or "lane" in said):
        if Lane.JOINT not in form.lanes:
            raise serializers.ValidationError({"lane": ["This exercise is answered by each person alone."]})
        if len(people) > 1:
            return {"who": TOGETHER, "lane": Lane.JOINT, "people": [str(pk) for pk in people]}
        if "lane" in said:
            raise serializers.ValidationError({"partner_ids": ["One answer together needs at least two people."]})
    who = str(next(iter(people))) if len(people) == 1 else EACH
    return {"who": who, "people": [str(pk) for pk in people]}


def refuse(refused: Refused) -> NoReturn:
    """Say why it cannot be given: 409 for how things stand, 400 with a pointer for what was sent."""
    for name in STANDS:
        if name in refused.errors:
            raise Conflict(str(refused.errors[name]), name) from refused
    errors = {NAMES.get(name, name): [str(words)] for name, words in refused.errors.items()}
    raise serializers.ValidationError(errors) from refused


def offered_for(couple: Couple, edition: Edition, request: Any) -> AssignForm:
    """Return the form of the page as it comes, filled with what the exercise proposes."""
    return AssignForm(None, couple=couple, edition=edition, practice=request.practice)
