"""Consent as data: each adult's own, in the very words they read, taken back at once."""

from __future__ import annotations

import hashlib

import pytest
from django.db import DatabaseError, transaction

from clients import consents
from clients.models import Consent, ConsentText, SecretsPolicy
from exercises import desk
from exercises.models import Assignment, Response
from practice import delivery
from practice.models import Message, Practice
from practice.models.audit import AuditEvent
from tests.exercises.given import EVERY_TYPE, as_attune, give
from tests.exercises.given_reminders import MIDNIGHT, ask, reach, remind
from tests.exercises.given_reminders import give as give_plain
from tests.exercises.test_lanes import send
from tests.factories import acting_as, inside, signed_in
from tests.pages import same_answer

pytestmark = pytest.mark.django_db
CARE = "/you/care/"

#: When one of these fails, the words have changed: raise their version in ``consents.REQUIRED``, then note it here.
DIGESTS = {
    ("care", "2026-11"): "b0dd5e50b2a38218",
    ("lanes", "2026-11"): "9cae056b9693105b",
    ("secrets", "2026-11", "limited"): "c606100bb42aa72f",
    ("secrets", "2026-11", "no_secrets"): "6fca526b2d61c6d4",
}


@pytest.fixture
def agreed(practice, mara):
    """Mara, who has agreed anew and so to words that are kept."""
    with inside(practice):
        Consent.objects.filter(client=mara).delete()
    with acting_as(mara):
        for about in consents.REQUIRED:
            consents.give(mara, about)
    return signed_in(mara)


def trail_of(row) -> list[str]:
    with as_attune(row):
        rows = AuditEvent.objects.filter(subject_id=row.pk).order_by("pk")
        return [one.act for one in rows]


def again(practice, about="care"):
    with inside(practice):
        return list(Consent.objects.filter(about=about, text__isnull=False).order_by("given_at", "pk"))


@pytest.mark.parametrize("name", DIGESTS)
def test_b122_no_words_change_under_their_version(name):
    about, version, *policy = name
    practice = Practice(name="P", reply_hours="H", secrets_policy=policy[0] if policy else "limited")
    assert consents.REQUIRED[about] == version
    assert hashlib.sha256(consents.words(about, practice).encode()).hexdigest()[:16] == DIGESTS[name]


def test_b122_the_very_words_are_kept_with_each_consent(practice, agreed, mara):
    (given,) = again(practice)
    with inside(practice):
        text = ConsentText.objects.get(pk=given.text_id)
        assert practice.name in text.words
        assert (text.about, text.version) == ("care", consents.REQUIRED["care"])
        assert "<" not in text.words
    assert practice.name in agreed.get(f"{CARE}care/").content.decode()


def test_b15_when_somebody_agreed_to_words_is_no_row_that_the_other_one_reads(practice, agreed, mara, theo):
    """The first to agree makes the row, and its id carries the time. One's own words come with one's own consent."""
    for one in (mara, theo):
        with acting_as(one):
            for model in (ConsentText, SecretsPolicy):
                with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                    model.objects.exists()
    with acting_as(mara):
        assert {one.client_id for one in consents.of(mara)} == {mara.pk}
        assert all(practice.name in one.text.words for one in consents.of(mara) if one.about == "care")


def test_b122_taken_back_nothing_is_asked_taken_or_sent_any_more(
    practice, couple, agreed, mara, theo, therapist, mail_server
):
    reach(couple, quiet_from=MIDNIGHT, quiet_until=MIDNIGHT)
    (hers, _his) = give(couple, therapist, "shared")
    remind(ask(give_plain(couple, therapist), mara))
    assert agreed.get(f"/do/{hers.pk}/").status_code == 200
    assert agreed.post(f"{CARE}care/").url == CARE
    assert agreed.get(f"/do/{hers.pk}/").url == "/welcome/"
    assert agreed.post(f"/do/{hers.pk}/send/").url == "/welcome/"
    with pytest.raises(DatabaseError, match="nothing is taken from whoever has not agreed"), transaction.atomic():
        send(hers, mara, {"good": ["x"]})
    delivery.deliver()
    assert [one for one in mail_server.taken if "reminder" in str(one).lower()] == []
    with as_attune(couple):
        assert set(Message.objects.filter(person_id=mara.pk).values_list("state", "reason")) <= {
            ("skipped", "no consent"),
            ("cancelled", "no consent"),
        }
        assert not Response.objects.exists()
    assert signed_in(theo).get("/today/").status_code == 200


def test_b122_agreed_again_everything_is_as_it_was(practice, couple, agreed, mara, therapist):
    agreed.post(f"{CARE}care/")
    agreed.post("/welcome/care/", {"adult": "on"})
    assert agreed.get("/you/").status_code == 200
    ended, new = again(practice)
    assert (ended.ended_by, new.withdrawn_at) == ("you", None)


def test_whoever_has_not_agreed_still_has_what_is_theirs_and_the_way_out(agreed):
    agreed.post(f"{CARE}lanes/")
    assert agreed.get("/welcome/").status_code == 200
    assert CARE in agreed.get("/welcome/").content.decode()
    for path in (CARE, "/you/kept/", "/you/help/"):
        assert agreed.get(path).status_code == 200
    assert agreed.get("/you/care/end/").url.startswith("/account/reauthenticate/")


