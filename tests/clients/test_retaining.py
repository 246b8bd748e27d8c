"""For how long what is kept of somebody is kept, what forbids erasing it, and what waits for a decision."""

from __future__ import annotations

import datetime
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.formats import date_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients import erasing, retaining, status
from clients.models import (
    Client,
    Contact,
    Couple,
    Erasure,
    ErasureRequest,
    KeptLonger,
    LegalHold,
    Pin,
)
from exercises.models import JournalEntry
from practice import countries, retention, tenancy, two_people, vault
from practice.backups.restoring import erased_in
from practice.models import Archive, ArchivePiece, AuditEvent, DataKey, Message, Practice, Recovery, TwoPersonAct
from tests.factories import PASSWORD, acting_as, inside, make_couple, make_member, signed_in, user_of

pytestmark = pytest.mark.django_db
YEARS_AGO = datetime.timedelta(days=366)
PAGE = "/desk/practice/retention/"


def freshly(browser):
    assert browser.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return browser


def ended(couple: Couple, years: int = 0) -> None:
    """Let the care of a couple have ended so many years and a day ago."""
    with tenancy.acting(tenancy.as_system(couple.practice_id)):
        known = Couple.objects.with_partners().get(pk=couple.pk)
        status.change(known, Couple.Status.CLOSED)
        day = timezone.now().replace(year=timezone.now().year - years, day=1) if years else timezone.now()
        Couple.objects.filter(pk=couple.pk).update(ended_at=day - datetime.timedelta(days=2))


def standing(client: Client) -> retaining.Standing:
    with tenancy.acting(tenancy.as_system(client.practice_id)):
        return retaining.standing_of(Client.objects.get(pk=client.pk), Practice.objects.get(pk=client.practice_id))


@pytest.fixture
def second(practice):
    return make_member(practice, "owner", "Ona Second")


# ── the rules ────────────────────────────────────────────────────────────────


def test_every_rule_has_a_source_and_a_day_and_fits_its_country():
    assert len(retention.rules()) >= 12
    for country, rule in retention.rules().items():
        assert country in countries.names()
        assert rule.basis in (retention.LAW, retention.GUIDANCE), country
        assert rule.source.startswith("http"), country
        assert rule.title
        assert 1 <= rule.years <= retention.MOST, country
        assert rule.checked_on <= datetime.datetime.now(datetime.UTC).date(), country


def test_a_practice_keeps_by_the_rule_of_its_country_until_it_says_otherwise(db):
    german, nowhere = Practice(country="DE"), Practice(country="ZW")
    assert (retention.term_of(german).years, retention.term_of(german).own) == (10, False)
    assert retention.term_of(nowhere).years == retention.USUAL
    assert retention.term_of(Practice(country="DE", keep_years=15)).years == 15
    assert retention.term_of(Practice(country="DE", keep_years=3)).years == 10, "a law goes first"
    assert retention.term_of(Practice(country="GB", keep_years=3)).years == 3


def test_a_year_after_a_leap_day_is_the_first_of_march():
    assert retention.years_after(datetime.date(2024, 2, 29), 10) == datetime.date(2034, 3, 1)
    assert retention.years_after(datetime.date(2024, 2, 29), 4) == datetime.date(2028, 2, 29)


def test_an_owner_sets_the_years_and_not_fewer_than_the_law(owner, practice):
    with inside(practice):
        Practice.objects.update(country="DE")
    browser = signed_in(owner)
    refused = browser.post(PAGE, {"years": "9"})
    assert refused.status_code == 422
    assert "10 years where you are" in refused.content.decode()
    assert browser.post(PAGE, {"years": "12"}).status_code == 302
    with inside(practice):
        assert Practice.objects.get().keep_years == 12
    said = browser.get(PAGE).content.decode()
    assert "12 years after care has ended" in said
    assert "A law: 10 years" in said
    assert "§ 630f" in said


# ── from when on the time runs ───────────────────────────────────────────────


