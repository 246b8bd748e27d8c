"""A couple of the world that has parted: what one of them still knows how to ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clients import consents, status
from clients.models import Couple
from exercises.vocabulary import Lane
from tests import factories
from tests.factories import acting_as

if TYPE_CHECKING:
    from tests.world import House

CLINICIANS = ("owner", "supervisor", "therapist")


def part(house: House) -> None:
    """Two who answered together, and then were separated by their therapist."""
    from tests import world

    aside = (*CLINICIANS, "coordinator", "former")
    couple = factories.make_couple(
        house.practice,
        (f"Finn {house.word('namefinn', *aside)}", f"Gwen {house.word('namegwen', *aside)}"),
        therapist=house["therapist"],
    )
    house.people["former"], ex = couple.clients
    world._address(house, house["former"], house.word("mailformer", *aside))
    house.things["ex"] = ex
    together = house.again()
    together.couple, together.people, together.canaries = couple, {**house.people, "ex": ex}, house.canaries
    world.give_one(together, "parted", "mixed", Lane.SHARED, ("former", "ex"))
    for who in ("former", "ex"):
        house.things[f"parted:{who}"] = world.send(
            together, "parted", who, house.word(f"parted{who}", *CLINICIANS, who)
        )
    with acting_as(house["therapist"]):
        status.change(Couple.objects.get(pk=couple.pk), Couple.Status.SEPARATED, by=house["therapist"])
    with factories.inside(house.practice):
        consents.text_of("secrets", house.practice)
        consents.policy_in_force(house.practice)
    house.things["parted"] = couple
