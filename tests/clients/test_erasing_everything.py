"""Erasing one partner in a practice that is full: what is gone, and what of the other one is as it was."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from clients import erasing, status
from clients.models import Client, Couple
from practice import registry, vault
from practice.models import Message, User
from practice.registry import Reads, Scope
from practice.vault import SealedTextField
from tests.databases import superuser
from tests.factories import acting_as, inside, signed_in
from tests.world import CANARY, House, World
from tests.world_rest import fill

#: What Mara wrote, what was written of her or to her alone, and how she is called and reached.
HERS = {
    "namemara", "mailmara", "pronounsmara", "callwhen", "callas",
    "sharedmara", "openedmara", "mixedmara", "jointmara", "sealedmara", "toldmara", "ownmara", "draftmara", "skipmara",
    "ownpage", "sharedpage", "privatepage", "wentprivate", "winprivate", "talkalone", "talkall", "goalalone",
    "whytoldmara", "whyuntoldmara", "whyasidemara", "whyownmara", "commentapart", "commentopen", "summarypartner",
    "pausereason", "alertnote", "measurenote", "baselinewhy", "asidenote", "holdwhy", "keptwhy",
}  # fmt: skip
#: What is Theo's, or of both of them.
HIS = {
    "nametheo", "mailtheo", "pronounstheo", "sharedtheo", "openedtheo", "mixedtheo", "drafttheo",
    "agreetitle", "agreetext", "goalall", "whyshared", "whyjoint", "clearance", "staffnote",
}  # fmt: skip


@pytest.fixture(scope="module")
def erased(world: World, django_db_blocker) -> dict[str, Any]:
    """Mara is erased: the words that were kept before and after."""
    house = world.home
    with django_db_blocker.unblock():
        fill(house)
        with inside(house.practice):
            couple = Couple.objects.with_partners().get(pk=house.couple.pk)
            status.change(couple, Couple.Status.CLOSED)
            then = timezone.now() - datetime.timedelta(days=366 * 30)
            Couple.objects.filter(pk=couple.pk).update(ended_at=then)
            couple.appointments.update(starts_at=then)
        user_id = house["mara"].user_id
        found = {"before": words_in(house), "rows": of_theo(house)}
        with inside(house.practice):
            proof = erasing.erase(
                Client.objects.get(pk=house["mara"].pk),
                ground=erasing.Ground.RETENTION,
                by=erasing.By(house["owner"], house["supervisor"]),
            )
        vault.forget_keys()
        found["after"] = words_in(house)
        found |= {"proof": proof, "user_id": user_id}
        connection.close()
    return found


def words_in(house: House) -> set[str]:
    """Every canary of a practice that is anywhere in the database, open or sealed, without its prefix."""
    found: set[str] = set()
    for record in registry.all_records():
        if record.is_walled and record.lane != Reads.OWN:
            with inside(house.practice):
                found |= _sealed_in(record, house)
    for name in ("mara", "theo"):
        with inside(house.practice):
            there = Client.objects.get(pk=house[name].pk)
        if there.user_id:
            with acting_as(house[name]):
                found |= _sealed_in(registry.record_of("exercises.Draft"), house)
    with superuser(connection.settings_dict["NAME"]) as server:
        for (table,) in server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            for (text,) in server.execute(f"SELECT t::text FROM {table} t").fetchall():  # type: ignore[arg-type]
                found |= set(CANARY.findall(text))
    prefix = f"zq{house.prefix}x"
    return {one.removeprefix(prefix).removesuffix("qz") for one in found if one.startswith(prefix)}


def _sealed_in(record: registry.Record, house: House) -> set[str]:
    fields = [one for one in record.class_._meta.concrete_fields if isinstance(one, SealedTextField)]
    if not fields or record.model == "reports.Report":
        fields = [one for one in fields if one.name != "pdf"]
    rows = record.class_._base_manager.filter(practice_id=house.practice.pk) if fields else ()
    return {word for row in rows for one in fields for word in CANARY.findall(str(getattr(row, one.attname)))}


def of_theo(house: House) -> dict[str, int]:
    """How many rows are Theo's, by table."""
    with inside(house.practice):
        return {
            record.model: record.class_.objects.filter(record.of(house["theo"].pk)).count()
            for record in registry.all_records()
            if record.scope in (Scope.PERSON, Scope.COUPLE) and record.person and record.lane != Reads.OWN
        }


def test_b119_nothing_that_was_hers_is_left_anywhere(erased):
    assert erased["before"] >= HERS, "all of it was there"
    assert erased["after"] & HERS == set()


def test_b119_the_other_partners_are_as_they_were(erased, world, committed):
    assert erased["before"] >= HIS
    assert erased["after"] >= HIS
    assert of_theo(world.home) == erased["rows"]
    gone = erased["before"] - erased["after"] - HERS
    assert gone == set(), "and nothing else went"


def test_b119_theos_pages_and_the_therapists_open_as_before(erased, world, committed):
    house = world.home
    for who, paths in {
        "theo": ("/today/", "/you/", "/you/record/", "/you/care/"),
        "therapist": ("/desk/", f"/desk/couples/{house.couple.pk}/"),
        "owner": ("/desk/practice/retention/", "/desk/practice/trail/"),
    }.items():
        for path in paths:
            answer = signed_in(house[who]).get(path)
            assert answer.status_code in (200, 302), (who, path)
            said = answer.content.decode()
            assert not [word for word in HERS if f"zqhomex{word}qz" in said], (who, path)


def test_b119_she_can_not_come_in_any_more_and_her_account_is_empty(erased, world, committed):
    user = User.objects.get(pk=erased["user_id"])
    assert (user.is_active, user.has_usable_password(), user.email) == (
        False, False, f"{user.pk.hex}@erased.invalid",
    )  # fmt: skip
    assert not user.emailaddress_set.exists()
    with inside(world.home.practice):
        mara = Client.objects.get(pk=world.home["mara"].pk)
        assert (mara.user_id, mara.name) == (None, "(erased)")
        assert mara.erased_at


def test_r25_b119_nothing_is_on_its_way_to_her(erased, world, committed):
    with inside(world.home.practice):
        hers = Message.objects.filter(person_id=world.home["mara"].pk)
        assert set(hers.values_list("state", flat=True)) <= {"cancelled", "skipped", "accepted", "delivered"}
        assert hers.exists(), "that they went out is still counted"


def test_b119_the_proof_holds_no_content_and_its_fingerprint_is_right(erased, world, committed):
    proof = erased["proof"]
    assert proof.digest == erasing.digest_of(proof)
    assert not CANARY.search(str(proof.canonical()))
    assert proof.removed["exercises.Response"] >= 5
    assert "exercises.Draft" not in proof.removed, "what she kept to herself is counted nowhere"
    assert len(proof.keys) == 1