def test_therapists_see_that_it_was_taken_back_and_the_partner_nothing(couple, agreed, mara, theo, therapist):
    before = signed_in(theo).get("/today/").content
    agreed.post(f"{CARE}secrets/")
    with acting_as(therapist):
        items = [one for one in desk.queue(therapist, [couple.pk]) if "Took back" in one.what]
    assert [one.detail for one in items] == ["Mara"]
    assert "Took something back" in signed_in(therapist).get(f"/desk/couples/{couple.pk}/").content.decode()
    assert len(signed_in(theo).get("/today/").content) == len(before)
    with acting_as(theo):
        assert not Consent.objects.filter(client=mara).exists()


def test_what_was_agreed_to_is_never_changed_not_even_by_its_owner(practice, agreed, mara):
    agreed.post(f"{CARE}care/")
    refused = r"never changed, only ended|permission denied"
    with acting_as(mara):
        for change in ({"withdrawn_at": None, "ended_by": ""}, {"version": "x"}):
            for row in Consent.objects.all():
                with (
                    pytest.raises(DatabaseError, match=refused),
                    transaction.atomic(),
                ):
                    Consent.objects.filter(pk=row.pk).update(**change)
    with inside(practice), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ConsentText.objects.update(words="other words")


def test_taking_back_is_written_into_the_trail(practice, agreed, mara):
    agreed.post(f"{CARE}care/")
    (row,) = again(practice)
    assert trail_of(row) == ["insert", "update"]


# ── the policy about secrets ─────────────────────────────────────────────────


def settings_with(policy: str, practice: Practice) -> dict:
    from tests.practice.test_team import settings_of

    return settings_of(practice, secrets_policy=policy)


def test_each_policy_is_published_under_a_number_and_agreed_to_under_it(practice, owner, agreed, mara):
    assert [one.policy for one in again(practice, "secrets")] == [1]
    signed_in(owner).post("/desk/practice/", settings_with("no_secrets", practice))
    with inside(practice):
        published = list(SecretsPolicy.objects.order_by("number").values_list("number", "policy", "published_by_id"))
    assert published == [(1, "limited", None), (2, "no_secrets", owner.pk)]
    assert agreed.get("/today/").url == "/welcome/"
    agreed.post("/welcome/secrets/")
    first, second = again(practice, "secrets")
    assert (first.ended_by, second.policy, second.withdrawn_at) == ("new_words", 2, None)
    assert "works without secrets" in agreed.get(f"{CARE}secrets/").content.decode()


PRIVATE = [one for one in EVERY_TYPE if one["key"] in ("good", "note")]
SAFETY = [{"key": "safe", "type": "yes_no", "label": "I feel safe", "private": True, "flag_if": "no"}]


def test_no_private_question_before_both_have_agreed(couple, mara, theo, therapist):
    hers = give(couple, therapist, "shared", PRIVATE)[0]
    safety = give(couple, therapist, "private", SAFETY)[0]
    with as_attune(couple):
        Consent.objects.filter(client=theo, about="secrets").delete()
    browser = signed_in(mara)
    assert "opens a little later" in browser.get(f"/do/{hers.pk}/").content.decode()
    assert "opens a little later" in browser.get(f"/do/{hers.pk}/1/").content.decode()
    assert "opens a little later" not in browser.get(f"/do/{safety.pk}/").content.decode(), "safety never waits"
    with pytest.raises(Exception, match="open"), transaction.atomic():
        send(hers, mara, {"good": ["x"]})
    with acting_as(theo):
        consents.give(theo, "secrets")
    assert "opens a little later" not in browser.get(f"/do/{hers.pk}/").content.decode()


def test_what_one_takes_back_about_secrets_closes_only_what_is_theirs(couple, agreed, mara, theo, therapist):
    """Else the other one would learn of it by what stops."""
    hers, his = give(couple, therapist, "private", PRIVATE)
    other = signed_in(theo)
    paths = ("/today/", f"/do/{his.pk}/", f"/do/{his.pk}/1/")
    before = [other.get(path) for path in paths]
    assert agreed.post(f"{CARE}secrets/").url == CARE
    assert all(same_answer(one, other.get(path)) for one, path in zip(before, paths, strict=True))
    assert "opens a little later" not in before[1].content.decode()
    assert agreed.get(f"/do/{hers.pk}/").url == "/welcome/"
    with pytest.raises(DatabaseError, match="nothing is taken from whoever has not agreed"), transaction.atomic():
        send(hers, mara, {"note": ["hers"]})
    send(his, theo, {"note": ["his"]})
    with as_attune(couple):
        assert [one.author_id for one in Response.objects.all()] == [theo.pk]


def test_what_was_agreed_to_and_taken_back_under_an_earlier_policy_does_not_count(
    practice, owner, couple, agreed, theo, therapist
):
    _hers, his = give(couple, therapist, "shared", PRIVATE)
    agreed.post(f"{CARE}secrets/")
    with inside(practice):  # new words of the same policy, which ask for no private lane to be closed
        SecretsPolicy.objects.create(number=2, policy="limited", published_by=owner)
    assert "opens a little later" in signed_in(theo).get(f"/do/{his.pk}/").content.decode()
    agreed.post("/welcome/secrets/")
    assert "opens a little later" not in signed_in(theo).get(f"/do/{his.pk}/").content.decode()


def test_a_practice_without_secrets_gives_nothing_private_but_safety_by_the_database_too(
    practice, couple, mara, therapist
):
    private = give(couple, therapist, "private", PRIVATE)[0]
    with inside(practice):
        Practice.objects.update(secrets_policy="no_secrets")
        edition = Assignment.objects.get(pk=private.assignment_id)
        edition.pk = None
    with pytest.raises(DatabaseError, match="asks nothing in private but about safety"), transaction.atomic():
        give(couple, therapist, "private", PRIVATE)
    assert give(couple, therapist, "private", SAFETY)