def test_the_time_runs_from_the_end_of_care_or_the_last_session(practice, couple, mara):
    assert standing(mara).ended_on is None
    ended(couple, 3)
    end = standing(mara).ended_on
    with inside(practice):
        couple.appointments.create(starts_at=timezone.now() - datetime.timedelta(days=40))
    assert standing(mara).ended_on > end
    assert standing(mara).until == retention.years_after(standing(mara).ended_on, 7)


def test_whoever_is_in_care_with_somebody_else_is_in_care(practice, couple, mara, therapist):
    ended(couple, 3)
    with inside(practice):
        again = Couple.objects.create(practice=practice, time_zone="Europe/London")
        again.partners.create(client=mara, position=0)
    assert standing(mara).ended_on is None


def test_a_couple_that_comes_back_has_no_end_any_more(practice, couple, mara):
    ended(couple)
    with inside(practice):
        status.change(Couple.objects.with_partners().get(pk=couple.pk), Couple.Status.ACTIVE)
        assert Couple.objects.get(pk=couple.pk).ended_at is None


def test_the_queue_holds_what_is_over_and_asks_as_often_however_many_there_are(
    practice, couple, mara, theo, owner, django_assert_num_queries
):
    ended(couple, 8)
    with inside(practice):
        here = Practice.objects.get()
        with django_assert_num_queries(6):
            assert {one.client.pk for one in retaining.queue(here).due} == {mara.pk, theo.pk}
    for _number in range(3):
        ended(make_couple(practice), 8)
    young = make_couple(practice)
    ended(young, 1)
    with inside(practice), django_assert_num_queries(6):
        found = retaining.queue(here).due
        assert len(found) == 8
        assert not {one.client.pk for one in found} & {one.pk for one in young.clients}
    said = signed_in(owner).get(PAGE).content.decode()
    assert "Mara" in said


def test_what_was_looked_at_and_kept_comes_up_again_on_its_day(practice, couple, mara, owner):
    ended(couple, 8)
    today = standing(mara).today
    with acting_as(owner):
        retaining.keep_longer(mara, today + datetime.timedelta(days=30), "A claim may come", by=owner)
    assert not standing(mara).is_due
    with inside(practice):
        here = Practice.objects.get()
        later = retaining.standing_of(mara, here, today=today + datetime.timedelta(days=30))
    assert later.is_due


# ── two people, and what forbids it ──────────────────────────────────────────


def test_two_people_erase_what_is_over_and_the_proof_names_both(practice, couple, mara, theo, owner, second):
    ended(couple, 8)
    page = f"{PAGE}{mara.pk}/"
    browser = freshly(signed_in(owner))
    assert browser.get(page).status_code == 200
    assert browser.post(page, {"do": "erase", "erase-why": "Time is over"}).status_code == 422, "tell them first"
    assert browser.post(page, {"do": "erase", "erase-why": "Time is over", "erase-told": "on"}).status_code == 302
    with inside(practice):
        act = TwoPersonAct.objects.get(act="erasure")
        assert Client.objects.get(pk=mara.pk).erased_at is None, "one alone erases nobody"
    assert browser.post(f"/desk/practice/second/{act.pk}/", {"do": "confirm"}).status_code == 404
    with acting_as(second):
        two_people.confirm(act, by=second)
    with inside(practice):
        proof = Erasure.objects.get()
        assert (proof.client_id, proof.asked_by_id, proof.confirmed_by_id) == (mara.pk, owner.pk, second.pk)
        assert (proof.years, proof.country, proof.ground) == (7, "GB", "retention")
        assert Client.objects.get(pk=mara.pk).name == "(erased)"
        assert Client.objects.get(pk=theo.pk).name == "Theo"
        assert AuditEvent.objects.filter(subject="clients_erasure", client_id=mara.pk).count() == 1
        assert not DataKey.objects.filter(client_id=mara.pk, wrapped__isnull=False).exists()
    said = browser.get(page).content.decode()
    assert proof.digest in said


