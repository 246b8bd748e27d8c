"""What one partner does in private changes nothing that the other one can observe.

Everything that Theo can fetch is fetched before and after each thing that Mara does alone, or that is done for
her, and compared byte by byte; and so is everything that his database role can read, whatever the code does.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from django.test import Client as Browser
from django.utils import timezone

from clients import proving, reach, trying
from clients.models import Contact, PortalVisit, PushDevice
from clients.signals import contact_changed
from exercises import agenda, answering, assigning, drafts, goals, notes, record, reviewing, threads
from exercises.models import Answer, Assignment, Occurrence, Response
from exercises.vocabulary import Lane
from practice.ids import uuid7
from practice.models import Message
from practice.vault import SealedTextField
from reports import alerts
from reports.copies import gathering
from reports.models import Alert
from tests import world as worlds
from tests.crawl import own_doors, walk
from tests.factories import acting_as, inside
from tests.pages import headers, plain
from tests.reports.test_copies import by_staff, copy_of
from tests.world import CANARY, House, World, give_one, keep, send

pytestmark = pytest.mark.django_db

Seen = dict[str, Any]


@pytest.fixture
def stopped_clock() -> Iterator[None]:
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture
def house(world: World) -> House:
    return world.home.again()


@pytest.fixture(scope="module")
def paths(world: World, browser_of, django_db_blocker) -> list[str]:
    """Every address that Theo is led to, and every one that is Mara's."""
    with django_db_blocker.unblock():
        found = [one.path for one in walk(world, "theo", browser_of).visits]
        found += [path for path in own_doors(world, "mara") if path not in found]
        connection.close()
    return found


@pytest.fixture
def observe(world: World, browser_of, paths, stopped_clock) -> Callable[[], Seen]:
    """Return a function that looks at everything Theo can look at."""
    browser = browser_of("theo")
    browser.get("/today/")

    def look() -> Seen:
        return {**pages(browser, paths), **rows(world.home), "mail": mail(world.home)}

    return look


def pages(browser: Browser, paths: list[str]) -> Seen:
    found: Seen = {}
    for path in paths:
        answer = browser.get(path)
        found[path] = (answer.status_code, headers(answer), plain(answer.content))
    return found


def rows(house: House) -> Seen:
    """Everything that Theo's role reads with no filter at all."""
    found: Seen = {}
    with acting_as(house["theo"]), connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            if table == "practice_limit":
                continue  # keyed hashes of acts of the whole installation: looking around counts there, too
            try:
                with transaction.atomic():
                    cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
                    found[table] = cursor.fetchall()
            except ProgrammingError:
                found[table] = "not granted"
    return found


def mail(house: House) -> list[tuple[Any, ...]]:
    """What is to be delivered to Theo, and when."""
    with inside(house.practice):
        mine = Message.objects.filter(person_id=house["theo"].pk).order_by("pk")
        return list(mine.values_list("kind", "occasion", "due_at", "fresh_until", "state", "reason", "attempts"))


def differences(before: Seen, after: Seen) -> list[str]:
    return [key for key in before if before[key] != after.get(key)]


# ── what Mara does ───────────────────────────────────────────────────────────


def given_in_private(house: House) -> None:
    give_one(house, "secret", "safety", Lane.PRIVATE, ("mara",))
    give_one(house, "diary", "open", Lane.OWN, ("mara",))


def drafted(house: House) -> None:
    keep(house, "secret", "mara", "not sent yet", version=1)
    keep(house, "waiting", "mara", "not sent yet either")
    with acting_as(house["mara"]):
        together = house.occurrence("together", "")
        drafts.save_draft(together, author=house["mara"], raw={"words": ["begun"]}, base_version=0)


def sent_with_an_alert(house: House) -> None:
    before = count_of(house, Alert)
    send(house, "secret", "mara", "he must not know", safe="no")
    assert count_of(house, Alert) == before + 1
    send(house, "diary", "mara", "for me alone")


def put_aside(house: House) -> None:
    occurrence = house.occurrence("untold", "mara")
    with acting_as(house["mara"]):
        assert answering.skip(occurrence, author=house["mara"], reason="not at home")


def read_by_the_therapist(house: House) -> None:
    with acting_as(house["therapist"]):
        rows = list(record.responses_of(house.couple, private_of=house["mara"]))
        assert record.mark_read(house["therapist"], rows, apart=True)
        for alert in Alert.objects.untaken():
            alerts.acknowledge(alert, by=house["therapist"])
            alerts.close(alert, alerts.Assessment("none", ("spoke",), "called her"), by=house["therapist"])


