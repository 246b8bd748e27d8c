"""What a therapist changes while somebody answers: nothing typed is lost, and it stays what was asked (B147)."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from contextlib import suppress
from itertools import permutations

import pytest
from django.utils import timezone

from clients import parting
from clients.models import Client, Couple
from exercises import answering, assigning, drafts, pausing, plans
from exercises.models import Answer, Occurrence, Pause, Response
from exercises.writing import editions
from practice.models import Membership
from tests.exercises.given import TWO_SCALES, give
from tests.factories import acting_as

pytestmark = pytest.mark.django_db

WORDS = {"near": ["7"], "good": ["Tea by the window"]}
DAY = datetime.timedelta(days=1)


class Desk:
    """The therapist at work, with one round that a partner is just answering."""

    def __init__(self, couple: Couple, therapist: Membership, theo: Client, occurrence: Occurrence) -> None:
        self.couple, self.therapist, self.theo, self.occurrence = couple, therapist, theo, occurrence

    def writes_another_edition(self) -> None:
        edition = self.occurrence.assignment.edition
        worded = [{**one, "label": f"{one['label']}, put anew"} for one in edition.content["questions"]]
        content = {"themes": [], "level": "gentle", **edition.content, "questions": worded}
        editions.publish_edition(edition.exercise, content)

    def carries_it_on_with_other_words(self) -> None:
        assignment = self.occurrence.assignment
        with suppress(assigning.Refused):  # once it has ended, or the couple has
            plans.carry_on(assignment, plans.draft_of(assignment), by=self.therapist)

    def ends_it(self) -> None:
        plans.end(self.occurrence.assignment)

    def lets_everything_rest(self) -> None:
        today = timezone.localdate()
        pausing.pause(
            self.couple, by=self.therapist, kind=Pause.Kind.values[0], starts_on=today - DAY, ends_on=today + DAY
        )

    def leaves_this_round_out(self) -> None:
        plans.skip(self.occurrence.assignment, self.occurrence.slot, by=self.therapist, reason="")

    def takes_it_back(self) -> None:
        assigning.withdraw(self.occurrence.assignment, self.therapist)

    def writes_down_that_the_other_has_left(self) -> None:
        parting.leave(self.theo, self.couple.pk, by=self.therapist)


ACTS: tuple[Callable[[Desk], None], ...] = (
    Desk.writes_another_edition, Desk.carries_it_on_with_other_words, Desk.ends_it, Desk.lets_everything_rest,
    Desk.leaves_this_round_out, Desk.takes_it_back, Desk.writes_down_that_the_other_has_left,
)  # fmt: skip
#: After these it may be answered all the same.
HARMLESS = {Desk.writes_another_edition, Desk.carries_it_on_with_other_words, Desk.ends_it}
ORDERS = [(one,) for one in ACTS] + list(permutations(ACTS, 2))


@pytest.mark.parametrize("acts", ORDERS, ids=lambda acts: "-then-".join(act.__name__ for act in acts))
def test_b147_what_somebody_types_meanwhile_is_sent_as_asked_or_kept_as_typed(acts, couple, mara, theo, therapist):
    hers, _his = give(couple, therapist, "reveal", TWO_SCALES)
    with acting_as(mara):
        drafts.save_draft(fresh(hers), author=mara, raw=WORDS, base_version=0)
    for act in acts:
        with acting_as(therapist):
            act(Desk(couple, therapist, theo, fresh(hers, "assignment__edition__exercise", "assignment__couple")))

    with acting_as(mara):
        now = fresh(hers)
        try:
            response = answering.submit(now, author=mara, raw=WORDS)
        except answering.NotOpen:
            assert not set(acts) <= HARMLESS
            assert {**drafts.kept(now, mara).raw} == WORDS
            assert not Response.objects.filter(occurrence=now).exists()
        else:
            assert response.occurrence.assignment.edition_id == hers.assignment.edition_id
            sent = {one.key: one for one in Answer.objects.filter(response=response)}
            assert set(sent) == set(WORDS)
            assert (sent["near"].number, sent["good"].text) == (7, "Tea by the window")


def fresh(occurrence: Occurrence, *also: str) -> Occurrence:
    return Occurrence.objects.select_related("assignment__edition", *also).get(pk=occurrence.pk)