def test_b43_b119_the_page_of_a_record_asks_for_a_fresh_sign_in_and_no_post_goes_around_it(
    practice, couple, mara, owner
):
    ended(couple, 8)
    browser = signed_in(owner)
    page = f"{PAGE}{mara.pk}/"
    for answer in (browser.get(page), browser.post(page, {"do": "hold", "hold-why": "x"})):
        assert answer.url.startswith("/account/reauthenticate/")
    with inside(practice):
        assert not LegalHold.objects.exists()


def test_nobody_in_care_and_nobody_within_their_time_is_erased(practice, couple, mara, owner):
    with acting_as(owner), pytest.raises(two_people.CannotBeDone, match="in care"):
        erasing.ask(standing(mara), "why", by=owner)
    ended(couple, 2)
    with acting_as(owner), pytest.raises(two_people.CannotBeDone, match="nobody asked"):
        erasing.ask(standing(mara), "why", by=owner)


def test_a_law_goes_before_a_request_and_guidance_does_not(practice, couple, mara, owner):
    ended(couple, 2)
    with acting_as(owner):
        retaining.ask(mara)
    assert standing(mara).against == []
    with inside(practice):
        Practice.objects.update(country="DE")
    assert "law makes you keep it" in " ".join(standing(mara).against)
    with inside(practice):
        Practice.objects.update(country="NL")
    assert standing(mara).against == [], "where the law itself lets them ask for less"


@pytest.mark.parametrize("whole_couple", [False, True])
def test_b121_a_hold_set_while_it_waits_for_the_second_person_wins(
    practice, couple, mara, theo, owner, second, whole_couple
):
    ended(couple, 8)
    with acting_as(owner):
        act = erasing.ask(standing(mara), "why", by=owner)
        held = retaining.hold(mara, "A court asks", by=owner, couple_id=couple.pk if whole_couple else None)
    with acting_as(second), pytest.raises(two_people.CannotBeDone, match="hold"):
        two_people.confirm(act, by=second)
    with inside(practice):
        assert TwoPersonAct.objects.get(pk=act.pk).is_waiting, "it was not decided"
        assert Client.objects.get(pk=mara.pk).erased_at is None
        assert DataKey.objects.filter(client_id=mara.pk).count() == DataKey.objects.filter(
            client_id=mara.pk, wrapped__isnull=False
        ).count()  # fmt: skip
    assert bool(standing(theo).holds) == whole_couple
    with acting_as(owner):
        assert retaining.lift(held.pk, by=owner)
        assert not retaining.lift(held.pk, by=owner)
    with acting_as(second):
        two_people.confirm(act, by=second)
    with inside(practice):
        assert Client.objects.get(pk=mara.pk).erased_at


def test_the_second_person_reads_why_it_cannot_be_done(practice, couple, mara, owner, second):
    ended(couple, 8)
    with acting_as(owner):
        act = erasing.ask(standing(mara), "why", by=owner)
        retaining.hold(mara, "A court asks", by=owner)
    answer = freshly(signed_in(second)).post(f"/desk/practice/second/{act.pk}/", {"do": "confirm"}, follow=True)
    assert "on hold" in answer.content.decode()


def test_an_owner_puts_on_hold_lifts_and_keeps_longer_on_the_page(practice, couple, mara, theo, owner):
    ended(couple, 8)
    browser, page = freshly(signed_in(owner)), f"{PAGE}{mara.pk}/"
    assert browser.post(page, {"do": "hold", "hold-why": ""}).status_code == 422
    assert browser.post(page, {"do": "hold", "hold-why": "A claim", "hold-everybody": "on"}).status_code == 302
    assert len(standing(mara).holds) == 2
    assert len(standing(theo).holds) == 1
    assert "A claim" in browser.get(page).content.decode()
    for one in standing(mara).holds:
        assert browser.post(page, {"do": "lift", "hold": str(one.pk)}).status_code == 302
    assert standing(mara).holds == ()
    assert browser.post(page, {"do": "lift", "hold": "nonsense"}).status_code == 404
    past = browser.post(page, {"do": "keep", "keep-until": "2020-01-01", "keep-why": "x"})
    assert past.status_code == 422
    assert "still to come" in past.content.decode()
    until = (standing(mara).today + datetime.timedelta(days=100)).isoformat()
    assert browser.post(page, {"do": "keep", "keep-until": until, "keep-why": "x"}).status_code == 302
    with inside(practice):
        assert KeptLonger.objects.get().why == "x"
    assert browser.post(page, {"do": "nothing of the kind"}).status_code == 404


