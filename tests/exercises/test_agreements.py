"""Agreements hold while everybody says yes; a change by one is a proposal; a yes can be taken back."""

from __future__ import annotations

import uuid

import pytest

from exercises import agreements
from exercises.models import Agreement, AgreementVersion, Assent
from practice.ids import uuid7
from tests.factories import acting_as, make_couple, signed_in

pytestmark = pytest.mark.django_db


def begin(couple, by, text="Phones stay in the hall", people=None) -> Agreement:
    with acting_as(by):
        return agreements.begin(
            couple, people or [one.pk for one in couple.clients], title="Phones", text=text, review_on=None, by=by,
            key=uuid7(),
        )  # fmt: skip


def stands(agreement, who) -> agreements.Kept:
    with acting_as(who):
        return agreements.of(Agreement.objects.filter(pk=agreement.pk))[0]


def yes(who, version) -> None:
    with acting_as(who):
        agreements.say_yes(version, who)


def test_a_proposal_holds_once_everybody_says_yes(couple, mara, theo):
    agreement = begin(couple, mara)
    kept = stands(agreement, mara)
    assert kept.holding is None
    assert kept.waits_for(kept.proposal) == {theo.pk}
    yes(theo, kept.proposal)
    kept = stands(agreement, theo)
    assert kept.holding.text == "Phones stay in the hall"
    assert kept.proposal is None


def test_a_change_by_one_is_a_proposal_and_what_held_goes_on_holding(couple, mara, theo):
    agreement = begin(couple, mara)
    yes(theo, stands(agreement, mara).proposal)
    with acting_as(theo):
        agreements.propose(agreement, text="Phones stay off after nine", review_on=None, by=theo)
    kept = stands(agreement, mara)
    assert kept.holding.text == "Phones stay in the hall"
    assert kept.proposal.text == "Phones stay off after nine"
    yes(mara, kept.proposal)
    kept = stands(agreement, mara)
    assert kept.holding.text == "Phones stay off after nine"
    assert [one.number for one in kept.earlier] == [1]


def test_a_yes_can_be_taken_back_at_any_time_and_given_again(couple, mara, theo):
    agreement = begin(couple, mara)
    version = stands(agreement, mara).proposal
    yes(theo, version)
    with acting_as(theo):
        agreements.take_yes_back(version, theo)
    assert stands(agreement, mara).holding is None
    yes(theo, version)
    yes(theo, version)
    assert stands(agreement, mara).holding is not None


def test_nobody_says_yes_for_somebody_else(couple, mara, theo):
    from django.db import Error, transaction

    agreement = begin(couple, mara)
    version = stands(agreement, mara).proposal
    with acting_as(mara), pytest.raises(Error), transaction.atomic():
        Assent.objects.create(couple=couple, version=version, audience=version.audience, author=theo)


def test_of_three_a_pairs_agreement_leaves_no_trace_for_the_third(practice, therapist):
    three = make_couple(practice, ("Ada", "Bo", "Cleo"), therapist=therapist)
    ada, bo, cleo = three.clients
    agreement = begin(three, ada, people=[ada.pk, bo.pk])
    with acting_as(cleo):
        assert not Agreement.objects.exists()
        assert not AgreementVersion.objects.exists()
        assert not Assent.objects.exists()
    assert signed_in(cleo).get(f"/together/agreements/{agreement.pk}/").status_code == 404
    assert "Phones" not in signed_in(cleo).get("/together/").content.decode()
    assert signed_in(bo).get(f"/together/agreements/{agreement.pk}/").status_code == 200


def test_the_whole_way_in_the_portal(couple, mara, theo):
    hers, his = signed_in(mara), signed_in(theo)
    said = {"key": uuid.uuid4(), "title": "Evenings", "text": "Tuesdays are ours", "review_on": "2027-03-01"}
    for _ in range(2):  # a double click
        made = hers.post("/together/agreements/new/", said, follow=True)
    assert "Tuesdays are ours" in made.content.decode()
    with acting_as(mara):
        agreement, version = Agreement.objects.get(), AgreementVersion.objects.get()
    assert "Evenings" in his.get("/together/").content.decode()
    page = his.get(f"/together/agreements/{agreement.pk}/").content.decode()
    assert "Mara wrote this" in page
    answer = his.post(f"/together/words/{version.pk}/yes/", follow=True).content.decode()
    assert "Everybody said yes" in answer
    answer = hers.post(f"/together/words/{version.pk}/not-any-more/", follow=True).content.decode()
    assert "What you agreed on" not in answer.split("</header>")[-1].split("Propose other words")[0]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [("title", "", "what it is about"), ("text", "", "write down"), ("text", "x" * 4001, "room for 4000"),
     ("review_on", "soon", "valid date")],
)  # fmt: skip
def test_what_is_missing_is_said_beside_the_field_and_nothing_is_lost(couple, mara, field, value, says):
    said = {"key": uuid.uuid4(), "title": "Evenings", "text": "Tuesdays are ours", "review_on": "", field: value}
    answer = signed_in(mara).post("/together/agreements/new/", said)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert ("Evenings" in answer.content.decode()) or ("Tuesdays are ours" in answer.content.decode())
    with acting_as(mara):
        assert not Agreement.objects.exists()


def test_the_therapist_reads_them_on_the_desk(couple, mara, therapist, colleague):
    begin(couple, mara)
    assert "Phones stay in the hall" in signed_in(therapist).get(f"/desk/couples/{couple.pk}/kept/").content.decode()
    with acting_as(colleague):
        assert not Agreement.objects.exists()
