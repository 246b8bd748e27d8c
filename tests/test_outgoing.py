"""What leaves the house: letters and papers. Nobody's words in a letter, only readers' words on a paper."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import uuid

import pikepdf
import pytest
from django.conf import settings

from practice import outbox
from practice.models import Message
from reports.models import Report
from reports.tasks import make_report
from tests.factories import acting_as, inside
from tests.pages import Page
from tests.world import CANARY, House, today

LINK = re.compile(r"https?://[^\s\"'<>]+")


@pytest.mark.django_db
def test_letters_hold_no_words_and_no_links_but_our_own(world):
    composed = 0
    for house in (world.home, world.far):
        with inside(house.practice):
            for message in Message.objects.all():
                letter = outbox.handler_of(message.kind).compose(message)
                composed += 1
                said = f"{letter.subject}\n{letter.text}\n{letter.html}"
                assert CANARY.findall(said) == [], message.kind
                assert house.practice.name not in said
                assert "\n" not in letter.subject
                assert {one for one in LINK.findall(said) if not one.startswith(f"{settings.ATTUNE_URL}/")} == set()
                page = Page(letter.html)
                assert page.loaded == [], "nothing is fetched when a letter is opened"
    assert composed > 10


@pytest.mark.django_db
def test_letters_of_two_contents_are_the_same_letter(world):
    """What is given to whom, and by which practice, does not show: all reminders are alike but for their link."""
    alike: dict[str, set[str]] = {}
    for house in (world.home, world.far):
        with inside(house.practice):
            for message in Message.objects.all():
                letter = outbox.handler_of(message.kind).compose(message)
                said = LINK.sub("", f"{letter.subject}\n{letter.text}\n{letter.html}")
                alike.setdefault(message.kind, set()).add(said)
    assert {kind: len(letters) for kind, letters in alike.items()} == dict.fromkeys(alike, 1)


def test_papers_hold_only_what_their_readers_may_read(world, committed):
    house = world.home
    words = {audience: said_on_paper(house, audience) for audience in ("clinical", "shared")}
    may = world.canaries
    names = {house.word_of("namemara"), house.word_of("nametheo")}
    assert names <= words["shared"]
    assert names <= words["clinical"]
    own = {house.word_of("practice"), house.word_of("letterhead"), house.word_of("nametherapist")}
    assert {one for one in words["clinical"] if "therapist" not in may[one]} == set()
    assert {one for one in words["shared"] if not {"mara", "theo"} <= may[one]} - own <= {
        house.word_of("summaryshared")
    }


def said_on_paper(house: House, audience: str) -> set[str]:
    """Make a report and return the canaries in its text and its metadata."""
    with acting_as(house["therapist"]):
        report = Report.objects.create(
            couple=house.couple, audience=audience, begins_on=today(house), ends_on=today(house),
            summary=f"For you: {house.word_of(f'summary{audience}')}", requested_by=house["therapist"],
            request_key=uuid.uuid4(), reference="R-1",
        )  # fmt: skip
    make_report(practice_id=str(house.practice.pk), report_id=str(report.pk))
    with acting_as(house["therapist"]):
        done = Report.objects.get(pk=report.pk)
        assert done.state == Report.State.DONE, done.failure
        pdf = base64.b64decode(done.pdf)
    text = subprocess.run(["pdftotext", "-", "-"], input=pdf, stdout=subprocess.PIPE, check=True).stdout.decode()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        text += str(dict(opened.docinfo)) + str(opened.open_metadata())
    return set(CANARY.findall(re.sub(r"[\s\u00ad-]+", "", text)))