# ── what a person asks for ───────────────────────────────────────────────────


def test_a_person_asks_once_owners_are_told_and_the_deadline_runs(practice, couple, mara, owner):
    browser = freshly(signed_in(mara))
    said = browser.get("/you/record/erase/").content.decode()
    assert "7 years" in said
    assert "has not ended" in said
    assert browser.post("/you/record/erase/", {}).status_code == 422
    for _twice in range(2):
        assert browser.post("/you/record/erase/", {"sure": "on"}).status_code == 302
    with inside(practice):
        request = ErasureRequest.objects.get()
        letters = Message.objects.filter(kind="erasure_request")
        assert [one.person_id for one in letters] == [owner.pk]
    known = standing(mara)
    assert known.answer_by == timezone.localdate(request.asked_at) + datetime.timedelta(days=30)
    assert "Answer by" in signed_in(owner).get(PAGE).content.decode()
    assert "will have an answer by" in browser.get("/you/record/erase/").content.decode()
    assert browser.post("/you/record/erase/", {"do": "take_back"}).status_code == 302
    with inside(practice):
        assert ErasureRequest.objects.get().answer == "withdrawn"
        assert Message.objects.get(kind="erasure_request").state == "cancelled"


def test_b43_asking_for_erasure_needs_a_fresh_sign_in(practice, mara):
    browser = signed_in(mara)
    for answer in (browser.get("/you/record/erase/"), browser.post("/you/record/erase/", {"sure": "on"})):
        assert answer.url.startswith("/account/reauthenticate/")
    with inside(practice):
        assert not ErasureRequest.objects.exists()


def test_the_page_tells_the_time_of_the_law_and_the_longer_one_of_the_practice_apart(practice, couple, mara):
    def said() -> str:
        return browser.get("/you/record/erase/").content.decode()

    with inside(practice):
        Practice.objects.update(country="DE", keep_years=15)
    browser = freshly(signed_in(mara))
    assert "keeps it longer, for 15 years." in said()
    ended(couple, 1)
    law, own = (date_format(day, "j F Y") for day in (standing(mara).law_until, standing(mara).until))
    assert f"For you that is until {law}." in said()
    assert f"keeps it longer, for 15 years: until {own}." in said()
    with inside(practice):
        Practice.objects.update(keep_years=None)
    assert f"For you that is until {law}." in said()
    assert "keeps it longer" not in said()
    with inside(practice):
        Practice.objects.update(country="GB", keep_years=15)
    assert f"For you that is until {own}." in said()
    assert "keeps it longer" not in said()


def test_the_other_partner_learns_nothing_of_a_request(practice, couple, mara, theo):
    browser = signed_in(theo)
    paths = ("/you/", "/you/record/", "/you/care/", "/today/")
    before = [len(browser.get(path).content) for path in paths]
    with acting_as(mara):
        retaining.ask(mara)
    assert [len(browser.get(path).content) for path in paths] == before
    with acting_as(theo):
        assert not ErasureRequest.objects.exists()


