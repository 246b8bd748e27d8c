"""Taking everything out: two people, a worker, a passphrase, and a file that does not lie here for long."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from clients.models import Client, Contact
from practice import (
    archives,
    destroying,
    exporting,
    still_here,
    team,
    tenancy,
    two_people,
    whole_export,
    whole_import,
)
from practice.models import Archive, ArchivePiece, AuditEvent, Membership, TwoPersonAct
from practice.passphrase_files import NAME, NotOpened, Reader
from practice.tasks import make_archive
from tests.clients.test_parting import freshly
from tests.factories import PASSWORD, acting_as, inside, make_member, signed_in

pytestmark = pytest.mark.django_db

PAGE = "practice_export"
PASSPHRASE = "lamp river window seven chairs"
SAID = {"why": "We move to another house.", "passphrase": PASSPHRASE, "passphrase_again": PASSPHRASE}


@pytest.fixture(autouse=True)
def bells(monkeypatch) -> list[dict[str, str]]:
    """What was rung for, instead of a broker."""
    rings: list[dict[str, str]] = []
    monkeypatch.setattr(make_archive, "delay", lambda **ids: rings.append(ids))
    return rings


@pytest.fixture
def second(practice) -> Membership:
    """Another owner, who was there all along."""
    return make_member(practice, "owner", "Ada Owner")


def fresh(who: Membership) -> Browser:
    """Return a browser in which somebody has just shown once more that it is they."""
    browser = signed_in(who)
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    return browser


def ask(owner: Membership, why: str = "We move.") -> TwoPersonAct:
    with acting_as(owner):
        return exporting.ask(by=owner, why=why, passphrase=PASSPHRASE)


def confirm(act: TwoPersonAct, second: Membership) -> Archive:
    with acting_as(second):
        two_people.confirm(act, by=second)
    with inside(second.practice):
        return Archive.objects.get(kind=exporting.KIND, about_id=act.pk)


def made(archive: Archive) -> Archive:
    make_archive(practice_id=str(archive.practice_id), archive_id=str(archive.pk))
    with tenancy.acting(tenancy.as_system(archive.practice_id)):
        return Archive.objects.get(pk=archive.pk)


@pytest.fixture
def asked(owner, second) -> TwoPersonAct:
    return ask(owner)


@pytest.fixture
def ready(asked, second) -> Archive:
    """An export that was made."""
    return made(confirm(asked, second))


def body_of(page) -> bytes:
    return b"".join(page.streaming_content)


def pieces(practice) -> int:
    with inside(practice):
        return ArchivePiece.objects.count()


# ── asking and confirming ────────────────────────────────────────────────────


def test_b54_nothing_is_written_before_a_second_person_confirms(asked, practice, owner, second, couple):
    with inside(practice):
        assert not Archive.objects.exists()
    freshly(signed_in(second)).post(reverse("second_person_act", args=[asked.pk]), {"do": "confirm"})
    with inside(practice):
        archive = Archive.objects.get()
    assert (archive.user_id, archive.state) == (owner.user_id, "waiting")
    assert made(archive).is_there


def test_b54_whoever_asked_does_not_confirm(asked, practice, owner):
    page = freshly(signed_in(owner))
    assert page.post(reverse("second_person_act", args=[asked.pk]), {"do": "confirm"}).status_code == 404
    with inside(practice):
        assert not Archive.objects.exists()


def test_the_page_asks_and_says_who_can_confirm(owner, second):
    browser = fresh(owner)
    page = browser.post(reverse(PAGE), SAID, follow=True).content.decode()
    assert "Ada Owner can confirm it." in page
    assert 'name="passphrase"' not in page
    with acting_as(owner):
        act = TwoPersonAct.objects.get()
        assert act.why == SAID["why"]
        assert set(act.details) == {"lock"}


def test_the_passphrase_is_kept_nowhere(owner, second, ready):
    with inside(owner.practice):
        act = TwoPersonAct.objects.get()
        trail = list(AuditEvent.objects.values_list("changes", flat=True))
    assert "lamp" not in json.dumps([act.details, ready.details, trail], default=str)


def test_a_form_that_comes_too_late_waits_without_the_passphrase():
    waits = still_here.form_to_keep("/desk/practice/export/", [(name, [value]) for name, value in SAID.items()])
    assert waits == {"path": "/desk/practice/export/", "fields": [("why", [SAID["why"]])]}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"why": ""}, "Please fill this in."),
        ({"passphrase": "short"}, "It needs at least 15"),
        ({"passphrase_again": "lamp river window seven tables"}, "This is not the same as above."),
        ({"passphrase": "", "passphrase_again": ""}, "Please fill this in."),
    ],
)
def test_what_is_missing_is_said_beside_the_field_and_nothing_is_asked_for(wrong, words, owner, second):
    page = fresh(owner).post(reverse(PAGE), SAID | wrong)
    assert words in page.content.decode()
    assert SAID["why"] in page.content.decode() or "why" in wrong
    assert PASSPHRASE not in page.content.decode()
    with acting_as(owner):
        assert not TwoPersonAct.objects.exists()


def test_it_is_asked_for_once_at_a_time(asked, owner):
    page = fresh(owner).post(reverse(PAGE), SAID, follow=True)
    assert "waits for a second person" in page.content.decode()
    with acting_as(owner):
        assert TwoPersonAct.objects.count() == 1


def test_b43_page_and_file_ask_once_more_who_it_is(ready, owner):
    stale = signed_in(owner)
    for page in (
        stale.get(reverse(PAGE)),
        stale.post(reverse(PAGE), SAID),
        stale.get(reverse("practice_export_file", args=[ready.pk])),
    ):
        assert page.status_code == 302
        assert page["Location"].startswith("/account/reauthenticate/")
    with acting_as(owner):
        assert TwoPersonAct.objects.count() == 1


# ── the file ─────────────────────────────────────────────────────────────────


def test_the_file_opens_by_the_passphrase_alone_and_is_the_practice(ready, practice, owner, couple):
    page = fresh(owner).get(reverse("practice_export_file", args=[ready.pk]))
    body = body_of(page)
    assert page["Content-Length"] == str(len(body))
    assert "no-store" in page["Cache-Control"]
    assert re.fullmatch(r'attachment; filename="practice-export-[\d-]{10}\.attune"', page["Content-Disposition"])
    assert body.startswith(NAME)
    with pytest.raises(NotOpened):
        Reader(io.BytesIO(body), "another passphrase of five words")
    export = whole_import.look_into(Reader(io.BytesIO(body), PASSPHRASE))
    assert export.practice_id == practice.pk
    assert {one["name"] for one in export.lines("data/practice.Membership.jsonl")} >= {owner.name}


def test_the_list_of_contents_says_what_stayed_and_why(ready, owner):
    body = body_of(fresh(owner).get(reverse("practice_export_file", args=[ready.pk])))
    said = whole_import.look_into(Reader(io.BytesIO(body), PASSPHRASE)).manifest["not_in_it"]
    assert {"practice.DataKey", "practice.User", "exercises.Draft", "practice.Archive"} <= set(said)
    assert all(said.values())


def test_taking_it_away_is_written_down(ready, practice, owner):
    body_of(fresh(owner).get(reverse("practice_export_file", args=[ready.pk])))
    with inside(practice):
        line = AuditEvent.objects.get(act="downloaded")
    assert (line.user_id, line.subject, line.subject_id) == (owner.user_id, "practice_archive", ready.pk)


def test_it_is_for_the_owner_who_asked_alone(ready, second, practice):
    for who in (second, make_member(practice, "supervisor"), make_member(practice, "therapist")):
        browser = fresh(who)
        assert browser.get(reverse("practice_export_file", args=[ready.pk])).status_code == 404
        assert browser.post(reverse("practice_export_end", args=[ready.pk])).status_code == 404
    assert pieces(practice) > 0


def test_what_lies_here_has_run_out_after_a_week(ready, owner, practice):
    browser_path = reverse("practice_export_file", args=[ready.pk])
    with time_machine.travel(timezone.now() + exporting.LIVES + timedelta(minutes=1)):
        assert fresh(owner).get(browser_path).status_code == 404
        with inside(practice):
            archives.tend()
        assert pieces(practice) == 0


def test_its_owner_destroys_it_before(ready, owner, practice):
    browser = fresh(owner)
    browser.post(reverse("practice_export_end", args=[ready.pk]))
    assert browser.get(reverse("practice_export_file", args=[ready.pk])).status_code == 404
    assert pieces(practice) == 0


def test_a_new_one_takes_the_place_of_the_last(ready, owner, second, practice):
    confirm(ask(owner), second)
    with inside(practice):
        assert Archive.objects.get(pk=ready.pk).destroyed_at


# ── when something changes meanwhile ─────────────────────────────────────────


def test_b46_who_leaves_gets_nothing_of_what_was_made(ready, owner, second, practice):
    with acting_as(second):
        team.leave(Membership.objects.get(pk=owner.pk), to=second)
    assert pieces(practice) == 0


def test_b46_who_stops_being_an_owner_gets_nothing_either(ready, owner, second, practice):
    with acting_as(second):
        team.change_role(Membership.objects.get(pk=owner.pk), "therapist")
    assert pieces(practice) == 0


def call_her_at(client: Client) -> None:
    """Let there be something under her key."""
    contact = Contact.objects.get(client=client)
    contact.phone = "+447911123456"
    contact.save()


@pytest.mark.parametrize("when", ["before it is begun", "while it is written"])
def test_b46_nothing_is_made_for_who_left_meanwhile(when, asked, owner, second, practice, monkeypatch):
    archive = confirm(asked, second)

    def leave() -> None:
        with inside(practice):
            Membership.objects.filter(pk=owner.pk).update(ended_at=timezone.now())

    if when == "before it is begun":
        leave()
    else:
        write = exporting._write
        monkeypatch.setattr(exporting, "_write", lambda *args: (write(*args), leave()))
    after = made(archive)
    assert after.destroyed_at
    assert not after.is_there
    assert pieces(practice) == 0


@pytest.mark.parametrize("sealed", [True, False], ids=["with texts", "without a text"])
def test_b120_when_somebody_is_erased_no_export_here_holds_them(sealed, ready, practice, couple, mara):
    with inside(practice):
        if sealed:
            call_her_at(mara)
        assert bool(destroying.destroy_keys_of(mara.pk, why="erasure")) == sealed
    assert pieces(practice) == 0


def test_a_text_whose_key_was_destroyed_is_empty_and_the_rest_goes_along(asked, second, practice, couple, mara):
    with inside(practice):
        call_her_at(mara)
        destroying.destroy_keys_of(mara.pk, why="erasure")
        lines = {name: [json.loads(one) for one in body] for name, body in whole_export.Content(practice.pk).files()}
    phones = {one["client_id"]: one["phone"] for one in lines["data/clients.Contact.jsonl"]}
    assert phones[str(mara.pk)] == ""
    assert len(phones) == 2


def test_what_failed_is_tried_once_more_and_then_said(asked, owner, second, practice, monkeypatch):
    archive = confirm(asked, second)

    def fail(*args) -> None:
        raise RuntimeError("words of somebody's")

    monkeypatch.setattr(whole_export, "write", fail)
    assert made(archive).state == "waiting"
    assert made(archive).state == "failed"
    page = fresh(owner).get(reverse(PAGE)).content.decode()
    assert "Something went wrong on our side." in page
    assert "words of somebody" not in page
    assert pieces(practice) == 0


# ── the command line ─────────────────────────────────────────────────────────


@pytest.fixture
def phrase(tmp_path) -> str:
    path = tmp_path / "phrase"
    path.write_text(PASSPHRASE + "\n", encoding="utf-8")
    return str(path)


def test_the_operator_writes_what_two_people_agreed_on_and_nothing_else(
    owner, second, practice, tmp_path, phrase, capsys
):
    target = tmp_path / "all.attune"
    with pytest.raises(CommandError, match="agreed"):
        call_command("export_practice", practice.slug, to=str(target))
    act = ask(owner)
    with pytest.raises(CommandError, match="agreed"):
        call_command("export_practice", practice.slug, to=str(target))
    archive = confirm(act, second)
    call_command("export_practice", practice.slug, to=str(target))
    assert made(archive).sha256 in capsys.readouterr().out
    with pytest.raises(CommandError, match="already"):
        call_command("export_practice", practice.slug, to=str(target))
    call_command("import_practice", str(target), check=True, passphrase_file=phrase)
    assert str(practice.pk) in capsys.readouterr().out
    call_command("open_export", str(target), to=str(tmp_path / "all.zip"), passphrase_file=phrase)
    with (tmp_path / "all.zip").open("rb") as file:
        assert whole_import.look_into(file).practice_id == practice.pk


def test_commands_refuse_in_words(tmp_path, phrase, practice, owner, second):
    with pytest.raises(CommandError, match="no practice"):
        call_command("export_practice", "nobody", to=str(tmp_path / "x"))
    (tmp_path / "x").write_bytes(b"something else")
    for command in ("import_practice", "open_export"):
        options = {"to": str(tmp_path / "y")} if command == "open_export" else {}
        with pytest.raises(CommandError, match="no export"):
            call_command(command, str(tmp_path / "x"), passphrase_file=phrase, **options)
        with pytest.raises(CommandError, match="passphrase"):
            call_command(command, str(tmp_path / "x"), passphrase_file=str(tmp_path / "nowhere"), **options)
