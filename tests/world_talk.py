"""What people of the world say to each other, want to reach, and note down when they look back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exercises import agenda, goals, notes, reviewing, threads
from exercises import psychotherapy_notes as own_notes
from exercises.models import Response
from practice.ids import uuid7
from tests.factories import acting_as

if TYPE_CHECKING:
    from tests.world import House

CLINICIANS = ("owner", "supervisor", "therapist", "cover")
BOTH = ("mara", "theo")


def look_back(house: House) -> None:
    """Threads, goals, reviews and notes, by the verbs of the product, as the people who would do it."""
    _mara(house)
    _therapist(house)
    with acting_as(house["theo"]):
        goals.rate(house.things["goal"], house["theo"], 4, key=uuid7())


def _mara(house: House) -> None:
    things, mara, couple = house.things, house["mara"], house.couple
    people = [client.pk for client in couple.clients]
    with acting_as(mara):
        things["thread_alone"] = threads.begin(
            couple, [mara.pk], by=mara, text=house.word("talkalone", *CLINICIANS, "mara"), key=uuid7(),
            about=threads.About(),
        )  # fmt: skip
        things["thread"] = threads.begin(
            couple, people, by=mara, text=house.word("talkall", *CLINICIANS, *BOTH), key=uuid7(), about=threads.About()
        )
        things["goal_alone"] = goals.propose(
            mara, couple, house.word("goalalone", *CLINICIANS, "mara"), alone=True, key=uuid7()
        )
        goals.rate(things["goal_alone"], mara, 3, key=uuid7())


def _therapist(house: House) -> None:
    things, therapist = house.things, house["therapist"]
    people = [client.pk for client in house.couple.clients]
    with acting_as(therapist):
        things["goal"] = goals.set_goal(
            house.couple, people, house.word("goalall", *CLINICIANS, *BOTH), by=therapist, key=uuid7()
        )
        things["note"] = notes.write(house.couple, therapist, house.word("staffnote", *CLINICIANS), for_session=True)
        things["psychotherapy_note"] = own_notes.write(
            house.couple, therapist, house.word("psychotherapynote", "therapist")
        )
        things["agenda"] = agenda.note_down(house.couple, therapist, house.word("agenda", *CLINICIANS))
        for name, apart in (("shared:mara", False), ("told:mara", True)):
            response = Response.objects.select_related("occurrence__assignment").get(pk=things[name].pk)
            reviewing.mark(response, therapist, apart=apart)
            things[f"comment:{name}"] = threads.answer_to(
                response, [house["mara"].pk], by=therapist, key=uuid7(),
                text=house.word(f"comment{'apart' if apart else 'open'}", *CLINICIANS, "mara"),
            )  # fmt: skip
