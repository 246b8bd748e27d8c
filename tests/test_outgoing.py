"""What leaves the house: letters and papers. Nobody's words in a letter, only readers' words on a paper."""

from __future__ import annotations

import base64
import datetime
import io
import random
import re
import subprocess
import uuid
from collections import Counter
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from django.conf import settings

from clients import quiet, reach
from clients.models import Client, Contact, PushDevice
from exercises.models import Comment, Occurrence
from practice import outbox, registry
from practice.channels.sms import Sms
from practice.envelopes import enclose
from practice.models import Message
from reports.models import Report
from reports.tasks import make_report
from tests.factories import acting_as, inside
from tests.pages import Page
from tests.world import CANARY, House, today

LINK = re.compile(r"https?://[^\s\"'<>]+")


@pytest.mark.django_db
def test_b95_letters_hold_no_words_and_no_links_but_our_own(world):
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


#: What nobody may learn from a message without opening it, in the languages that people here may read.
TELLING = re.compile(
    r"therap|counsel|couple|partner|session|homework|exercise|practi[cs]e|clinic|relation|marri|spouse|husband|wife"
    r"|intima|affair|check-in|questionnaire|answer|safe|risk|love|sex|feel|appoint|patient|client"
    r"|paar|beziehung|praxis|sitzung|hausaufgabe|übung|termin|berat|ehe\\b"
    r"|thérap|conjugal|exercice|séance|cabinet|rendez"
    r"|terap|pareja|ejercicio|sesión|consulta|cita\\b|coppia|esercizio|seduta|relatie|oefening|casal|parceir",
    re.IGNORECASE,
)
CHANNELS = [channel.value for channel in Message.Channel]


def everything_sent(house: House) -> dict[tuple[str, str, str], set[str]]:
    """Render every message of a house for every channel as it leaves; ids and addresses are all that is taken out."""
    found: dict[tuple[str, str, str], set[str]] = {}
    with inside(house.practice):
        messages = list(Message.objects.all())
        for person in house.people_in_care:
            contact = Contact.objects.get(client=person)
            contact.phone = "+447911123456"
            contact.save()
            PushDevice.objects.create(client=person, subscription=str(person.pk), endpoint_hash=person.pk.hex)
            messages.append(Message(kind="test", person_id=person.pk, about_id=person.pk))
        for message in messages:
            for channel in CHANNELS if message.kind in ("reminder", "talk", "test") else [message.channel]:
                message.channel = channel
                letter = outbox.handler_of(message.kind).compose(message)
                for part, words in parts(message, letter).items():
                    found.setdefault((message.kind, channel, part), set()).add(words)
    return found


def parts(message: Message, letter: outbox.Letter) -> dict[str, str]:
    """What can be seen of one message: everything that leaves the house but the address it goes to."""
    if message.channel == "email":
        mail = enclose(message, letter, "somebody@example.org")
        whole = mail.message()
        headers = "\n".join(f"{name}: {value}" for name, value in whole.items() if name not in ("Date", "Content-Type"))
        return {"headers": bare(headers), "text": bare(letter.text), "html": bare(letter.html)}
    if message.channel == "sms":
        return {
            "text": bare(Sms("https://gateway.invalid", "t", "+44").prepare(message, letter, letter.to_address)["text"])
        }
    return {"title": letter.subject, "short": letter.short, "link": bare(letter.link)}


def bare(words: str) -> str:
    words = re.sub(r"/stop/[A-Za-z0-9_=.-]+/", "/stop/T/", words.replace("=\n", "").replace("\n ", " "))
    words = re.sub(r"/join/(team/)?[A-Za-z0-9_=-]+/", "/join/T/", words)
    words = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}", "ID", words)
    return re.sub(r"(?m)^Message-ID: .*$", "Message-ID: ID", words)


@pytest.mark.django_db
def test_r24_messages_of_two_contents_are_the_same_bytes_on_every_channel(world):
    """What is given to whom, in which house, does not show: whatever is sent is alike but for ids and addresses."""
    home, far = everything_sent(world.home), everything_sent(world.far)
    assert {key for key, words in home.items() if len(words) != 1} == set()
    assert home == far
    assert {channel for _kind, channel, _part in home} == set(CHANNELS)
    assert {kind for kind, _channel, _part in home} >= {"reminder", "talk", "test", "client_invitation"}
    subjects = {
        line
        for (kind, _channel, part), words in home.items()
        if part == "headers" and kind in ("reminder", "talk", "test")
        for line in "\n".join(words).splitlines()
        if line.startswith("Subject")
    }
    assert len(subjects) == 1, "not even the kind shows in the subject"


@pytest.mark.django_db
def test_b19_nothing_that_leaves_names_anybody_or_anything(world):
    told = {
        (*key, found)
        for key, every in everything_sent(world.home).items()
        if key[0] != "staff_invitation"
        for words in every
        for found in [*TELLING.findall(words), *CANARY.findall(words)]
    }
    assert told == set()


#: To people in care, whatever they chose: what they asked for a moment ago, and the door in, for which they gave an
#: address to their therapist.
ASKED_FOR = {"proof", "test", "client_invitation"}
NUMBER = "+447911123456"
HELD = ("reminder", "talk", "document", "security")
#: So long something waits for whoever is changing a row that decides, or for a reminder that says the same.
SOON = datetime.timedelta(minutes=1)
DRAWS = 30


