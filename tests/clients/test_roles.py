"""The table of roles is the truth: every cell is knocked at, allowed and refused."""

from __future__ import annotations

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from clients import emergencies, supervision
from clients.models import CaseloadEntry, Cover
from practice.capabilities import READERS, STANDINGS, TABLE, Standing
from practice.models import Membership
from tests.doors import DOORS, OFFICE, STAFF
from tests.factories import acting_as, inside, make_member, signed_in
from tests.pages import Page
from tests.world import CANARY, House, World

#: What is behind each line of the table: an address of tests/doors.py.
PAGES = {
    "names": "couple",
    "sessions": "appointments",
    "addresses": "client_edit",
    "status": "couple_status",
    "therapists": "couple_therapists",
    "apart": "couple_apart",
    "alone": "couple_alone",
    "answers": "response",
    "private": "couple_private",
    "own": "response",
    "give": "assign",
    "talk": "thread_new",
    "notes": "notes_of_couple",
    "psychotherapy": "psychotherapy_notes",
    "alerts": "alert",
    "clearance": "clearance_record",
    "reports": "report",
    "copy": "record_copy",
    "take_out": "take_out",
    "library": "library",
    "new_couple": "couple_new",
    "away": "away",
    "emergency": "emergency",
    "practice": "practice_settings",
    "grants": "capabilities",
    "delivery": "delivery",
    "kept": "retention",
    "export": "practice_export",
    "take_out_all": "take_out_all",
    "trail": "practice_trail",
    "second": "second_person",
}
#: What is no page: asked for by a button, of a couple in which it changes nothing.
BUTTONS = {"alone"}
#: What asks once more who it is, but nobody for whom it is not there.
ASKS = {"copy", "export", "take_out", "take_out_all"}
WHY = "Nobody could be reached and there was a fear for life."


def someone(house: House, standing: Standing) -> Membership:
    """Return a member of the house who stands like this to its couple."""
    role = {"supervises": "supervisor", "owner_treats": "owner"}.get(standing, standing)
    role = role if role in ("supervisor", "owner", "coordinator") else "therapist"
    member = make_member(house.practice, role, f"Dr {standing}")
    with inside(house.practice):
        if standing in (Standing.TREATS, Standing.OWNER_TREATS):
            CaseloadEntry.objects.create(membership=member, couple=house.couple)
        if standing == Standing.COVERS:
            Cover.objects.create(membership=member, couple=house.couple)
    if standing == Standing.SUPERVISES:
        with acting_as(house["owner"]):
            supervision.grant(member, house["therapist"], by=house["owner"])
    if standing == Standing.EMERGENCY:
        with acting_as(member):
            emergencies.open_up(house.couple, by=member, why=WHY, hours=1)
    return member


def knock(browser, house: House, key: str) -> int:
    """Return how a door answers: 200 to whoever may come in."""
    answer = browser.post(path(house, key)) if key in BUTTONS else browser.get(path(house, key))
    if key in ASKS and getattr(answer, "url", "").startswith("/account/reauthenticate/"):
        return 200
    return 200 if key in BUTTONS and answer.status_code == 302 else answer.status_code


def path(house: House, key: str) -> str:
    if key == "own":
        return reverse("response", args=[house.couple.pk, house.things["own:mara"].pk])
    return DOORS[PAGES[key]].path(PAGES[key], house)


@pytest.fixture(scope="module")
def standings(world: World, django_db_blocker) -> dict[Standing, Membership]:
    with django_db_blocker.unblock():
        return {one: someone(world.home, one) for one in STANDINGS}


def test_b48_every_line_of_the_table_is_knocked_at():
    assert set(PAGES) == {one.key for one in TABLE}


@pytest.mark.parametrize("standing", list(STANDINGS))
def test_b48_each_cell_of_the_table_is_what_happens(world, standings, committed, standing):
    browser = signed_in(standings[standing])
    found = {one.key: knock(browser, world.home, one.key) for one in TABLE}
    assert set(found.values()) <= {200, 404}
    assert {key for key, status in found.items() if status == 200} == {
        one.key for one in TABLE if standing in one.allowed
    }


@pytest.mark.parametrize("standing", [Standing.OWNER, Standing.COORDINATOR])
def test_b49_whoever_runs_the_office_reads_scheduling_facts_and_no_word_of_anybody(
    world, standings, committed, standing
):
    house, browser = world.home, signed_in(standings[standing])
    pages = [browser.get(path(house, one.key)) for one in TABLE if one.about_couple and standing in one.allowed]
    pages += [browser.get(reverse("couples")), browser.get(reverse("desk"), follow=True)]
    assert {page.status_code for page in pages} == {200}
    met = {word for page in pages for word in CANARY.findall(page.content.decode())}
    assert met, "names are there"
    office = house.persona("coordinator")
    assert {word for word in met if office not in house.canaries[word]} == set()


