"""A sign-in by the mailbox alone: the database gives no private word back, and takes whatever is sent."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from exercises import answering, drafts, feedback, journal
from exercises.models import Answer, Comment, Draft, JournalEntry, Response
from practice import signing_in, tenancy
from practice.ids import uuid7
from practice.models import Recovery
from tests.exercises.given import EVERY_TYPE, as_attune, give
from tests.exercises.test_answering import mine, send
from tests.factories import PASSWORD, acting_as, asker_for, signed_in, user_of

pytestmark = pytest.mark.django_db

RAW = {"good": ["Tea in the garden"], "near": ["7"], "note": ["I am afraid of the evenings"], "safe": ["no"]}


@contextmanager
def closed(who, since: datetime.datetime | None = None) -> Iterator[None]:
    asker = dataclasses.replace(asker_for(who), closed=(since or timezone.now()).isoformat())
    with tenancy.acting(asker):
        yield


def later() -> datetime.datetime:
    return timezone.now() + datetime.timedelta(minutes=1)


@pytest.fixture
def mailbox_only(mara):
    """Mara's sign-in after somebody chose a new password through her mailbox."""
    Recovery.objects.create(user=user_of(mara), at=timezone.now())
    browser = signed_in(mara)
    assert browser.session[signing_in.CLOSED]
    return browser


def test_b40_private_answers_are_not_read_back_and_shared_ones_are(couple, mara, therapist):
    send(give(couple, therapist, "shared", EVERY_TYPE)[0], mara, RAW)
    with acting_as(mara):
        assert {one.key for one in Answer.objects.all()} >= {"good", "note"}
    with closed(mara):
        assert {one.lane for one in Answer.objects.all()} == {"shared"}
        assert not Answer.objects.filter(key__in=["note", "safe"]).exists()


def test_b40_a_sealed_answer_is_not_read_back_before_its_moment(couple, mara, therapist):
    moment = timezone.now() + datetime.timedelta(days=1)
    send(give(couple, therapist, "reveal", EVERY_TYPE, reveals_at=moment)[0], mara, RAW)
    with closed(mara):
        assert not Answer.objects.filter(lane="reveal").exists()


def test_b40_pages_of_ones_own_are_closed(couple, mara):
    with acting_as(mara):
        journal.begin(mara, couple.pk, "Only for me.", uuid7())
    with closed(mara):
        assert not JournalEntry.objects.exists()
        assert JournalEntry.objects.update(version=9) == 0


def test_b40_a_draft_from_before_is_neither_shown_nor_written_over(couple, mara, therapist):
    occurrence = give(couple, therapist, "private")[0]
    with acting_as(mara):
        drafts.save_draft(mine(occurrence), author=mara, raw={"good": ["Before"]}, base_version=0)
    since = later()
    with closed(mara, since):
        assert not Draft.objects.exists()
    with pytest.raises(tenancy.Closed), closed(mara, since):
        drafts.kept(mine(occurrence), mara)
    with pytest.raises(tenancy.Closed), closed(mara, since):
        drafts.save_draft(mine(occurrence), author=mara, raw={"good": ["Over it"]}, base_version=0)
    with acting_as(mara):
        assert drafts.kept(mine(occurrence), mara).raw == {"good": ["Before"]}


def test_b38_b40_sending_works_and_what_was_sent_is_closed(couple, mara, therapist):
    occurrence = give(couple, therapist, "private", EVERY_TYPE)[0]
    since = timezone.now() - datetime.timedelta(minutes=1)
    with closed(mara, since):
        drafts.save_draft(mine(occurrence), author=mara, raw={"near": ["4"]}, base_version=0)
        assert drafts.kept(mine(occurrence), mara).raw == {"near": ["4"]}
        answering.submit(mine(occurrence), author=mara, raw=RAW)
        assert not Answer.objects.exists()
    with as_attune(couple):
        assert Response.objects.get(occurrence=occurrence).lane == "private"
        assert Answer.objects.filter(key="note").exists()
    with acting_as(therapist):
        assert Answer.objects.get(key="note").text == RAW["note"][0]


def test_b38_b40_the_therapist_is_written_to_alone_once_for_two_taps(couple, mara, therapist, mailbox_only):
    said = {"to": "alone", "text": "He reads my mail", "key": str(uuid7())}
    for _tap in range(2):
        assert mailbox_only.post("/talk/new/", said).url == "/talk/"
    assert said["text"] not in mailbox_only.get("/talk/").content.decode()
    for one in (mara, therapist):
        with acting_as(one):
            assert [words.text for words in Comment.objects.all()] == [said["text"]]


