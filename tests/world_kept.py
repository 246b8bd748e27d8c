"""What partners of the world keep besides their answers: pages, files, agreements, words about how it went."""

from __future__ import annotations

import datetime
import io
from typing import TYPE_CHECKING

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from exercises import agreements, attachments, feedback, journal, programs
from exercises.feedback import Said
from exercises.models import AgreementVersion, Occurrence
from exercises.vocabulary import Lane
from practice.ids import uuid7
from tests.factories import acting_as

if TYPE_CHECKING:
    from tests.world import House

CLINICIANS = ("owner", "supervisor", "therapist", "cover")
BOTH = ("mara", "theo")


def a_picture(name: str = "us.png") -> SimpleUploadedFile:
    """A picture that may be kept."""
    out = io.BytesIO()
    Image.new("RGB", (12, 8), "green").save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), "image/png")


def keep_things(house: House) -> None:
    """Everything a partner can keep, by the verbs of the product, as the person who would do it."""
    _mara_keeps(house)
    _theo_keeps(house)
    _therapist_plans(house)
    with acting_as(house["therapist"]):
        house.things["given_file"] = attachments.add_to_assignment(
            house.given["shared"], house["therapist"], a_picture()
        )


def _mara_keeps(house: House) -> None:
    things, mara, couple = house.things, house["mara"], house.couple
    people = [client.pk for client in couple.clients]
    with acting_as(mara):
        things["own_page"] = journal.begin(mara, couple.pk, house.word("ownpage", "mara"), uuid7())
        things["own_file"] = attachments.add_to_journal(things["own_page"], a_picture(house.word("ownfile", "mara")))
        shared = journal.begin(mara, couple.pk, house.word("sharedpage", *CLINICIANS, *BOTH), uuid7())
        things["shared_file"] = attachments.add_to_journal(
            shared, a_picture(house.word("sharedfile", *CLINICIANS, *BOTH))
        )
        things["shared_page"] = journal.release(shared, Lane.SHARED, people)
        private = journal.begin(mara, couple.pk, house.word("privatepage", *CLINICIANS, "mara"), uuid7())
        things["private_page"] = journal.release(private, Lane.PRIVATE, people)
        things["agreement"] = agreements.begin(
            couple, people, title=house.word("agreetitle", *CLINICIANS, *BOTH),
            text=house.word("agreetext", *CLINICIANS, *BOTH), review_on=None, by=mara, key=uuid7(),
        )  # fmt: skip
        things["agreement_version"] = AgreementVersion.objects.get(agreement=things["agreement"])
        told = Occurrence.objects.select_related("assignment").get(pk=house.occurrence("told", "mara").pk)
        feedback.give(told, mara, Said(
            extent="mostly", too_much=True, obstacles=("not_free",),
            words=house.word("wentprivate", *CLINICIANS, "mara"), win=house.word("winprivate", *CLINICIANS, "mara"),
        ))  # fmt: skip
        untold = Occurrence.objects.select_related("assignment").get(pk=house.occurrence("untold", "mara").pk)
        things["draft_file"] = attachments.add_to_draft(untold, mara, a_picture(house.word("draftfile", "mara")))


def _therapist_plans(house: House) -> None:
    """A program of the practice's own, and one that runs; its first week is still ahead."""
    week = {"number": 1, "focus": "Begin", "slugs": [f"{house.prefix}-open"]}
    with acting_as(house["therapist"]):
        content = {"weeks": [week], "baseline": [], "outcome": []}
        own = programs.write(f"Weeks of {house.prefix}", "Couples", False, content)
        house.things["own_program"] = own
        tomorrow = timezone.localdate(timezone=house.couple.zone) + datetime.timedelta(days=1)
        house.things["run"] = programs.begin(
            programs.Start(
                couple=house.couple, program=own, content={**programs.plan_of(own), "why": "To begin with"},
                clients=tuple(client.pk for client in house.couple.clients), starts_on=tomorrow,
                at=datetime.time(18), key=uuid7(),
            ), by=house["therapist"],
        )  # fmt: skip


def _theo_keeps(house: House) -> None:
    theo = house["theo"]
    with acting_as(house["therapist"]):
        journal.mark_read(house.things["private_page"])
    with acting_as(theo):
        journal.mark_read(house.things["shared_page"])
        shared = Occurrence.objects.select_related("assignment").get(pk=house.occurrence("shared", "theo").pk)
        feedback.give(shared, theo, Said(
            extent="planned", usefulness=8, show=True, words=house.word("wentshared", *CLINICIANS, *BOTH),
            win=house.word("winshared", *CLINICIANS, *BOTH),
        ))  # fmt: skip
        agreements.say_yes(house.things["agreement_version"], theo)