def test_the_answer_keeps_the_record_of_care_and_erases_what_only_they_could_read(practice, couple, mara, owner):
    with acting_as(mara):
        for lane, readers in (("own", []), ("private", [])):
            JournalEntry.objects.create(couple=couple, author=mara, lane=lane, readers=readers, text=f"a page {lane}")
    with inside(practice):
        Pin.objects.create(client=mara, hashed="!")
        Practice.objects.update(country="DE")
    ended(couple, 1)
    with acting_as(owner):
        retaining.ask(mara)
    browser = freshly(signed_in(owner))
    assert browser.post(f"{PAGE}{mara.pk}/", {"do": "answer"}).status_code == 302
    with inside(practice):
        assert [one.lane for one in JournalEntry.objects.all()] == ["private"]
        assert JournalEntry.objects.get().text == "a page private"
        assert not Pin.objects.exists()
        request = ErasureRequest.objects.get()
        assert (request.answer, request.keeps_until) == ("kept", standing(mara).law_until)
        proof = Erasure.objects.get()
        assert (proof.extent, proof.keys, proof.removed.get("exercises.JournalEntry")) == ("own", [], None)
        assert Client.objects.get(pk=mara.pk).name == "Mara"
    page = freshly(signed_in(mara)).get("/you/record/erase/").content.decode()
    assert "is kept until" in page


def test_b119_an_owner_alone_erases_nothing_of_a_client_by_writing_a_request_down(practice, couple, mara, owner):
    with acting_as(mara):
        JournalEntry.objects.create(couple=couple, author=mara, lane="own", readers=[], text="mine alone")
    with inside(practice):
        Practice.objects.update(country="DE")
    ended(couple, 1)
    browser, page = freshly(signed_in(owner)), f"{PAGE}{mara.pk}/"
    assert browser.post(page, {"do": "note"}).status_code == 302
    assert "nothing is erased with this answer" in browser.get(page).content.decode()
    said = browser.post(page, {"do": "answer"}, follow=True).content.decode()
    assert "when they ask for it themselves" in said
    with inside(practice):
        assert JournalEntry.objects.count() == 1
        assert not Erasure.objects.exists()
        assert ErasureRequest.objects.get().answer == "kept", "the person has an answer all the same"
    hers = freshly(signed_in(mara))
    told = hers.get("/you/record/erase/").content.decode()
    assert "What only you can read is still here." in told
    assert "are erased." not in told
    assert hers.post("/you/record/erase/", {"sure": "on"}).status_code == 302
    assert browser.post(page, {"do": "answer"}).status_code == 302
    with inside(practice):
        assert not JournalEntry.objects.exists(), "by her own word it goes"
    assert "your devices and your codes are erased." in hers.get("/you/record/erase/").content.decode()


def test_b40_a_sign_in_by_the_mailbox_alone_neither_asks_for_erasure_nor_takes_a_request_back(practice, couple, mara):
    Recovery.objects.create(user=user_of(mara), at=timezone.now())
    browser = freshly(signed_in(mara))
    assert browser.get("/you/record/erase/").status_code == 200
    assert browser.post("/you/record/erase/", {"sure": "on"}).url == "/account/closed/"
    with inside(practice):
        assert not ErasureRequest.objects.exists()
    with acting_as(mara):
        retaining.ask(mara)
    assert browser.post("/you/record/erase/", {"do": "take_back"}).url == "/account/closed/"
    with inside(practice):
        assert ErasureRequest.objects.get().answer == ""


def test_an_answer_under_a_hold_names_no_day(practice, couple, mara, owner):
    ended(couple, 1)
    with acting_as(mara):
        retaining.ask(mara)
    with acting_as(owner):
        retaining.hold(mara, "A court", by=owner)
    browser, page = freshly(signed_in(owner)), f"{PAGE}{mara.pk}/"
    assert "kept for now, without a day" in browser.get(page).content.decode()
    assert browser.post(page, {"do": "answer"}).status_code == 302
    said = freshly(signed_in(mara)).get("/you/record/erase/").content.decode()
    assert "is kept for now" in said
    assert "is kept until" not in said
    assert "codes are erased." not in said
    assert "unless a court or a claim asks for it" in said


def test_a_hold_keeps_even_what_only_they_could_read(practice, couple, mara, owner):
    with acting_as(mara):
        JournalEntry.objects.create(couple=couple, author=mara, lane="own", text="mine")
    ended(couple, 1)
    with acting_as(owner):
        retaining.hold(mara, "A court", by=owner)
        retaining.ask(mara)
        assert erasing.erase_own(mara, by=owner) is None
    with inside(practice):
        assert JournalEntry.objects.count() == 1


