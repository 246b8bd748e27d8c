"""Sent without a copy: the account that wrote it cannot open it again, whoever holds the phone. The therapist can."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from exercises import amending, drafts
from exercises.answering import submit
from exercises.models import Answer, Attachment, Draft, Occurrence, Response
from reports.models import Score
from tests.exercises.given import as_attune, give
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db
WORDS = "he reads my phone"
QUESTIONS = [
    {"key": "note", "type": "long_text", "label": "Anything for me alone"},
    {"key": "near", "type": "scale", "label": "How close", "min": 0, "max": 10, "low": "Far", "high": "Near",
     "metric": "closeness"},
]  # fmt: skip


@pytest.fixture
def asked(couple, therapist, mara) -> Occurrence:
    (one,) = give(couple, therapist, "private", QUESTIONS, to=[mara])
    with acting_as(mara):
        drafts.save_draft(one, author=mara, raw={"note": [WORDS], "near": ["3"]}, base_version=0)
    return one


@pytest.fixture
def sent(asked, mara) -> Response:
    answer = signed_in(mara).post(f"/do/{asked.pk}/send/", {"copy": "none"})
    assert answer["Location"] == f"/do/{asked.pk}/sent/"
    with as_attune(asked):
        return Response.objects.get(occurrence=asked)


def test_b30_the_check_page_offers_it_for_what_the_therapist_alone_reads(asked, couple, therapist, mara):
    page = signed_in(mara).get(f"/do/{asked.pk}/check/").content.decode()
    assert "keep no copy" in page
    (shared,) = (one for one in give(couple, therapist, "shared", QUESTIONS) if one.client_id == mara.pk)
    assert "keep no copy" not in signed_in(mara).get(f"/do/{shared.pk}/check/").content.decode()


def test_the_database_shows_the_author_no_answer_number_or_draft_of_it(sent, asked, mara, therapist, couple):
    with acting_as(mara):
        assert Response.objects.filter(pk=sent.pk).exists(), "that something was sent is theirs to know"
        assert not Answer.objects.filter(response=sent).exists()
        assert not Draft.objects.filter(occurrence=asked).exists()
        assert not Attachment.objects.filter(response=sent).exists()
        assert not Score.objects.filter(response=sent).exists()
    with acting_as(therapist):
        assert {one.text for one in Answer.objects.filter(response=sent, key="note")} == {WORDS}
        assert Score.objects.filter(response=sent).exists()
    page = signed_in(therapist).get(f"/desk/couples/{couple.pk}/answers/{sent.pk}/private/").content.decode()
    assert WORDS in page


def test_nobody_takes_it_back_and_no_page_of_theirs_holds_a_word_of_it(sent, asked, mara):
    with acting_as(mara):
        for sql in (
            "UPDATE exercises_answer SET author_keeps = true",
            "UPDATE exercises_response SET author_keeps = true",
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(sql)
        mine = Response.objects.select_related("occurrence").get(pk=sent.pk)
        assert not amending.begin(mine)
    browser = signed_in(mara)
    browser.post(f"/do/{asked.pk}/amend/")
    for path in (
        f"/do/{asked.pk}/", f"/do/{asked.pk}/1/", f"/do/{asked.pk}/check/", f"/do/{asked.pk}/sent/", "/today/",
        "/together/", "/lately/", "/you/", f"/do/{asked.pk}/after/",
    ):  # fmt: skip
        page = browser.get(path, follow=True).content.decode()
        assert WORDS not in page, path
    assert "There is no copy of it here" in browser.get(f"/do/{asked.pk}/sent/").content.decode()


def test_a_release_brings_no_number_of_it_back(sent, couple, mara):
    from reports import releases

    with as_attune(couple):
        releases.settle(couple.pk)
        assert Score.objects.get(response=sent).readers == []


def test_what_others_read_keeps_its_copy_whatever_is_asked(couple, therapist, mara, theo):
    shared = next(one for one in give(couple, therapist, "shared", QUESTIONS) if one.client_id == mara.pk)
    with acting_as(mara):
        response = submit(shared, author=mara, raw={"note": [WORDS], "near": ["3"]}, keep=False)
        assert response.author_keeps
        assert Answer.objects.filter(response=response).exists()
    with as_attune(couple), pytest.raises(DatabaseError), transaction.atomic():
        Response.objects.filter(pk=response.pk).update(author_keeps=False)
