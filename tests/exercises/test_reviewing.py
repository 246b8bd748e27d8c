"""Working through answers: what waits, marking it once, comments with a fixed audience, and who learns of it."""

from __future__ import annotations

import uuid

import pytest

from exercises import agenda, answering, reviewing, threads
from exercises.models import AgendaItem, Comment, Response, Review, Thread
from practice.models import AuditEvent
from tests.exercises.given import EVERY_TYPE, TWO_SCALES, as_attune
from tests.exercises.given import give as give_form
from tests.factories import acting_as, make_couple, signed_in, takes_part

pytestmark = pytest.mark.django_db

SECRET = "marzipan-canary"


def desk(couple) -> str:
    return f"/desk/couples/{couple.pk}/"


def answer(occurrence, author, **raw) -> Response:
    with acting_as(author):
        return answering.submit(occurrence, author=author, raw={key: [value] for key, value in raw.items()})


@pytest.fixture
def both(couple, therapist, mara, theo) -> list[Response]:
    hers, his = give_form(couple, therapist, "shared", TWO_SCALES)
    return [answer(hers, mara, near="8", good="Tea at six"), answer(his, theo, near="3", good="The walk")]


@pytest.fixture
def private(couple, therapist, mara) -> Response:
    (hers, _his) = give_form(couple, therapist, "private", TWO_SCALES)
    return answer(hers, mara, near="2", good=SECRET)


def waiting(therapist, couple, client=None) -> list[uuid.UUID]:
    with acting_as(therapist):
        return list(reviewing.to_review([couple.pk], client=client).values_list("pk", flat=True))


# ── what waits ───────────────────────────────────────────────────────────────


def test_what_nobody_worked_through_waits_and_leaves_by_one_press(couple, therapist, both):
    assert set(waiting(therapist, couple)) == {one.pk for one in both}
    browser = signed_in(therapist)
    browser.post(f"{desk(couple)}answers/{both[0].pk}/reviewed/")
    assert waiting(therapist, couple) == [both[1].pk]
    browser.post(f"{desk(couple)}answers/{both[0].pk}/reviewed/", {"undo": "1"})
    assert len(waiting(therapist, couple)) == 2


def test_of_an_amended_answer_only_the_last_revision_waits(couple, therapist, both):
    with as_attune(couple):
        first = both[0]
        later = Response.objects.create(
            couple_id=first.couple_id, occurrence_id=first.occurrence_id, author_id=first.author_id,
            edition_id=first.edition_id, lane="shared", revision=2, submitted_at=first.submitted_at,
        )  # fmt: skip
    assert set(waiting(therapist, couple)) == {later.pk, both[1].pk}


def test_the_caseloads_page_shows_no_private_word_and_points_to_the_private_view(couple, therapist, both, private):
    browser = signed_in(therapist)
    page = browser.get("/desk/review/").content.decode()
    assert "Tea at six" in page
    assert SECRET not in page
    assert f"/private/{private.author_id}/review/" in page
    of_couple = browser.get(f"{desk(couple)}review/").content.decode()
    assert SECRET not in of_couple
    apart = browser.get(f"{desk(couple)}private/{private.author_id}/review/").content.decode()
    assert SECRET in apart
    assert "Tea at six" not in apart
    assert "work--private" in apart


def test_the_other_partners_private_page_holds_nothing_of_hers(couple, therapist, private, theo):
    page = signed_in(therapist).get(f"{desk(couple)}private/{theo.pk}/review/").content.decode()
    assert SECRET not in page
    assert "All worked through" in page


def test_a_mixed_answer_waits_in_both_views_and_each_is_marked_by_itself(couple, therapist, mara):
    (hers, _his) = give_form(couple, therapist, "shared", EVERY_TYPE)
    mixed = answer(hers, mara, good="Tea at six", note=SECRET)
    browser = signed_in(therapist)
    browser.post(f"{desk(couple)}answers/{mixed.pk}/reviewed/")
    assert waiting(therapist, couple) == []
    assert waiting(therapist, couple, mara) == [mixed.pk]
    browser.post(f"{desk(couple)}answers/{mixed.pk}/private/reviewed/")
    assert waiting(therapist, couple, mara) == []