# ── what the database holds ──────────────────────────────────────────────────


def test_nobody_changes_or_removes_a_proof(practice, couple, mara, owner):
    ended(couple, 8)
    with inside(practice):
        erasing.erase(mara, ground=erasing.Ground.RETENTION, by=erasing.By(owner))
    for sql in (
        Erasure.objects.filter(client=mara).update,
        lambda **_values: Erasure.objects.all()._raw_delete("default"),
    ):
        with (
            inside(practice),
            pytest.raises(DatabaseError, match=r"permission denied|never rewritten"),
            transaction.atomic(),
        ):
            sql(years=1)


def test_b120_nothing_new_is_kept_of_somebody_who_was_erased(practice, couple, mara, owner):
    ended(couple, 8)
    with inside(practice):
        erasing.erase(mara, ground=erasing.Ground.RETENTION, by=erasing.By(owner))
        with pytest.raises(IntegrityError, match="nothing is kept"), transaction.atomic():
            JournalEntry.objects.create(couple=couple, author=mara, lane="own")
        with pytest.raises(IntegrityError, match="nothing is kept"), transaction.atomic():
            DataKey.objects.make(practice.pk, mara.pk)
        with pytest.raises(IntegrityError, match="nothing is kept"), transaction.atomic():
            Contact.objects.filter(client=mara).update(email="mara@example.org")
        # An import brings the empty row as it is.
        (row,) = Contact.objects.filter(client=mara).values()
        Contact.objects.filter(client=mara).delete()
        Contact.objects.create(**row)
        with pytest.raises(two_people.CannotBeDone, match="before"):
            erasing.erase(mara, ground=erasing.Ground.RETENTION, by=erasing.By(owner))
        assert Erasure.objects.count() == 1


def test_b114_a_restored_copy_is_told_again_and_twice_changes_nothing(
    practice, couple, mara, theo, owner, tmp_path, capsys
):
    from django.core.management import call_command

    log = tmp_path / "attune.log"
    log.write_text(
        f"INFO …\nWARNING attune.erased ERASED practice={practice.pk} client={mara.pk} at=2026-11-23T00:00:00\n"
    )
    for said in ("1 named, 1 erased again, 0 were", "1 named, 0 erased again, 1 were"):
        call_command("erased", again=[str(log)])
        assert said in capsys.readouterr().out
    with inside(practice):
        assert Client.objects.get(pk=mara.pk).erased_at, "though they were in care in that copy"
        assert Client.objects.get(pk=theo.pk).name == "Theo"
        assert Erasure.objects.get().ground == "restored"


def test_who_was_erased_is_listed_with_ids_alone(practice, couple, mara, owner, capsys):
    from django.core.management import call_command

    ended(couple, 8)
    with inside(practice):
        erasing.erase(mara, ground=erasing.Ground.RETENTION, by=erasing.By(owner))
    call_command("erased")
    said = capsys.readouterr().out
    assert f"ERASED practice={practice.pk} client={mara.pk} at=" in said
    assert "Mara" not in said
    assert erased_in(said).whole == {(practice.pk, mara.pk)}


def test_b114_what_only_they_could_read_is_erased_again_in_a_restored_copy_and_only_there(
    practice, couple, mara, owner, tmp_path, capsys, caplog, django_capture_on_commit_callbacks
):
    from django.core.management import call_command

    ended(couple, 1)
    with acting_as(mara):
        retaining.ask(mara)
    with django_capture_on_commit_callbacks(execute=True), inside(practice):
        erasing.erase_own(mara, by=owner)
    line = f"ERASED-OWN practice={practice.pk} client={mara.pk} at="
    assert line in caplog.text, "the log has it"
    call_command("erased")
    said = capsys.readouterr().out
    assert line in said
    assert not erased_in(said).whole, "it tells of nothing more"
    log = tmp_path / "attune.log"
    log.write_text(said)
    with inside(practice):
        JournalEntry.objects.create(couple=couple, author=mara, lane="own", readers=[], text="written afterwards")
    call_command("erased", again=[str(log)])
    with inside(practice):
        assert JournalEntry.objects.count() == 1, "here it was done already, and what came later is theirs"
    later = (timezone.now() + datetime.timedelta(days=1)).astimezone(datetime.UTC).isoformat(timespec="seconds")
    log.write_text(f"{line}{later}\n")
    call_command("erased", again=[str(log)])
    assert "1 named, 1 erased again" in capsys.readouterr().out
    with inside(practice):
        assert not JournalEntry.objects.exists(), "a copy from before it does not know of it"
        assert Erasure.objects.filter(extent="own", ground="restored").count() == 1
        assert Client.objects.get(pk=mara.pk).name == "Mara"


