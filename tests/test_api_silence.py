"""What one partner does in private through the API changes nothing that the other one can fetch there, or read at all.

As tests/test_silence.py has it for pages: everything that is Theo's, and everything that is Mara's and not his, is
fetched before and after each thing that Mara does by herself, and compared byte by byte, with its headers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from exercises.models import Answer, Occurrence
from exercises.vocabulary import Lane
from reports.models import Alert
from tests.doors import API
from tests.exercises.api.test_me import ME, Phone
from tests.factories import acting_as, inside
from tests.pages import headers, plain
from tests.test_silence import Seen, differences, mail, rows
from tests.world import BOTH, House, World, give_one, raw
from tests.world_kept import a_picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(world: World) -> Iterator[House]:
    with time_machine.travel(timezone.now(), tick=False):
        house = world.home.again()
        give_one(house, "secret", "safety", Lane.PRIVATE, ("mara",))
        give_one(house, "hidden", "safety", Lane.PRIVATE, ("mara",))
        give_one(house, "diary", "open", Lane.OWN, ("mara",))
        give_one(house, "sealing", "open", Lane.REVEAL, BOTH, opens_by="together")
        yield house


def of_mara(house: House) -> list[str]:
    paths = [door.path(name, house) for name, door in API.items() if name.startswith("api_me")]
    with acting_as(house["mara"]):
        mine = list(Occurrence.objects.filter(client=house["mara"]).values_list("pk", flat=True))
    return [*paths, *(f"{ME}{kind}/{one}/" for one in mine for kind in ("occurrences", "together"))]


def of_theo(house: House) -> list[str]:
    with acting_as(house["theo"]):
        his = list(Occurrence.objects.values_list("pk", flat=True))
        sent = list(Answer.objects.filter(author=house["theo"]).values_list("response", flat=True).distinct())
    found = [f"{ME}{kind}/{one}/" for one in his for kind in ("occurrences", "together")]
    return [*found, *(f"{ME}responses/{one}/" for one in sent), f"{ME}responses/?limit=2"]


@pytest.fixture
def observe(house, browser_of) -> Callable[[], Seen]:
    browser: Browser = browser_of("theo")
    paths = list(dict.fromkeys([*of_theo(house), *of_mara(house)]))

    def look() -> Seen:
        found: Seen = {}
        for path in paths:
            answer = browser.get(path)
            found[path] = (answer.status_code, headers(answer), plain(answer.content))
        return {**found, **rows(house), "mail": mail(house)}

    return look


def typed(text: str, form: object, **more: str) -> dict[str, list[str]]:
    return {key: parts for key, parts in raw(text, **more).items() if key in form}  # type: ignore[operator]


def test_b15_nothing_that_mara_does_in_private_by_a_program_can_be_observed(house, observe, browser_of):
    phone = Phone(house["mara"], browser_of("mara"))
    one = {name: house.occurrence(name, "mara") for name in ("secret", "hidden", "diary", "untold", "waiting")}
    sealing = house.occurrence("sealing", "mara")

    def answers(name: str, **more: str) -> dict[str, list[str]]:
        return typed("he must not know", one[name].assignment.edition.form, **more)

    def submit(name: str, **body: bool) -> bool:
        return phone.submit(one[name], answers(name, safe="no"), **body).status_code == 200

    def post(name: str, act: str, body: object = None) -> bool:
        return phone.post(f"occurrences/{one[name].pk}/{act}/", body).status_code == 200

    def made(path: str, body: object) -> bool:
        return phone.post(path, body).status_code == 201

    def hands_over_a_page() -> bool:
        page = phone.post("pages/", {"text": "he must not know"}).json()
        return phone.post(f"pages/{page['id']}/release/", {"to": "private"}).status_code == 200

    def adds_a_file() -> bool:
        at = f"{ME}occurrences/{one['waiting'].pk}/files/"
        return phone.browser.post(at, {"file": a_picture("secret.png")}).status_code == 201

    before = observe()
    assert sum(1 for seen in before.values() if isinstance(seen, tuple) and seen[0] == 200) > 12, "there is much to see"
    acts: list[tuple[str, Callable[[], bool]]] = [
        ("types for both", lambda: phone.save(one["waiting"], {"words": ["not sent yet"]}).status_code == 200),
        ("types in private", lambda: phone.save(one["secret"], answers("secret", safe="no")).status_code == 200),
        ("sends in private", lambda: phone.post(f"occurrences/{one['secret'].pk}/submit/").status_code == 200),
        ("sends without a copy", lambda: submit("hidden", keep_copy=False)),
        ("sends for herself", lambda: submit("diary")),
        ("changes it", lambda: post("diary", "amend") and post("diary", "submit")),
        ("puts aside", lambda: post("untold", "skip", {"reason": "not at home"})),
        ("seals", lambda: phone.submit(sealing, {"words": ["sealed"]}).status_code == 200),
        ("is ready", lambda: phone.post(f"occurrences/{sealing.pk}/ready/").status_code == 200),
        ("writes to the therapist alone", lambda: made("conversations/", {"text": "he must not know"})),
        ("has a goal of her own", lambda: made("goals/", {"words": "he must not know"})),
        ("writes a page and hands it over", hands_over_a_page),
        ("adds a file", adds_a_file),
        ("reads", lambda: phone.get("responses/").status_code == 200),
    ]
    for what, act in acts:
        assert act(), what
        assert differences(before, observe()) == [], what
    with inside(house.practice):
        assert Alert.objects.filter(couple=house.couple).count() > 2
    assert phone.submit(one["waiting"]).status_code == 200
    assert differences(before, observe()) != [], "and what is not private is seen"