def test_b49_a_supervisor_reads_with_a_grant_and_neither_before_nor_after_it(world, standings, committed):
    house, member = world.home, make_member(world.home.practice, "supervisor", "Dr Between")
    browser, page = signed_in(member), path(world.home, "answers")
    assert browser.get(page).status_code == 404
    with acting_as(house["owner"]):
        grant = supervision.grant(member, house["therapist"], by=house["owner"])
    assert browser.get(page).status_code == 200
    with acting_as(house["owner"]):
        supervision.end(grant, by=house["owner"])
    assert browser.get(page).status_code == 404
    with acting_as(house["owner"]):
        later = supervision.grant(
            member, house["therapist"], by=house["owner"], until=timezone.now() + datetime.timedelta(hours=1)
        )
    assert browser.get(page).status_code == 200
    with inside(house.practice):
        type(later).objects.filter(pk=later.pk).update(until=timezone.now())
    assert browser.get(page).status_code == 404


def test_b49_a_grant_is_an_owners_and_for_a_supervisor_alone(world, standings, committed):
    house = world.home
    with acting_as(house["owner"]):
        for supervisor, therapist in [(house["colleague"], house["therapist"]), (house["owner"], house["therapist"])]:
            with pytest.raises(supervision.NotToBeGranted):
                supervision.grant(supervisor, therapist, by=house["owner"])
    member = standings[Standing.SUPERVISOR]
    with acting_as(member), pytest.raises(supervision.NotToBeGranted):
        supervision.grant(member, house["therapist"], by=member)


def test_b48_owners_read_the_table_on_a_page(world, standings, committed):
    words = signed_in(standings[Standing.OWNER]).get(reverse("capabilities")).content.decode()
    for one in TABLE:
        assert str(one.words).split("’")[0] in words
    cells = [len(re.findall(f'<td class="{kind}"', words)) for kind in ("may", "may-not")]
    assert cells == [sum(len(one.allowed) for one in TABLE), sum(len(STANDINGS) - len(one.allowed) for one in TABLE)]


def test_b48_the_database_holds_each_reader_to_the_couples_that_are_theirs(world, standings, committed):
    from exercises.models import Response

    for standing, member in standings.items():
        if standing == Standing.COORDINATOR:
            continue
        with acting_as(member):
            seen = Response.objects.filter(couple=world.home.couple).exists()
            assert seen == (standing in READERS), standing


# ── what may be typed ────────────────────────────────────────────────────────

APPOINTMENT = "at comes day link minutes place seen"
PARTNERS = " ".join(
    f"partner-{n}-{name}" for n in ("N", "__prefix__") for name in ("email", "name", "pronouns", "time_zone")
)
NEW_COUPLE = f"invite partner-INITIAL_FORMS partner-MAX_NUM_FORMS partner-MIN_NUM_FORMS partner-TOTAL_FORMS {PARTNERS}"
#: Who may come to such a page: whoever treats the couple, an owner whose couple it is not, the front desk.
WHO = (Standing.TREATS, Standing.OWNER, Standing.COORDINATOR)
#: Every page of the office, and the fields of all its forms that write something: exactly these, for whom it is.
TYPED: dict[str, dict[Standing, str]] = {
    "account": dict.fromkeys(WHO, "digest_at digest_weekdays name time_zone"),
    "couples": dict.fromkeys(WHO, ""),
    "couple": dict.fromkeys(WHO, ""),
    "couple_new": {
        Standing.TREATS: f"{NEW_COUPLE} time_zone",
        Standing.OWNER: f"{NEW_COUPLE} therapists time_zone",
        Standing.COORDINATOR: f"{NEW_COUPLE} therapists time_zone",
    },
    "couple_status": dict.fromkeys(WHO, "status"),
    "client_edit": dict.fromkeys(WHO, "name pronouns time_zone"),
    "appointments": dict.fromkeys(WHO, ""),
    "appointment_new": dict.fromkeys(WHO, f"{APPOINTMENT} count ends repeats until"),
    "appointment_edit": dict.fromkeys(WHO, f"{APPOINTMENT} act"),
}
#: The same on every page, or no words of anybody's.
EVERYWHERE = {"csrfmiddlewaretoken", "key", "version"}


def typed(browser, house: House, door: str) -> set[str]:
    """Return the names of all that a page would send, numbers left out of them."""
    page = Page(browser.get(DOORS[door].path(door, house)).content.decode())
    names = {name for form in page.forms if form.method == "post" for name in form.fields}
    return {re.sub(r"\d+", "N", name) for name in names - EVERYWHERE}


@pytest.mark.parametrize("door", TYPED)
def test_b50_the_fields_of_a_page_are_exactly_those_of_its_role(world, standings, committed, door):
    for who, names in TYPED[door].items():
        assert typed(signed_in(standings[who]), world.home, door) == set(names.split()), who


def test_b50_every_page_of_the_office_is_held_to_its_fields():
    office = {name for name, door in DOORS.items() if door.kind in (OFFICE, STAFF) and door.get == frozenset({200})}
    assert office == set(TYPED)