def test_when_the_last_of_a_couple_goes_what_was_written_of_the_couple_goes_too(
    practice, couple, mara, theo, owner, therapist
):
    from clients.models import Clearance

    with inside(practice):
        Clearance.objects.create(couple=couple, recorded_by=therapist, note="of both")
    ended(couple, 8)
    with inside(practice):
        erasing.erase(mara, ground=erasing.Ground.RETENTION, by=erasing.By(owner))
        assert Clearance.objects.count() == 1
        erasing.erase(theo, ground=erasing.Ground.RETENTION, by=erasing.By(owner))
        assert Clearance.objects.count() == 0
        assert Couple.objects.filter(pk=couple.pk).exists(), "that there was a couple is counted"


def test_whoever_was_erased_has_no_tab_on_the_pages_of_the_couple(practice, couple, mara, owner, therapist):
    ended(couple, 8)
    browser = signed_in(therapist)
    assert "Mara, private" in browser.get(couple.get_absolute_url()).content.decode()
    with inside(practice):
        erasing.erase(mara, ground=erasing.Ground.RETENTION, by=erasing.By(owner))
    said = browser.get(couple.get_absolute_url()).content.decode()
    assert re.findall(r"[\w()]+, private(?=[ <])", said) == ["Theo, private"]


def test_an_account_that_is_somebody_elsewhere_stays(practice, neighbour, couple, mara, owner):
    from practice.models import User

    with inside(neighbour):
        Client.objects.create(practice=neighbour, name="Mara elsewhere", user_id=mara.user_id)
    ended(couple, 8)
    with inside(practice):
        erasing.erase(mara, ground=erasing.Ground.RETENTION, by=erasing.By(owner))
    assert User.objects.get(pk=mara.user_id).is_active
    with inside(neighbour):
        assert Client.objects.get().name == "Mara elsewhere"


# ── at once with others ──────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_b120_what_is_being_sent_while_somebody_is_erased_goes_along_and_what_comes_after_is_refused(
    practice, couple, mara, owner
):
    """The writer has begun and holds on; the erasing waits for it; the next writer waits for the erasing."""
    ended(couple, 8)
    begun, go_on = threading.Event(), threading.Event()
    came: dict[str, str] = {}

    def write_slowly() -> None:
        with inside(practice):
            JournalEntry.objects.create(couple=couple, author=mara, lane="private", text="just before")
            begun.set()
            go_on.wait(10)
        connection.close()

    def erase() -> None:
        with inside(practice):
            erasing.erase(mara, ground=erasing.Ground.RETENTION, by=erasing.By(owner))
        connection.close()

    def write_late() -> None:
        try:
            with inside(practice):
                JournalEntry.objects.create(couple=couple, author=mara, lane="private")
        except IntegrityError as error:
            came["late"] = str(error)
        connection.close()

    slow, eraser, late = (threading.Thread(target=one) for one in (write_slowly, erase, write_late))
    slow.start()
    assert begun.wait(10)
    eraser.start()
    _wait_for_a_lock()
    late.start()
    eraser.join(0.1)
    assert eraser.is_alive(), "it waits for whoever is writing"
    go_on.set()
    for one in (slow, eraser, late):
        one.join(20)
    assert "nothing is kept" in came["late"]
    with inside(practice):
        assert not JournalEntry.objects.exists()
        assert Erasure.objects.get().removed["exercises.JournalEntry"] == 1
        assert not DataKey.objects.filter(client_id=mara.pk, wrapped__isnull=False).exists()


