"""Keys: each wrapped by the one above it, changed while everybody works, and destroyed for good."""

from __future__ import annotations

import base64
import io
import threading
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from clients.models import Clearance, Contact
from exercises.models import Answer, JournalEntry
from practice import checks, destroying, factor_seals, keyring, rotating, tenancy, two_people, vault
from practice.models import AuditEvent, DataKey, InstallationSecret, PracticeKey, TwoPersonAct
from practice.settings import required
from tests.databases import superuser
from tests.factories import acting_as, inside, make_member, make_practice, make_user, signed_in

pytestmark = pytest.mark.django_db

CANARY = "She said the thing about the lighthouse."


def key_text(byte: bytes) -> str:
    return base64.urlsafe_b64encode(byte * 32).decode()


NEW = key_text(b"n")


@pytest.fixture
def clearance(practice, couple, therapist) -> Clearance:
    with inside(practice):
        return Clearance.objects.create(couple=couple, recorded_by=therapist, note=CANARY)


@pytest.fixture
def phone(practice, mara) -> Contact:
    with inside(practice):
        contact = Contact.objects.get(client=mara)
        contact.phone = "+447700900123"
        contact.save(update_fields=["phone"])
    return contact


def reads(clearance: Clearance) -> str:
    vault.forget_keys()
    with tenancy.acting(tenancy.as_system(clearance.practice_id)):
        return Clearance.objects.get(pk=clearance.pk).note


# ── who wraps whom ───────────────────────────────────────────────────────────


def test_a_clients_key_is_wrapped_by_the_practices_and_that_by_the_installations(practice, clearance, phone, mara):
    with inside(practice):
        above = PracticeKey.objects.get()
        assert {key.client_id for key in DataKey.objects.all()} == {None, mara.pk}
        assert {key.wrapped_by_id for key in DataKey.objects.all()} == {above.pk}
    assert above.wrapped_by == keyring.present()[0]
    assert above.wrapped_by not in (keyring.present()[1].hex(), "")


def test_a_key_moved_to_another_client_practice_or_purpose_does_not_open(practice, neighbour, clearance, phone, theo):
    with inside(practice):
        key = DataKey.objects.select_related("wrapped_by").get(client_id=phone.client_id)
        for name, value in (("client_id", theo.pk), ("practice_id", neighbour.pk), ("purpose", "notes")):
            before = getattr(key, name)
            setattr(key, name, value)
            with pytest.raises(vault.SealBroken):
                vault.unwrap(key)
            setattr(key, name, before)
        assert len(vault.unwrap(key)) == 32


def test_a_purpose_has_a_key_of_its_own(practice, mara, clearance):
    words = {"practice_id": practice.pk, "client_id": mara.pk, "place": "t.c.1"}
    with inside(practice):
        blob = vault.seal(b"apart", purpose="notes", **words)
        vault.seal(b"with the rest", **words)
        assert {key.purpose for key in DataKey.objects.filter(client_id=mara.pk)} == {"", "notes"}
        assert vault.unseal(blob, purpose="notes", **words) == b"apart"
        with pytest.raises(vault.SealBroken):
            vault.unseal(blob, **words)


def test_keys_with_a_purpose_are_out_of_a_clients_sight(practice, mara):
    with inside(practice):
        vault.seal(b"apart", practice_id=practice.pk, client_id=mara.pk, place="t.c.1", purpose="notes")
    with acting_as(mara):
        assert not DataKey.objects.filter(purpose="notes").exists()


def test_each_practice_seals_under_a_key_of_its_own(practice, neighbour, clearance):
    with inside(practice):
        key = DataKey.objects.get()
    with inside(neighbour), pytest.raises(vault.SealBroken):
        vault._keys.for_opening(neighbour.pk, key.pk)


# ── bound to person and lane ─────────────────────────────────────────────────