@dataclass(frozen=True)
class Chosen:
    """What somebody has said about how and when they may be reached."""

    ways: frozenset[str]
    safe: str
    rests: quiet.Window
    zone: str

    def kept(self, person: Client) -> None:
        reach.end(person.pk, by="you")
        for channel in self.ways:
            for topic in reach.Topic:
                reach.choose(person, channel, topic)
        Contact.objects.filter(client=person).update(
            safe_channel=self.safe,
            quiet_from=self.rests.start,
            quiet_until=self.rests.end,
            time_zone=self.zone,
        )

    def allows(self, kind: str, channel: str) -> bool:
        return channel == self.safe if kind == "security" else channel in (self.ways or {"portal"})

    def is_quiet(self, kind: str, channel: str, at: datetime.datetime) -> bool:
        windows = [] if channel == "portal" and kind != "security" else [self.rests]
        windows += quiet.text_message_hours(ZoneInfo(self.zone), NUMBER) if channel == "sms" else []
        return quiet.is_forbidden(at, windows, ZoneInfo(self.zone))


def drawn(draw: random.Random) -> Chosen:
    def time() -> datetime.time:
        return datetime.time(draw.randrange(24), draw.choice([0, 30]))

    ways = frozenset(way for way in ("email", "sms", "push") if draw.random() < 0.5)
    zone = draw.choice(["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])
    return Chosen(ways, draw.choice(CHANNELS), quiet.Window(time(), time()), zone)


@pytest.mark.django_db
def test_b26_no_letter_to_somebody_in_care_leaves_by_another_way_or_in_another_hour(world):
    """Whatever kind of letter there is: a new one is held to what was chosen, or has a reason to stand above."""
    assert {one.kind for one in registry.all_messages() if one.to == "client"} == ASKED_FOR | {*HELD}
    house, draw, left = world.home, random.Random(26), Counter[str]()
    person = house["mara"]
    with inside(house.practice):
        asked = Occurrence.objects.get(assignment=house.given["waiting"], client=person)
        now = asked.due_at + datetime.timedelta(minutes=1)
        contact = Contact.objects.get(client=person)
        contact.phone = NUMBER
        contact.save()
        outbox.cancel_for_person(person.pk, "a test plans its own")
        for kind in HELD * DRAWS:
            chosen, channel = drawn(draw), draw.choice(CHANNELS)
            chosen.kept(person)
            message = letter_to(house, kind, asked, channel, now)
            match outbox.handler_of(kind).decide([message], now)[message.pk]:
                case outbox.Send():
                    left[kind] += 1
                    assert chosen.allows(kind, channel), (kind, channel, chosen)
                    assert not chosen.is_quiet(kind, channel, now), (kind, channel, chosen)
                case outbox.Wait(until):
                    assert until > now
                    assert chosen.allows(kind, channel), (kind, channel, chosen)
                    assert chosen.is_quiet(kind, channel, now) or until - now <= SOON, (kind, channel, chosen)
    assert left.keys() == {*HELD}, "and some of each did leave"


def letter_to(house: House, kind: str, asked: Occurrence, channel: str, now: datetime.datetime) -> Message:
    """A letter to Mara that is due now; what it is about is there and asks for it."""
    about = {
        "reminder": asked,
        "talk": Comment.objects.filter(author=None, thread__audience=[house["mara"].pk]).earliest("said_at").thread,
        "document": house.things["report:partner"],
        "security": house["mara"],
    }
    return Message(
        kind=kind, channel=channel, person_id=house["mara"].pk, about_id=about[kind].pk, couple_id=house.couple.pk,
        step="due" if kind == "reminder" else "", planned_for=now, due_at=now,
        fresh_until=now + datetime.timedelta(days=1),
    )  # fmt: skip


@pytest.mark.django_db
def test_b19_the_list_of_telling_words_has_teeth():
    for words in ("Your therapist", "Paartherapie am Dienstag", "votre séance", "tu pareja", "Your partner answered"):
        assert TELLING.search(words), words


@pytest.mark.django_db
def test_letters_for_many_are_written_with_as_many_queries_as_for_one(world, django_assert_num_queries):
    house = world.home
    with inside(house.practice):
        kinds = {"reminder": [], "talk": []}
        for message in Message.objects.filter(person_id__in=[house["mara"].pk, house["theo"].pk], kind__in=kinds):
            kinds[message.kind].append(message)
        for kind, several in kinds.items():
            assert len(several) > 1, kind
            with django_assert_num_queries(3):
                outbox.handler_of(kind).compose_all(several[:1])
            with django_assert_num_queries(3):
                assert len(outbox.handler_of(kind).compose_all(several * 5)) == len(several)


@pytest.mark.django_db
def test_a_letter_is_in_the_language_of_its_reader_where_attune_speaks_it(world, settings):
    settings.LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
    with inside(world.home.practice):
        message = Message.objects.filter(person_id=world.home["mara"].pk, kind="reminder")[0]
        Contact.objects.filter(client=world.home["mara"]).update(language="de")
        assert '<html lang="de">' in outbox.handler_of("reminder").compose(message).html
        Contact.objects.filter(client=world.home["mara"]).update(language="tlh")
        assert '<html lang="en-gb">' in outbox.handler_of("reminder").compose(message).html


def test_b87_papers_hold_only_what_their_readers_may_read(world, committed):
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