def looked_back_with_her(house: House) -> None:
    """Words between her and the therapist, a goal of her own, reviews, comments, notes: all of it is hers alone."""
    mara, therapist = house["mara"], house["therapist"]
    with acting_as(mara):
        thread = threads.begin(house.couple, [mara.pk], by=mara, text="only us", key=uuid7(), about=threads.About())
        goal = goals.propose(mara, house.couple, "to be free", alone=True, key=uuid7())
        goals.rate(goal, mara, 2, key=uuid7())
        threads.see(house.things["thread_alone"], mara)
    with acting_as(therapist):
        threads.say(thread, by=therapist, text="I hear you", key=uuid7())
        for name, apart in (("told:mara", True), ("mixed:mara", True), ("mixed:mara", False), ("opened:mara", False)):
            response = Response.objects.select_related("occurrence__assignment").get(pk=house.things[name].pk)
            reviewing.mark(response, therapist, apart=apart)
            agenda.bring(response, therapist, apart=apart)
            threads.answer_to(response, [mara.pk], by=therapist, text="for her", key=uuid7())
        goals.end(goal, reached=True)
        threads.close(thread)
        notes.write(house.couple, therapist, "about her", for_session=True)


def changed_how_she_is_reached(house: House) -> None:
    with acting_as(house["mara"]):
        contact = Contact.objects.get(client=house["mara"])
        contact.quiet_from, contact.remind_at = datetime.time(17), datetime.time(9)
        contact.time_zone = "Pacific/Auckland"
        contact.phone, contact.confirmed_at = "+447911123456", timezone.now()
        contact.save()
        reach.choose_all(house["mara"], {("sms", "news")}, among=reach.OUTWARD)
        proving.begin(house["mara"], "sms", "+447911123457")
        trying.begin(house["mara"], "portal")
        PushDevice.objects.create(client=house["mara"], subscription="{}", endpoint_hash="0" * 64)
        contact_changed.send(sender=Contact, client=house["mara"])
    with inside(house.practice):
        PortalVisit.objects.create(client=house["mara"])


def taken_back(house: House) -> None:
    with acting_as(house["therapist"]):
        assigning.withdraw(Assignment.objects.get(pk=house.given["untold:mara"].pk), house["therapist"])


def looked_by_herself(house: House, open_browser: Callable[..., Browser]) -> None:
    browser = open_browser("mara")
    for path in own_doors(worlds.World(house, house), "mara"):
        browser.get(path)
    one = house.occurrence("secret", "mara")
    assert browser.get(f"/do/{one.pk}/1/").status_code == 200
    assert (
        browser.post(f"/do/{one.pk}/save/", {"question": "words", "words": "x", "base_version": "0"}).status_code == 200
    )


def count_of(house: House, model: Any) -> int:
    with inside(house.practice):
        return model.objects.count()


def test_b15_nothing_that_mara_does_in_private_can_be_observed(house, observe, browser_of):
    before = observe()
    assert sum(1 for seen in before.values() if isinstance(seen, tuple) and seen[0] == 200) > 15, "there is much to see"
    for act in (
        given_in_private,
        lambda house: looked_by_herself(house, browser_of),
        drafted,
        sent_with_an_alert,
        put_aside,
        read_by_the_therapist,
        looked_back_with_her,
        changed_how_she_is_reached,
        taken_back,
    ):
        act(house)
        assert differences(before, observe()) == [], act
    send(house, "waiting", "mara", "this one is for both")
    assert differences(before, observe()) != [], "and what is not private is seen"


@pytest.mark.parametrize("answers", [["no"], ["::rather-not-say"], []], ids=["alarming", "declined", "left out"])
def test_b15_the_private_part_of_a_shared_answer_can_not_be_observed(house, stopped_clock, browser_of, answers):
    """The same shared answer, sent once with a calm private part and once with another one."""
    give_one(house, "again", "mixed", Lane.SHARED, worlds.BOTH)
    one = house.occurrence("again", "mara")

    def sent_with(private: list[str]) -> Seen:
        with transaction.atomic():
            with acting_as(house["mara"]):
                raw = {"close": ["7"], "words": ["the same"], "safe": private}
                answering.submit(one, author=house["mara"], raw={key: said for key, said in raw.items() if said})
            browser = browser_of("theo")
            paths = ["/today/", "/together/", f"/together/{house.occurrence('again', 'theo').pk}/"]
            seen = pages(browser, [*paths, f"/together/{one.pk}/"])
            with acting_as(house["theo"]):
                seen["answers"] = sorted(Answer.objects.values_list("author_id", "lane", "key", "number", "choices"))
                seen["responses"] = sorted(Response.objects.values_list("author_id", "lane", "readers", "revision"))
            transaction.set_rollback(True)
        return seen

    calm = sent_with(["yes"])
    assert any(b"the same" in seen[2] for seen in calm.values() if isinstance(seen, tuple))
    assert differences(calm, sent_with(answers)) == []