def test_b110_a_text_does_not_open_in_another_lane(practice, couple, mara, page):
    with inside(practice), connection.cursor() as cursor:
        cursor.execute("UPDATE exercises_journalentry SET lane = 'shared' WHERE id = %s", [page.pk])
        with pytest.raises(vault.SealBroken):
            _ = JournalEntry.objects.get(pk=page.pk).text


def test_b110_a_text_does_not_open_as_another_persons(practice, couple, theo, page):
    with inside(practice), connection.cursor() as cursor:
        cursor.execute("UPDATE exercises_journalentry SET author_id = %s WHERE id = %s", [theo.pk, page.pk])
        with pytest.raises(vault.SealBroken):
            _ = JournalEntry.objects.get(pk=page.pk).text


def test_b110_a_lane_that_changes_without_its_text_is_not_saved(practice, page):
    with inside(practice):
        row = JournalEntry.objects.get(pk=page.pk)
        row.lane = "shared"
        with pytest.raises(vault.SealBroken):
            row.save()


def test_a_page_of_a_journal_opens_in_every_lane_that_its_author_gives_it(practice, mara, page):
    from exercises import journal

    with inside(practice):
        journal.release(page, "private", [])
        assert JournalEntry.objects.get(pk=page.pk).text == CANARY
        journal.take_back(page)
        assert JournalEntry.objects.get(pk=page.pk).text == CANARY


def test_what_was_sealed_before_lanes_were_bound_still_opens(practice, mara, page):
    with inside(practice), connection.cursor() as cursor:
        old = vault.seal(
            b"from before", practice_id=practice.pk, client_id=mara.pk, place=f"exercises_journalentry.text.{page.pk}"
        )
        cursor.execute("UPDATE exercises_journalentry SET text = %s WHERE id = %s", [old, page.pk])
        assert JournalEntry.objects.get(pk=page.pk).text == "from before"


def test_answers_are_bound_to_their_lane():
    assert Answer._meta.get_field("text").lane == "lane"


@pytest.fixture
def page(practice, couple, mara) -> JournalEntry:
    from exercises import journal
    from practice.ids import uuid7

    with inside(practice):
        return journal.begin(mara, couple.pk, CANARY, uuid7())


# ── a key that is missing ────────────────────────────────────────────────────


def test_b112_a_wrong_key_opens_nothing_and_seals_nothing(practice, neighbour, clearance, settings):
    settings.ATTUNE_MASTER_KEY = NEW
    with pytest.raises(keyring.KeyOutOfReach):
        reads(clearance)
    with inside(neighbour), pytest.raises(keyring.KeyOutOfReach):
        vault.seal(b"never in clear", client_id=None, practice_id=neighbour.pk, place="t.c.1")
    with pytest.raises(keyring.KeyOutOfReach):
        vault.secret_for("anything")
    with inside(neighbour):
        assert not PracticeKey.objects.exists()


def test_b112_a_page_says_503_and_nothing_of_why(phone, mara, settings):
    browser = signed_in(mara)
    assert browser.get("/you/reach/").status_code == 200
    settings.ATTUNE_MASTER_KEY = NEW
    vault.forget_keys()
    answer = browser.get("/you/reach/")
    assert answer.status_code == 503
    assert "key" not in answer.content.decode().lower()
    assert answer.headers["Cache-Control"] == "no-store"


def test_b112_a_check_says_that_the_key_is_not_this_installations(db, settings):
    assert checks.master_key_opens(databases=["default"]) == []
    settings.ATTUNE_MASTER_KEY = NEW
    (found,) = checks.master_key_opens(databases=["default"])
    assert found.id == "attune.E004"
    assert NEW not in str(found)


@pytest.mark.parametrize("text", ["", "short", "A" * 43, "!" * 44, base64.b64encode(b"x" * 31).decode()])
def test_b112_a_key_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r"base64|32 bytes"):
        keyring.read(text)


def test_b112_production_does_not_start_without_a_key(monkeypatch):
    monkeypatch.setattr("practice.settings.PRODUCTION", True)
    monkeypatch.delenv("ATTUNE_MASTER_KEY", raising=False)
    with pytest.raises(ImproperlyConfigured, match="ATTUNE_MASTER_KEY"):
        required("ATTUNE_MASTER_KEY", "something")


