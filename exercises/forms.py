"""The page on which a therapist gives practice: one form, and what it means as a :class:`Giving`."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from exercises.giving import ALIKE, LONGEST_WHY, FollowUp, Giving, OpensBy, goals_on_offer, lanes_on_offer, partners_of
from exercises.library import by_slug
from exercises.models import Assignment, Edition
from exercises.safety import goes_to_everybody
from exercises.schedule import instant
from exercises.vocabulary import ADAPTATIONS, Kind, Lane, Level, Participation
from exercises.when_form import WhenForm, day_input, time_input
from practice.models import Practice, Step

EACH, TOGETHER = "each", "together"
#: When to remind: as the practice does, at moments of its own, or never.
USUAL, THESE, NEVER = "usual", "these", "never"
#: What may be offered afterwards, in the order of the choice.
FOLLOW_UPS = (
    "day-after-follow-up",
    "after-sharing-care",
    "effort-or-pressure",
    "weekly-ritual-review",
    "refresh-a-ritual",
)
#: Suggested by itself: the day after a repair, and after going deep.
AFTER_REPAIR, AFTER_DEEP, AFTER_TRIAL = "day-after-follow-up", "after-sharing-care", "effort-or-pressure"
LONGEST_CARD = 90


class AssignForm(WhenForm):
    """Everything on one page. After ``is_valid`` :meth:`giving` says what was chosen.

    With ``continues``, an assignment, the form stands for the same people and lane and says what comes next.
    """

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    who = forms.ChoiceField(
        label=_("Who"),
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Please choose among the partners of this couple.")},
    )
    people = forms.MultipleChoiceField(
        label=_("Which of them"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Please choose among the partners of this couple.")},
    )
    why = forms.CharField(
        label=_("One line, in your own words"),
        max_length=LONGEST_WHY,
        help_text=_("They read it above the exercise. It is part of every assignment."),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Please write one line. They read it above the exercise.")},
    )
    lane = forms.ChoiceField(label=_("Who reads"), widget=forms.RadioSelect)
    opens_by = forms.ChoiceField(label=_("The answers open"), required=False, widget=forms.RadioSelect)
    opens_on = forms.DateField(
        label=_("On"), required=False, widget=day_input(), help_text=_("Empty: when the time to answer is over.")
    )
    opens_time = forms.TimeField(label=_("At"), required=False, widget=time_input())
    reminders = forms.ChoiceField(
        label=_("Remind each of them"),
        required=False,
        choices=[(USUAL, _("As the practice does")), (THESE, _("At these moments")), (NEVER, _("Not at all"))],
        widget=forms.RadioSelect,
        help_text=_("In neutral words, the way each of them chose. Never after they have sent."),
    )
    reminder_steps = forms.MultipleChoiceField(
        label=_("Moments"), required=False, choices=Step.choices, widget=forms.CheckboxSelectMultiple
    )
    whole_page = forms.BooleanField(
        label=_("All questions on one page"),
        required=False,
        help_text=_("Else one question a page, which is easier on a phone."),
    )
    smaller = forms.BooleanField(
        label=_("A little of it is enough"),
        required=False,
        help_text=_("They read above it that even two minutes count."),
    )
    adaptations = forms.MultipleChoiceField(
        label=_("Said to them besides"), required=False, widget=forms.CheckboxSelectMultiple
    )
    cards = forms.MultipleChoiceField(
        label=_("Cards in the deck"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Take away what does not fit these people."),
    )
    follow_up = forms.ChoiceField(label=_("Offer afterwards"), required=False)
    follow_up_when = forms.ChoiceField(
        label=_("It comes"), required=False, choices=FollowUp.choices, widget=forms.RadioSelect, initial=FollowUp.EACH
    )
    follow_up_hours = forms.IntegerField(
        label=_("Hours later"), required=False, min_value=1, max_value=24 * 60, initial=24
    )
    goal = forms.ChoiceField(label=_("Goal"), required=False)
    sure = forms.BooleanField(
        label=_("I know, and give it anyway"),
        required=False,
        help_text=_("That you chose this is noted in the trail."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        couple: Couple,
        edition: Edition,
        practice: Practice,
        continues: Assignment | None = None,
    ) -> None:
        self.practice, self.continues = practice, continues
        self.lanes = lanes_on_offer(edition, practice)
        #: Whether there is no choice: all partners get it alike.
        self.alike = continues is None and len(partners_of(couple)) > 1 and goes_to_everybody(edition)
        super().__init__(data, couple=couple, edition=edition)
        self._offer()
        if data is None:
            self.initial = {**self._suggestion(), **self.initial}

    # ── what there is to choose from ──

    def _offer(self) -> None:
        people = self.partners()
        who: list[tuple[str, Any]] = [(str(client.pk), client.name) for client in people]
        if len(people) > 1:
            who.append((EACH, _("Each of them")))
            if Lane.JOINT in self.lanes or (self.continues and self.continues.is_joint):
                who.append((TOGETHER, _("Together")))
        if self.alike:
            who = [(EACH, _("Each of them"))]
            self.fields["who"].error_messages["invalid_choice"] = ALIKE
        self.choices_of("who", who)
        self.choices_of("people", [(str(client.pk), client.name) for client in people])
        lanes = [Lane(self.continues.lane)] if self.continues else self.lanes
        self.choices_of("lane", [(lane.value, lane.label) for lane in lanes if lane != Lane.JOINT])
        self.choices_of("opens_by", list(OpensBy.choices))
        content = self.edition.content
        texts = content.get("adaptations") or {}
        self.choices_of("adaptations", [(key, ADAPTATIONS.get(key, key)) for key in texts])
        cards = content.get("prompts") or []
        self.choices_of("cards", [(str(place), card[:LONGEST_CARD]) for place, card in enumerate(cards)])
        self.follow_ups = self._follow_ups()
        self.choices_of(
            "follow_up", [("", _("Nothing")), *((slug, one.title) for slug, one in self.follow_ups.items())]
        )
        self.goals = {str(one.pk): one for one in goals_on_offer(self.couple, ())}
        self.choices_of("goal", [("", _("None")), *((pk, one.words[:LONGEST_CARD]) for pk, one in self.goals.items())])

    def partners(self) -> list[Client]:
        people = partners_of(self.couple)
        return [one for one in people if one.pk in self.continues.audience] if self.continues else people

    def _follow_ups(self) -> dict[str, Edition]:
        there = by_slug(FOLLOW_UPS)
        found: dict[str, Edition] = {}
        for slug in FOLLOW_UPS:
            newest = there[slug].newest if slug in there else None
            if newest is not None and newest.exercise_id != self.edition.exercise_id:
                found[slug] = newest
        kept = self.continues.follow_up if self.continues else None
        if kept is not None and kept.pk not in {one.pk for one in found.values()}:
            found[str(kept.pk)] = kept
        return found

    @property
    def several(self) -> bool:
        """Whether a choice among more than two has to be made."""
        return len(self.partners()) > 2 and not self.alike

    def who_choices(self) -> list[tuple[Any, int | None]]:
        """Return each choice of 'who' with the partner's fixed place, or None for all of them."""
        places = {str(partner.client_id): partner.position for partner in self.couple.partners.all()}
        return [(choice, places.get(str(choice.data["value"]))) for choice in self["who"]]

    def adaptation_choices(self) -> list[tuple[Any, str]]:
        """Return each adaptation with its text."""
        texts = self.edition.content.get("adaptations") or {}
        return [(choice, texts[str(choice.data["value"])]) for choice in self["adaptations"]]

    # ── what is filled in ──

    def _suggestion(self) -> dict[str, Any]:
        """Fill in what the exercise itself proposes, so that a therapist mostly only agrees."""
        content = self.edition.content
        proposed = Lane(content["lane"])
        together = content["participation"] != Participation.EACH_ALONE and proposed == Lane.JOINT
        people = self.partners()
        lanes = [lane for lane in self.lanes if lane != Lane.JOINT]
        each = EACH if len(people) > 1 else str(people[0].pk) if people else ""
        return {
            **self.suggested_when(),
            "key": uuid.uuid4(),
            "who": TOGETHER if together and len(people) > 1 else each,
            "people": [str(client.pk) for client in people],
            "lane": lanes[-1] if lanes else "",
            "opens_by": OpensBy.APPOINTMENT,
            "reminders": USUAL,
            "reminder_steps": self.practice.reminder_steps,
            "cards": [str(place) for place in range(len(content.get("prompts") or []))],
            **self._suggested_follow_up(),
        }

    def _suggested_follow_up(self) -> dict[str, Any]:
        content = self.edition.content
        slug, when = "", FollowUp.EACH
        if content.get("kind") == Kind.REPAIR:
            slug = AFTER_REPAIR
        elif content.get("level") == Level.DEEP:
            slug = AFTER_DEEP
        elif content.get("kind") == Kind.RITUAL and self.suggested.count:
            slug, when = AFTER_TRIAL, FollowUp.LAST
        return {"follow_up": slug if slug in self.follow_ups else "", "follow_up_when": when, "follow_up_hours": 24}

    # ── what was chosen ──

    def clean(self) -> dict[str, Any]:
        """Whoever wants moments of their own names one at least."""
        cleaned = super().clean()
        if self.cleaned_data.get("reminders") == THESE and not self.cleaned_data.get("reminder_steps"):
            self.add_error("reminder_steps", _("Choose one moment at least, or no reminder at all."))
        return cleaned

    def giving(self) -> Giving | None:
        """Return what was chosen as far as it can be understood; None while too much of it is missing."""
        chosen = self.cleaned_data
        if not {"who", "starts_on", "at", "recurrence"} <= chosen.keys():
            return None
        together = chosen["who"] == TOGETHER
        opens_by = "" if together else chosen.get("opens_by") or ""
        when = self.when()
        return Giving(
            couple=self.couple,
            edition=self.edition,
            clients=self._clients(chosen),
            lane=Lane.JOINT if together else chosen.get("lane", ""),
            why=chosen.get("why", ""),
            opens_by=opens_by,
            opens_at=self._opens_at(chosen) if opens_by == OpensBy.DATE else None,
            remind=chosen.get("reminders") != NEVER,
            reminder_steps=tuple(chosen["reminder_steps"]) if chosen.get("reminders") == THESE else None,
            whole_page=chosen.get("whole_page", False),
            smaller=chosen.get("smaller", False),
            adaptations=tuple(chosen.get("adaptations") or ()),
            left_out=self._left_out(chosen),
            follow_up=self.follow_ups.get(chosen.get("follow_up") or ""),
            follow_up_when=chosen.get("follow_up_when") or FollowUp.EACH,
            follow_up_hours=chosen.get("follow_up_hours") or 24,
            goal_id=uuid.UUID(chosen["goal"]) if chosen.get("goal") else None,
            key=chosen.get("key") or uuid.uuid4(),
            continues=self.continues,
            **when,
        )

    def _clients(self, chosen: dict[str, Any]) -> tuple[uuid.UUID, ...]:
        people = tuple(client.pk for client in self.partners())
        if chosen["who"] not in (EACH, TOGETHER):
            return tuple(one for one in people if str(one) == chosen["who"])
        if self.several and chosen.get("people"):
            return tuple(one for one in people if str(one) in chosen["people"])
        return people

    def _left_out(self, chosen: dict[str, Any]) -> tuple[int, ...]:
        """Cards that were unticked; a form that did not show them leaves out none."""
        if "cards_shown" not in self.data:
            return ()
        kept = {int(place) for place in chosen.get("cards") or ()}
        return tuple(place for place in range(len(self.edition.content.get("prompts") or [])) if place not in kept)

    def _opens_at(self, chosen: dict[str, Any]) -> datetime | None:
        day: date | None = chosen.get("opens_on")
        if day is None:
            return None
        return instant(day, chosen.get("opens_time") or time(18), self.couple.zone)

    def refuse(self, errors: dict[str, Any]) -> None:
        """Put what the giving was refused for beside the fields it belongs to."""
        for name, message in errors.items():
            spot = {"left_out": "cards", "due_hours_before": "before"}.get(name, name)
            if spot not in self.errors:
                self.add_error(spot if spot in self.fields else None, message)


__all__ = ["EACH", "TOGETHER", "AssignForm", "day_input", "time_input"]
