"""Who reads what, in every lane: asked of the database itself, bound as each person, and over HTTP."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone
from time_machine import travel

from exercises import answering, lanes
from exercises.models import Answer, Draft, Occurrence, Response
from exercises.questions import Form
from exercises.vocabulary import Lane
from practice import tenancy
from tests.exercises.given import EVERY_TYPE, JOINT, as_attune, give
from tests.factories import acting_as, make_couple, make_member, signed_in, takes_part

pytestmark = pytest.mark.django_db
WORDS = "a sentence nobody else would write"


def send(occurrence: Occurrence, author, raw: dict[str, list[str]]) -> Response:
    """A minute ago: to the database, a test is one instant, the one at which it began."""
    a_minute_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1)
    with travel(a_minute_ago, tick=False), acting_as(author):
        return answering.submit(Occurrence.objects.get(pk=occurrence.pk), author=author, raw=raw)


def reads(who, response: Response) -> bool:
    """Whether the database shows this response's words to ``who``."""
    with acting_as(who):
        try:
            with transaction.atomic():
                texts = [one.text for one in Answer.objects.filter(response_id=response.pk)]
                assert bool(texts) == Response.objects.filter(pk=response.pk).exists()
        except ProgrammingError:  # no rights on answers at all
            return False
    return WORDS in texts


#: lane → who reads (author, partner, therapist, supervisor); nobody else ever does.
CELLS = {
    "own": (True, False, False, False),
    "private": (True, False, True, True),
    "reveal": (True, False, True, True),
    "shared": (True, True, True, True),
    "joint": (True, True, True, True),
}


@pytest.mark.parametrize("lane", CELLS)
def test_b16_each_lane_lets_exactly_its_readers_in(
    lane, practice, neighbour, couple, mara, theo, therapist, owner, colleague, coordinator
):
    takes_part(couple, owner)
    there = make_couple(neighbour, ("Noor", "Lea"), therapist=make_member(neighbour))
    here = make_couple(practice, ("Ada", "Ben"), therapist=colleague)
    occurrence = give(couple, therapist, lane)[0]
    response = send(occurrence, mara, {"good": [WORDS]})
    author, partner, staff, supervisor = CELLS[lane]
    assert reads(mara, response) is author
    assert reads(theo, response) is partner
    assert reads(therapist, response) is staff
    assert reads(owner, response) is supervisor
    for stranger in (colleague, coordinator, *there.clients, *here.clients):
        assert not reads(stranger, response)


@pytest.mark.parametrize("lane", CELLS)
def test_b16_pages_show_what_the_lane_says(lane, couple, mara, theo, therapist):
    occurrence = give(couple, therapist, lane)[0]
    send(occurrence, mara, {"good": [WORDS]})
    for who, sees in ((mara, lane in ("shared", "joint")), (theo, CELLS[lane][1])):
        browser = signed_in(who)
        pages = b"".join(browser.get(url).content for url in ("/today/", "/together/"))
        opened = browser.get(f"/together/{occurrence.pk}/")
        assert opened.status_code == (200 if sees else 404)
        assert (WORDS.encode() in pages + opened.content) is sees


def test_a_private_question_stays_private_in_a_shared_form(couple, mara, theo, therapist):
    occurrence = give(couple, therapist, "shared", EVERY_TYPE)[0]
    response = send(occurrence, mara, {"good": ["Tea"], "note": [WORDS], "safe": ["no"]})
    with acting_as(theo):
        assert {one.key for one in Answer.objects.filter(response_id=response.pk)} == {"good"}
    with acting_as(therapist):
        assert {one.key for one in Answer.objects.filter(response_id=response.pk)} == {"good", "note", "safe"}
    assert WORDS.encode() not in signed_in(theo).get(f"/together/{occurrence.pk}/").content
    # Not even the author's own page of shared things shows it: somebody may look along.
    assert WORDS.encode() not in signed_in(mara).get(f"/together/{occurrence.pk}/").content


def test_a_reveal_opens_for_those_who_sent_and_at_its_moment(couple, mara, theo, therapist, time_machine):
    moment = timezone.now() + datetime.timedelta(days=2)
    hers, his = give(couple, therapist, "reveal", reveals_at=moment)
    hers_sent = send(hers, mara, {"good": [WORDS]})
    time_machine.move_to(moment + datetime.timedelta(hours=1))
    assert not reads_at(theo, hers_sent, moment), "whoever did not send sees nothing"
    assert signed_in(theo).get(f"/together/{his.pk}/").status_code == 404
    his_sent = send(his, theo, {"good": [WORDS]})
    with as_attune(couple):
        assert list(Response.objects.get(pk=hers_sent.pk).readers) == [theo.pk]
        assert list(Response.objects.get(pk=his_sent.pk).readers) == [mara.pk]
        assert Answer.objects.get(response=his_sent).opens_at == moment


def reads_at(who, response: Response, moment: datetime.datetime) -> bool:
    """Readers as the row says, since the database's own clock cannot be moved."""
    with as_attune(who):
        row = Answer.objects.get(response=response)
        return who.pk in row.readers and row.opens_at is not None and row.opens_at <= moment


def test_a_reveal_is_sealed_by_the_database_until_it_opens(couple, mara, theo, therapist):
    soon, past = timezone.now() + datetime.timedelta(days=1), timezone.now() - datetime.timedelta(minutes=1)
    hers, his = give(couple, therapist, "reveal", reveals_at=soon)
    first, second = send(hers, mara, {"good": [WORDS]}), send(his, theo, {"good": [WORDS]})
    assert not reads(theo, first)
    assert not reads(mara, second)
    with as_attune(couple):
        lanes.set_reveal([hers.pk, his.pk], past, timezone.now())
    assert reads(theo, first)
    assert reads(mara, second)