# ── changing keys ────────────────────────────────────────────────────────────


@pytest.fixture
def changed_key(settings):
    """The installation's next key is the present one now, and the last is still known."""
    settings.ATTUNE_MASTER_KEYS_ALSO = [settings.ATTUNE_MASTER_KEY]
    settings.ATTUNE_MASTER_KEY = NEW
    yield
    vault._secrets.clear()


def rotate(*options: str) -> str:
    out = io.StringIO()
    call_command("rotate_keys", *options, stdout=out)
    return out.getvalue()


def test_b105_everything_opens_while_two_keys_are_known(clearance, changed_key):
    assert reads(clearance) == CANARY


def test_b105_secrets_of_links_and_hashes_stay_the_same(clearance, settings):
    before = vault.secret_for("suppression")
    settings.ATTUNE_MASTER_KEYS_ALSO = [settings.ATTUNE_MASTER_KEY]
    settings.ATTUNE_MASTER_KEY = NEW
    rotate()
    settings.ATTUNE_MASTER_KEYS_ALSO = []
    assert vault.secret_for("suppression") == before
    vault._secrets.clear()


def test_b111_after_the_rotation_the_old_key_is_needed_for_nothing(practice, clearance, phone, changed_key, settings):
    with pytest.raises(SystemExit):
        rotate("--check")
    assert "No other key is needed" in rotate()
    settings.ATTUNE_MASTER_KEYS_ALSO = []
    vault._secrets.clear()
    assert reads(clearance) == CANARY
    with inside(practice):
        assert Contact.objects.get(pk=phone.pk).phone == "+447700900123"
    rotate("--check")


def test_b111_a_practices_key_is_replaced_and_the_old_one_destroyed(practice, clearance, phone):
    with inside(practice):
        old = PracticeKey.objects.get()
    rotate("--practice-keys", "--portion", "1")
    with inside(practice):
        old.refresh_from_db()
        assert old.wrapped is None
        assert old.destroyed_why == "replaced"
        assert {key.wrapped_by_id for key in DataKey.objects.all()} == {
            PracticeKey.objects.get(wrapped__isnull=False).pk
        }
    assert reads(clearance) == CANARY


def test_b111_keys_from_before_practices_had_their_own_come_under_them(practice, clearance):
    """The first form: a data key wrapped by the installation's key itself."""
    with inside(practice):
        key = DataKey.objects.select_related("wrapped_by").get()
        secret = vault.unwrap(key)
        bound = f"{practice.pk}|key.{key.pk}".encode()
        DataKey.objects.update(wrapped_by=None, wrapped=keyring.encrypt(keyring.present()[1], secret, bound))
    assert reads(clearance) == CANARY
    with pytest.raises(SystemExit):
        rotate("--check")
    rotate()
    rotate("--check")
    assert reads(clearance) == CANARY


class Killed(BaseException):
    pass


@given(deaths=st.lists(st.integers(min_value=0, max_value=4), max_size=4))
@hypothesis_settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_b111_ended_anywhere_and_begun_again_it_loses_nothing(deaths, practice, couple, therapist):
    """Writing goes on between the attempts; in the end all is readable and one key wraps everything."""
    with inside(practice):
        made = [Clearance.objects.create(couple=couple, recorded_by=therapist, note=CANARY)]
        for client in couple.clients:
            DataKey.objects.current(practice.pk, client.pk)
    for steps in deaths:
        with pytest.MonkeyPatch.context() as patch:
            dying = iter([False] * steps + [True] * 100)
            whole = vault.wrap_key

            def wrap_or_die(row, secret, dying=dying, whole=whole):
                if next(dying):
                    raise Killed
                return whole(row, secret)

            patch.setattr(vault, "wrap_key", wrap_or_die)
            try:
                rotating.renew_practice_key(practice.pk, portion=1)
            except Killed:
                connection.needs_rollback = False
        with inside(practice):
            made.append(Clearance.objects.create(couple=couple, recorded_by=therapist, note=CANARY))
    rotating.renew_practice_key(practice.pk, portion=1)
    assert {reads(one) for one in made} == {CANARY}
    with inside(practice):
        whole_ones = PracticeKey.objects.filter(wrapped__isnull=False)
        assert set(DataKey.objects.values_list("wrapped_by", flat=True)) == {whole_ones.get().pk}