def test_b38_b40_how_it_went_may_be_said_and_not_over_what_was_said_before(couple, mara, therapist, mailbox_only):
    """Said and changed in this very sign-in it is its own; what was said before stays, and what is typed is there."""
    for lane, slot in (("private", "2026-11-01T18:00"), ("own", "2026-11-02T18:00")):
        occurrence = give(couple, therapist, lane, slot=slot)[0]
        path = f"/do/{occurrence.pk}/"
        mailbox_only.post(f"{path}skip/", {"reason": "not now"})
        for words in ("He was in the room", "He is still here"):
            said = {"extent": "not", "words": words, "win": words}
            assert mailbox_only.post(f"{path}after/", said).status_code == 302
            assert words not in mailbox_only.get(f"{path}after/").content.decode()
            with acting_as(mara):
                assert feedback.given(occurrence, mara).words == feedback.win_of(occurrence, mara).words == words
        session = mailbox_only.session
        session["began"] = later().timestamp()
        session.save()
        answer = mailbox_only.post(f"{path}after/", {"extent": "more", "words": "Somebody else"})
        assert (answer.status_code, "Somebody else" in answer.content.decode()) == (422, True), lane
        session["began"] = (timezone.now() - datetime.timedelta(hours=1)).timestamp()
        session.save()
        with acting_as(mara):
            assert feedback.given(occurrence, mara).words == "He is still here"


def test_b38_who_has_a_second_step_is_not_read_back_to_a_password_alone(couple, mara, therapist):
    """Without one the password is enough, which the page about limits says."""
    occurrence = give(couple, therapist, "private", EVERY_TYPE)[0]
    send(occurrence, mara, RAW)
    with acting_as(mara):
        page = journal.begin(mara, couple.pk, "Only for me.", uuid7())
    totp.TOTP.activate(user_of(mara), totp.generate_totp_secret())
    browser = Browser()
    signed = browser.post("/account/login/", {"login": user_of(mara).email, "password": PASSWORD})
    assert signed.url == "/account/2fa/authenticate/"
    paths = ["/today/", "/you/", "/you/record/", "/space/", "/together/", "/lately/", "/documents/"]
    paths += [f"/space/{page.pk}/", *(f"/do/{occurrence.pk}/{part}" for part in ("", "sent/", "1/", "check/"))]
    for path in paths:
        answer = browser.get(path)
        assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/account/login/"), path
    assert "whoever knows your password" in signed_in(mara).get("/you/limits/").content.decode()


def test_b40_pages_show_no_private_word_and_say_why(couple, mara, therapist, mailbox_only):
    occurrence = give(couple, therapist, "private", EVERY_TYPE)[0]
    send(occurrence, mara, RAW)
    begun = give(couple, therapist, "private", slot="2026-11-01T18:00")[0]
    with acting_as(mara):
        drafts.save_draft(mine(begun), author=mara, raw={"good": ["Begun at night"]}, base_version=0)
        page = journal.begin(mara, couple.pk, "Only for me.", uuid7())
    session = mailbox_only.session
    session["began"] = later().timestamp()
    session.save()
    paths = ["/today/", "/you/", "/space/", "/together/", "/lately/", f"/space/{page.pk}/"]
    paths += [f"/do/{occurrence.pk}/{part}" for part in ("", "sent/", "1/", "change/", "check/")]
    for path in paths:
        answer = mailbox_only.get(path)
        assert answer.status_code in (200, 302, 404, 405), path
        html = answer.content.decode()
        assert not any(word in html for word in (*RAW["note"], "Only for me", "Begun at night", "Tea in the")), path
    for path in (f"/do/{begun.pk}/", f"/do/{begun.pk}/1/"):
        assert mailbox_only.get(path).url == "/account/closed/"
    assert "What opens it" in mailbox_only.get("/account/closed/").content.decode()


def test_b40_every_table_with_words_of_ones_own_is_closed():
    """A new table with a lane says in its migration what a closed sign-in reads of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname FROM pg_class
              JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'lane' AND relkind = 'r'
             WHERE has_any_column_privilege('attune_portal', pg_class.oid, 'SELECT')
               AND NOT EXISTS (SELECT FROM pg_policies
                                WHERE tablename = relname AND policyname = 'closed_sign_in')
            """
        )
        open_tables = {name for (name,) in cursor.fetchall()}
    # What was asked, when something was sent, and who looked: no words in it.
    assert open_tables == {"exercises_assignment", "exercises_response", "practice_auditevent"}