def test_the_page_costs_the_same_for_one_answer_or_many(
    couple, therapist, practice, both, django_assert_max_num_queries
):
    browser = signed_in(therapist)
    browser.get("/desk/review/")
    for names in (("Ada", "Ruth"), ("Una", "Ugo")):
        other = make_couple(practice, names, therapist=therapist)
        for occurrence, person in zip(give_form(other, therapist, "shared", TWO_SCALES), other.clients, strict=True):
            answer(occurrence, person, near="5", good="A word")
    with django_assert_max_num_queries(22):
        page = browser.get("/desk/review/").content.decode()
    assert "6 answers" in page


def test_b123_reading_the_pile_is_written_down_about_each_couple_whose_words_are_on_it(
    couple, therapist, practice, both
):
    other, silent = (make_couple(practice, names, therapist=therapist) for names in (("Ada", "Ruth"), ("Una", "Ugo")))
    for occurrence, person in zip(give_form(other, therapist, "shared", TWO_SCALES), other.clients, strict=True):
        answer(occurrence, person, near="5", good="A word")
    browser = signed_in(therapist)

    def opened(path: str) -> list[uuid.UUID]:
        with as_attune(couple):
            before = AuditEvent.objects.count()
        assert browser.get(path).status_code == 200
        with as_attune(couple):
            lines = list(AuditEvent.objects.order_by("pk")[before:])
        assert {(one.act, one.subject, one.client_id, one.lane) for one in lines} <= {
            ("opened", "clients_couple", None, "")
        }
        return sorted(one.couple_id for one in lines)

    assert opened("/desk/review/") == sorted([couple.pk, other.pk])
    assert opened(f"/desk/review/?couple={other.pk}") == [other.pk]
    assert opened(f"/desk/review/?couple={silent.pk}") == []


# ── marking ──────────────────────────────────────────────────────────────────


def test_two_therapists_at_once_leave_one_mark_and_the_first_stands(couple, therapist, owner, both):
    takes_part(couple, owner)
    with acting_as(therapist):
        first = reviewing.mark(both[0], therapist)
    with acting_as(owner):
        again = reviewing.mark(both[0], owner)
        assert again.pk == first.pk
        assert not reviewing.unmark(both[0], owner), "a colleague's mark stays"
    with as_attune(couple):
        assert Review.objects.count() == 1


def test_a_private_answer_has_no_page_outside_the_private_view(couple, therapist, private):
    browser = signed_in(therapist)
    for act in ("reviewed", "bring", "comment"):
        assert browser.post(f"{desk(couple)}answers/{private.pk}/{act}/").status_code == 404


def test_bringing_to_the_session_happens_once(couple, therapist, owner, both):
    takes_part(couple, owner)
    browser = signed_in(therapist)
    for who in (browser, browser, signed_in(owner)):
        who.post(f"{desk(couple)}answers/{both[0].pk}/bring/")
    with as_attune(couple):
        item = AgendaItem.objects.get()
    assert "Looking back on the week" in browser.get(f"{desk(couple)}notes/").content.decode()
    browser.post(f"{desk(couple)}agenda/{item.pk}/")
    with acting_as(therapist):
        assert not agenda.waiting(couple).exists()
        agenda.bring(both[0], therapist)
        agenda.not_done(item)
        assert agenda.waiting(couple).count() == 1, "put back only where it is not on the list again"


# ── its author learns of it ──────────────────────────────────────────────────


def test_the_author_learns_of_it_and_nobody_else_does(couple, therapist, mara, theo, private):
    before = signed_in(theo).get("/today/").content
    signed_in(therapist).post(f"{desk(couple)}answers/{private.pk}/private/reviewed/")
    for path in ("/today/", "/talk/"):
        assert "Dr Ines Karlsen has looked at this" in signed_in(mara).get(path).content.decode()
        assert "has looked at" not in signed_in(theo).get(path).content.decode()
    assert len(before) == len(signed_in(theo).get("/today/").content)
    with acting_as(theo):
        assert Review.objects.count() == 0


# ── a comment ────────────────────────────────────────────────────────────────


def comment(browser, couple, response, to, text="Well said", *, apart=False, **more):
    path = f"{desk(couple)}answers/{response.pk}/{'private/' if apart else ''}comment/"
    return browser.post(path, {"to": to, "text": text, "key": more.pop("key", uuid.uuid4()), **more})