@pytest.mark.django_db(transaction=True)
def test_b111_a_key_made_meanwhile_is_not_left_under_one_that_is_destroyed():
    """A writer holds the practice's key until it is done; the rotation waits for it and takes its key along."""
    practice = make_practice()
    with inside(practice):
        DataKey.objects.current(practice.pk, None)
        old = PracticeKey.objects.get()
    made, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with tenancy.acting(tenancy.as_system(practice.pk)):
            DataKey.objects.make(practice.pk, practice.pk)
            made.set()
            go_on.wait(10)
        connection.close()

    def rotate_meanwhile() -> None:
        rotating.renew_practice_key(practice.pk)
        connection.close()

    writer, rotator = threading.Thread(target=write), threading.Thread(target=rotate_meanwhile)
    writer.start()
    assert made.wait(10)
    rotator.start()
    rotator.join(0.3)
    assert rotator.is_alive(), "it waits"
    go_on.set()
    writer.join()
    rotator.join(10)
    with inside(practice):
        assert not DataKey.objects.filter(wrapped_by=old).exists()
        old.refresh_from_db()
        assert old.wrapped is None
        assert len({vault.unwrap(key) for key in DataKey.objects.select_related("wrapped_by")}) == 2


def test_b105_nobody_is_signed_out_when_the_signing_key_changes(therapist, settings):
    browser = signed_in(therapist)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one " * 5
    assert browser.get("/desk/account/").status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    settings.SECRET_KEY = "a third one " * 5
    assert browser.get("/desk/account/").status_code == 302


def test_only_the_rotation_may_write_the_installations_secret(practice):
    with inside(practice):
        assert InstallationSecret.objects.count() == 1
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            InstallationSecret.objects.update(wrapped=b"")


# ── destroying ───────────────────────────────────────────────────────────────


def test_a_destroyed_key_leaves_nothing_to_read_and_says_who_when_and_why(practice, phone, mara, owner):
    with acting_as(owner):
        (proof,) = destroying.destroy_keys_of(mara.pk, why="erasure")
    assert (proof.client_id, proof.destroyed_by, proof.why) == (mara.pk, owner.user_id, "erasure")
    with inside(practice):
        with pytest.raises(vault.SealBroken):
            _ = Contact.objects.get(pk=phone.pk).phone
        assert destroying.proofs_of(mara.pk) == [proof]
        line = AuditEvent.objects.filter(subject="practice_datakey", act="update").get()
        assert (line.subject_id, line.client_id, line.user_id) == (proof.key_id, mara.pk, owner.user_id)
        assert line.changes["wrapped"] == "(not kept)"


def test_one_persons_keys_are_destroyed_and_nobody_elses(practice, clearance, phone, mara, theo):
    with inside(practice):
        kept = vault.seal(b"theirs", practice_id=practice.pk, client_id=theo.pk, place="t.c.1")
        destroying.destroy_keys_of(mara.pk, why="erasure")
        assert vault.unseal(kept, practice_id=practice.pk, client_id=theo.pk, place="t.c.1") == b"theirs"
    assert reads(clearance) == CANARY


def test_two_people_agree_before_an_owner_destroys_a_key(practice, phone, mara, owner):
    second = make_member(practice, "owner", "Ona Second")
    with acting_as(owner):
        asked = two_people.ask(TwoPersonAct.Act.KEY_DESTRUCTION, by=owner, why="She asked for it", about_id=mara.pk)
    with inside(practice):
        assert DataKey.objects.get(client_id=mara.pk).wrapped is not None
    with acting_as(second):
        two_people.confirm(asked, by=second)
        (proof,) = destroying.proofs_of(mara.pk)
    assert (proof.destroyed_by, proof.why) == (second.user_id, "two agreed")