def test_b15_a_sealed_answer_can_not_be_observed_before_its_moment(house, observe):
    """Whether the other one has sent what waits for a date says nothing until then, nor does a draft."""
    give_one(
        house, "dated", "open", Lane.REVEAL, worlds.BOTH, opens_by="date",
        opens_at=timezone.now() + datetime.timedelta(days=3),
    )  # fmt: skip
    before = observe()
    keep(house, "dated", "mara", "begun")
    assert differences(before, observe()) == []
    send(house, "dated", "mara", "sealed for both")
    assert differences(before, observe()) == []
    one = house.occurrence("dated", "mara")
    with inside(house.practice):
        assert Occurrence.objects.get(pk=one.pk).state == "done"


def test_b15_the_private_part_of_a_joint_answer_can_not_be_observed(house, observe):
    """Theo gave the joint answer and his own part; whether Mara has given hers shows on none of his pages."""
    with inside(house.practice):
        questions = [worlds.QUESTIONS[6], worlds.SAFETY]
        house.things["jointly"] = worlds.make_exercise(house, "jointly", Lane.JOINT, questions)
    give_one(house, "jointly", "jointly", Lane.JOINT, worlds.BOTH)
    send(house, "jointly", "theo", "both of us")
    before = observe()
    send(house, "jointly", "mara", "hers", safe="no")
    assert [key for key in differences(before, observe()) if key.startswith("/") or key == "mail"] == []


# ── their own copies ─────────────────────────────────────────────────────────


def words_in(files: dict[str, bytes]) -> set[str]:
    return {word for body in files.values() for word in CANARY.findall(body.decode("utf-8", "ignore"))}


def test_b117_it_holds_every_word_that_somebody_wrote_and_may_read(house):
    there = words_in(copy_of(house["mara"]))
    missing = {}
    with acting_as(house["mara"]):
        for table in gathering.tables(house["mara"]):
            sealed = [one for one in table.fields if isinstance(one, SealedTextField)]
            found = {
                word for row in table.rows for one in sealed for word in CANARY.findall(str(getattr(row, one.attname)))
            }
            if found - there:
                missing[table.name] = found - there
    assert missing == {}
    own = ("sharedmara", "openedmara", "jointmara", "sealedmara", "toldmara", "ownmara", "draftmara", "skipmara")
    assert {house.word_of(one) for one in own} <= there


@pytest.mark.parametrize("who", ["mara", "theo", "former"])
def test_b28_b117_no_word_in_it_is_for_somebody_else(house, who):
    files = copy_of(house[who])
    strange = {word for word in words_in(files) if house.persona(who) not in house.canaries.get(word, ())}
    assert strange == set()
    assert words_in(files), "and it is not empty"


def test_b28_nothing_that_one_partner_does_in_private_changes_a_byte_of_the_others_copy(house, stopped_clock):
    before = copy_of(house["theo"])
    for act in (
        given_in_private,
        drafted,
        sent_with_an_alert,
        put_aside,
        read_by_the_therapist,
        looked_back_with_her,
        changed_how_she_is_reached,
        taken_back,
    ):
        act(house)
        after = copy_of(house["theo"])
        assert [path for path in before if before[path] != after.get(path)] == [], act
    send(house, "together", "mara", "this one is for both")
    assert copy_of(house["theo"]) != before, "and what is not private is seen"


def test_b28_a_sealed_answer_is_in_its_authors_copy_and_moves_nothing_in_the_others(house, stopped_clock):
    give_one(house, "hidden", "open", "reveal", ("mara", "theo"), opens_by="all")
    before = copy_of(house["theo"])
    send(house, "hidden", "mara", "sealed words of hers")
    assert copy_of(house["theo"]) == before
    assert b"sealed words of hers" in copy_of(house["mara"])["copy.html"]


def test_b28_what_staff_hand_over_holds_no_word_that_its_person_keeps_and_none_of_anybody_else(house):
    words = words_in(by_staff(house["mara"], house.couple))
    assert {word for word in words if house.canaries[word] == {"mara"}} == set(), "hers alone, not even the therapist's"
    assert {word for word in words if "mara" not in house.canaries[word]} == set()
    assert {house.word_of("toldmara"), house.word_of("sharedmara")} <= words


def test_what_was_sent_without_a_copy_is_in_the_one_that_staff_hand_over_alone(house):
    give_one(house, "unkept", "safety", Lane.PRIVATE, ("mara",))
    one = house.occurrence("unkept", "mara")
    with acting_as(house["mara"]):
        answering.submit(one, author=house["mara"], raw={"words": ["not on my phone"], "safe": ["yes"]}, keep=False)
    assert b"not on my phone" not in b"".join(copy_of(house["mara"]).values())
    files = by_staff(house["mara"], house.couple)
    assert all(b"not on my phone" in files[path] for path in ("copy.html", "data.json", "fhir.json"))