def test_a_comment_to_one_goes_to_one_and_to_all_goes_to_all(couple, therapist, mara, theo, both):
    browser = signed_in(therapist)
    comment(browser, couple, both[0], str(mara.pk), "For Mara alone")
    comment(browser, couple, both[0], "all", "For you both")
    with acting_as(theo):
        assert [one.text for one in Comment.objects.all()] == ["For you both"]
    with acting_as(mara):
        assert {one.text for one in Comment.objects.all()} == {"For Mara alone", "For you both"}


def test_words_to_all_beside_something_private_need_a_second_thought(couple, therapist, mara, private):
    browser = signed_in(therapist)
    path = f"{desk(couple)}answers/{private.pk}/private/comment/"
    page = browser.get(path).content.decode()
    assert "This answer is private" in page
    box = page[page.index("<textarea") : page.index("</textarea>")]
    assert SECRET not in box, "nothing private is put into the box"
    refused = comment(browser, couple, private, "all", "To you both", apart=True)
    assert refused.status_code == 422
    assert "To you both" in refused.content.decode()
    with as_attune(couple):
        assert Thread.objects.count() == 0
    assert comment(browser, couple, private, "all", "To you both", apart=True, sure="on").status_code == 302
    with as_attune(couple):
        thread = Thread.objects.get()
    assert (thread.response_id, thread.assignment_id) == (None, None), "it points to nothing that one may not know"


def test_words_about_an_answer_never_go_to_the_other_partner_alone(couple, therapist, mara, theo, private):
    browser = signed_in(therapist)
    assert comment(browser, couple, private, str(theo.pk), "To him", apart=True, sure="on").status_code == 422
    with acting_as(theo):
        assert Thread.objects.count() == 0


def test_words_to_all_about_a_sealed_answer_do_not_point_to_it(couple, therapist, mara, theo):
    (hers, _his) = give_form(couple, therapist, "reveal", TWO_SCALES)
    sealed = answer(hers, mara, near="8", good="Tea")
    browser = signed_in(therapist)
    assert comment(browser, couple, sealed, "all", "Hello").status_code == 422
    comment(browser, couple, sealed, "all", "Hello", sure="on")
    with acting_as(theo):
        thread = Thread.objects.get()
    assert thread.response_id is None
    assert thread.assignment_id == hers.assignment_id, "what was given to both, both know"


def test_pressing_send_twice_says_it_once_and_later_words_join_the_thread(couple, therapist, mara, both):
    browser, key = signed_in(therapist), uuid.uuid4()
    for _again in range(2):
        comment(browser, couple, both[0], str(mara.pk), key=key)
    comment(browser, couple, both[0], str(mara.pk), "And one thing more")
    with as_attune(couple):
        assert Thread.objects.count() == 1
        assert Comment.objects.count() == 2


def test_a_comment_without_words_or_reader_is_handed_back_kindly(couple, therapist, mara, both):
    browser = signed_in(therapist)
    empty = comment(browser, couple, both[0], str(mara.pk), "  ")
    assert empty.status_code == 422
    assert "Please write something first" in empty.content.decode()
    nobody = comment(browser, couple, both[0], "somebody", "Hello")
    assert nobody.status_code == 422
    assert "Choose who reads it" in nobody.content.decode()
    assert "Hello" in nobody.content.decode()
    long = comment(browser, couple, both[0], str(mara.pk), "x" * (threads.LONGEST + 1))
    assert long.status_code == 422
    assert "4000 are the limit" in long.content.decode()


def test_htmx_gets_the_card_and_its_undo(couple, therapist, both):
    browser = signed_in(therapist)
    card = browser.post(f"{desk(couple)}answers/{both[0].pk}/reviewed/", headers={"HX-Request": "true"})
    assert "<html" not in card.content.decode()
    assert "Reviewed by Dr Ines Karlsen" in card.content.decode()
    assert 'name="undo"' in card.content.decode()


def test_the_same_thing_looked_at_often_is_one_line(couple, therapist, mara):
    sent = []
    for _day in range(3):
        (hers, _his) = give_form(couple, therapist, "private", TWO_SCALES, title="Mood log")
        sent.append(answer(hers, mara, near="5"))
    with acting_as(therapist):
        reviewing.mark_all(sent, therapist, apart=True)
    page = signed_in(mara).get("/today/").content.decode()
    assert page.count("has looked at") == 1
    assert "has looked at these 3" in page