def test_one_purpose_alone_can_be_destroyed(practice, mara, phone):
    with inside(practice):
        vault.seal(b"apart", practice_id=practice.pk, client_id=mara.pk, place="t.c.1", purpose="notes")
        assert [proof.purpose for proof in destroying.destroy_keys_of(mara.pk, why="retention", purpose="notes")] == [
            "notes"
        ]
        assert Contact.objects.get(pk=phone.pk).phone


def test_destroying_twice_keeps_the_first_proof(practice, phone, mara):
    with inside(practice):
        (first,) = destroying.destroy_keys_of(mara.pk, why="erasure")
        assert destroying.destroy_keys_of(mara.pk, why="again") == []
        assert destroying.proofs_of(mara.pk) == [first]


def test_a_practices_keys_are_destroyed_with_everything_below_them(practice, clearance, phone):
    with inside(practice):
        assert len(destroying.destroy_keys_of_practice(why="the practice is gone")) == 2
        assert not PracticeKey.objects.filter(wrapped__isnull=False).exists()
    with pytest.raises(vault.SealBroken):
        reads(clearance)


@pytest.mark.parametrize("model", [DataKey, PracticeKey])
def test_the_database_takes_no_key_back(practice, phone, mara, model):
    with inside(practice):
        before = bytes(model.objects.values_list("wrapped", flat=True)[0])
        destroying.destroy_keys_of_practice(why="erasure")
        with pytest.raises(DatabaseError, match="stays destroyed"), transaction.atomic():
            model.objects.update(wrapped=before, destroyed_at=None)
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            model.objects.all()._raw_delete(using="default")


# ── what lies on the disk ────────────────────────────────────────────────────


def test_b109_no_file_of_the_database_holds_what_was_sealed(practice, mara, couple, therapist):
    """Tables, indexes, the log ahead, temporary files: a plain word is found there, a sealed one is not."""
    sealed, plain = f"zqsealed{practice.pk.hex}qz", f"zqplain{practice.pk.hex}qz"
    user = make_user()
    with inside(practice):
        Clearance.objects.create(couple=couple, recorded_by=therapist, note=sealed)
        Contact.objects.filter(client=mara).update(email=f"{plain}@example.org")
    TOTP.activate(user, sealed)
    RecoveryCodes.activate(user)
    assert sealed not in str(Authenticator.objects.filter(user=user).values_list("data", flat=True))
    with superuser(connection.settings_dict["NAME"]) as server:
        server.execute("CHECKPOINT")
        (folder,) = server.execute("SHOW data_directory").fetchone()  # type: ignore[misc]
    holding = {word: [one for one in files(Path(folder)) if word.encode() in one] for word in (plain, sealed)}
    assert holding[plain], "the search finds what is there"
    assert not holding[sealed]


def files(folder: Path):
    import mmap

    for path in (*folder.glob("pg_wal/*"), *folder.glob("base/**/*")):
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                yield _Found(mapped)


class _Found:
    def __init__(self, mapped) -> None:
        self.mapped = mapped

    def __contains__(self, word: bytes) -> bool:
        return self.mapped.find(word) >= 0


def test_b36_b109_recovery_codes_lie_sealed(db):
    user = make_user()
    codes = RecoveryCodes.activate(user)
    data = Authenticator.objects.get(user=user, type="recovery_codes").data
    kept = str(data)
    shown = codes.get_unused_codes()
    assert shown
    assert not any(code in kept for code in shown)
    sealed = Authenticator.objects.get(user=user, type="recovery_codes").data["seed"]
    seed = factor_seals.opened(sealed)
    assert seed not in kept
    with pytest.raises(vault.SealBroken):
        factor_seals.opened(str(sealed))