def test_when_all_have_sent_opens_by_itself(couple, mara, theo, therapist):
    hers, his = give(couple, therapist, "reveal", opens_by="all")
    first = send(hers, mara, {"good": [WORDS]})
    assert not reads(theo, first)
    second = send(his, theo, {"good": [WORDS]})
    assert reads(theo, first)
    assert reads(mara, second)


def test_what_has_opened_stays_open_and_private_never_moves(couple, mara, theo, therapist):
    past, later = timezone.now() - datetime.timedelta(days=1), timezone.now() + datetime.timedelta(days=9)
    hers, his = give(couple, therapist, "reveal", EVERY_TYPE, reveals_at=past)
    first = send(hers, mara, {"good": [WORDS], "note": ["alone"]})
    send(his, theo, {"good": ["x"]})
    with as_attune(couple):
        lanes.set_reveal([hers.pk, his.pk], later, timezone.now())
        lanes.admit_to_reveal([hers.pk, his.pk], {mara.pk, theo.pk})
        private = Answer.objects.get(response=first, key="note")
        assert (private.readers, private.opens_at) == ([], None)
    assert reads(theo, first)


def test_b17_a_lane_cannot_be_widened_by_anybody(couple, mara, theo, therapist):
    occurrence = give(couple, therapist, "private")[0]
    response = send(occurrence, mara, {"good": [WORDS]})
    for who in (mara, theo, therapist):
        with acting_as(who):
            for model in (Answer, Response):
                with pytest.raises(Exception, match="permission denied"), transaction.atomic():
                    model.objects.update(lane="shared", readers=[theo.pk])
    with as_attune(couple), pytest.raises(IntegrityError), transaction.atomic():
        Answer.objects.filter(response=response).update(readers=[theo.pk, mara.pk])


def test_a_partner_cannot_write_in_anothers_name(couple, mara, theo, therapist):
    hers = give(couple, therapist, "shared")[0]
    with acting_as(theo), pytest.raises(Exception, match="row-level security"), transaction.atomic():
        Response.objects.create(
            couple=couple,
            occurrence=hers,
            author=mara,
            edition_id=hers.assignment.edition_id,
            lane="shared",
            submitted_at=timezone.now(),
        )


def test_drafts_are_nobody_elses(couple, mara, theo, therapist, owner):
    from exercises import drafts

    occurrence = give(couple, therapist, "shared")[0]
    with acting_as(mara):
        drafts.save_draft(Occurrence.objects.get(pk=occurrence.pk), author=mara, raw={"good": [WORDS]}, base_version=0)
    with acting_as(theo):
        assert not Draft.objects.exists()
    for staff in (therapist, owner):
        with acting_as(staff), pytest.raises(Exception, match="permission denied"), transaction.atomic():
            Draft.objects.exists()
    with as_attune(couple), pytest.raises(Exception, match="permission denied"), transaction.atomic():
        Draft.objects.exists()


def test_what_each_says_in_a_joint_answer_opens_when_all_have_sent(couple, mara, theo, therapist):
    (occurrence,) = give(couple, therapist, "joint", JOINT)
    first = send(occurrence, mara, {"agreed": [WORDS], "mine": ["Patience"], "doubt": ["Alone"]})
    with acting_as(theo):
        assert {one.key for one in Answer.objects.all()} == {"agreed"}
        assert Occurrence.objects.get(pk=occurrence.pk).started_at is None
    second = send(occurrence, theo, {"agreed": ["Too late"], "mine": ["Tea"], "doubt": ["His"]})
    assert (first.lane, second.lane) == (Lane.JOINT, Lane.REVEAL)
    with acting_as(theo):
        assert {one.text for one in Answer.objects.all()} == {WORDS, "Patience", "Tea", "His"}
    with acting_as(mara):
        assert {one.text for one in Answer.objects.all()} == {WORDS, "Patience", "Tea", "Alone"}
    with as_attune(couple):
        assert Occurrence.objects.get(pk=occurrence.pk).state == "done"


def test_a_response_of_private_answers_alone_is_private_itself(couple, mara, theo, therapist):
    questions = [one for one in JOINT if one["key"] != "mine"]
    (occurrence,) = give(couple, therapist, "joint", questions)
    send(occurrence, mara, {"agreed": ["We do"], "doubt": ["A"]})
    response = send(occurrence, theo, {"doubt": ["B"]})
    assert (response.lane, response.readers) == (Lane.PRIVATE, [])
    with acting_as(mara):
        assert Response.objects.count() == 1


def test_lane_of_a_question_is_the_forms_or_narrower():
    form = Form.from_data(JOINT)
    assert [lanes.lane_of(one, "joint") for one in form] == [Lane.JOINT, Lane.REVEAL, Lane.PRIVATE]
    assert [lanes.lane_of(one, "own") for one in form] == [Lane.OWN] * 3
    assert [lanes.lane_of(one, "private") for one in form] == [Lane.PRIVATE] * 3
    assert [lanes.lane_of(one, "shared") for one in form] == [Lane.SHARED, Lane.SHARED, Lane.PRIVATE]


def test_separated_partners_reach_nothing_new(couple, mara, theo, therapist):
    occurrence = give(couple, therapist, "shared")[0]
    send(occurrence, mara, {"good": [WORDS]})
    with as_attune(couple):
        couple.status = "separated"
        couple.save(update_fields=["status"])
    browser = signed_in(theo)
    assert WORDS.encode() not in browser.get("/together/").content
    assert browser.get(f"/together/{occurrence.pk}/").status_code == 404
    assert tenancy.current() is None