def _wait_for_a_lock() -> None:
    """Return once somebody waits for an advisory lock."""
    for _turn in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waits.")


def test_b120_an_erasure_that_breaks_off_leaves_everything_as_it_was(practice, couple, mara, owner, monkeypatch):
    with acting_as(mara):
        JournalEntry.objects.create(couple=couple, author=mara, lane="private", text="a page")
    ended(couple, 8)

    def breaks(**_kwargs: Any) -> None:
        raise RuntimeError("the line is cut")

    with monkeypatch.context() as broken:
        broken.setattr(erasing, "_prove", lambda *_args, **_kwargs: breaks())
        with pytest.raises(RuntimeError), inside(practice):
            erasing.erase(mara, ground=erasing.Ground.RETENTION, by=erasing.By(owner))
    vault.forget_keys()
    with inside(practice):
        assert JournalEntry.objects.get().text == "a page"
        assert not Erasure.objects.exists()
        erasing.erase(mara, ground=erasing.Ground.RETENTION, by=erasing.By(owner))
        assert not JournalEntry.objects.exists(), "and the next try does it"


def test_b120_a_file_to_take_away_that_holds_them_is_thrown_away(practice, couple, mara, theo, owner):
    ended(couple, 8)
    with inside(practice):
        for person in (mara, theo):
            made = Archive.objects.create(kind="own_copy", user_id=person.user_id, person_id=person.pk)
            ArchivePiece.objects.create(archive=made, number=0, body=b"sealed")
        erasing.erase(mara, ground=erasing.Ground.RETENTION, by=erasing.By(owner))
        assert not ArchivePiece.objects.exists(), "what they shared may be in the other one's, too"
        assert not Archive.objects.filter(destroyed_at=None).exists()


# ── whatever the order ───────────────────────────────────────────────────────

STEPS = st.lists(
    st.sampled_from(["ask", "hold", "lift", "agree", "confirm", "older", "keep", "again"]), min_size=4, max_size=9
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(steps=STEPS)
def test_b121_exactly_what_is_due_is_erased_once_and_a_hold_always_wins(
    practice, couple, mara, theo, owner, second, steps
):
    """A schedule, holds, requests and second thoughts in any order, judged by a model of a few lines."""
    savepoint = transaction.savepoint()
    years, held, asked, waits, gone = 0, False, False, None, False
    ended(couple, 0)
    for step in steps:
        due = (years >= 7 or asked) and not held and not gone
        with inside(practice):
            if step == "ask" and not gone:
                retaining.ask(mara)
                asked = True
            elif step == "hold" and not gone:
                retaining.hold(mara, "why", by=owner)
                held = True
            elif step == "lift":
                held = held and not all(retaining.lift(one.pk, by=owner) for one in standing(mara).holds)
            elif step == "older" and not gone:
                years += 4
                ended(couple, years)
            elif step == "keep" and not gone:
                retaining.keep_longer(mara, standing(mara).today + datetime.timedelta(days=9), "x", by=owner)
            elif step == "agree":
                waits = _try(lambda: erasing.ask(standing(mara), "why", by=owner)) or waits
                assert bool(waits) >= (due and not waits)
            elif step == "confirm" and waits:
                done = _try(lambda act=waits: two_people.confirm(act, by=second))
                assert bool(done) == due, step
                gone = gone or bool(done)
                waits = None if done else waits
            elif step == "again" and gone:
                with inside(practice):
                    assert erasing.erase_again(mara.pk) is None
        with inside(practice):
            assert bool(Client.objects.get(pk=mara.pk).erased_at) == gone
            assert Erasure.objects.count() == int(gone)
            assert Client.objects.get(pk=theo.pk).erased_at is None
    transaction.savepoint_rollback(savepoint)


def _try(act: Callable[[], Any]) -> Any:
    try:
        with transaction.atomic():
            return act()
    except (two_people.CannotBeDone, two_people.NotWaiting):
        return None
