"""The session sheet: what each of its views holds, what it never holds, and what it costs."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone

from clients.models import Appointment, Couple
from exercises import agenda, answering, goals, notes
from exercises.models import Assignment, Occurrence
from practice.ids import uuid7
from reports import sheet
from reports.sheet_numbers import Compared
from tests.exercises.given import EVERY_TYPE, TWO_SCALES, as_attune
from tests.exercises.given import give as give_form
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db

FOUR_SCALES = [
    {"key": key, "type": "scale", "label": label, "min": 0, "max": 10, "low": "Far", "high": "Near"}
    for key, label in (("heard", "Felt heard"), ("fair", "Fair share"), ("laugh", "We laugh"), ("close", "Closeness"))
]
SECRET = "marzipan-canary"


def desk(couple) -> str:
    return f"/desk/couples/{couple.pk}/"


def send(occurrence, who, **raw):
    with acting_as(who):
        return answering.submit(occurrence, author=who, raw={key: [value] for key, value in raw.items()})


def page(therapist, couple, query="") -> str:
    answer = signed_in(therapist).get(f"{desk(couple)}sheet/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def session(couple) -> Appointment:
    """One session a week ago, and the next in an hour."""
    with as_attune(couple):
        Appointment.objects.create(couple=couple, starts_at=timezone.now() - datetime.timedelta(days=7))
        return Appointment.objects.create(
            couple=couple, starts_at=timezone.now() + datetime.timedelta(hours=1), place="Room 2"
        )


@pytest.fixture
def answered(couple, therapist, mara, theo, session):
    hers, his = give_form(couple, therapist, "shared", FOUR_SCALES, title="State of us")
    send(hers, mara, heard="8", fair="4", laugh="8", close="7")
    send(his, theo, heard="3", fair="8", laugh="8", close="8")


def gathered(couple, therapist) -> sheet.Sheet:
    with acting_as(therapist):
        whole = Couple.objects.with_partners().get(pk=couple.pk)
        now = timezone.now()
        return sheet.yours(whole, sheet.span_of(whole, None, now), therapist, now)


# ── what is on it ────────────────────────────────────────────────────────────


def test_it_is_about_the_next_session_and_looks_back_on_the_one_before(couple, therapist, answered):
    shown = page(therapist, couple)
    assert "Session 2" in shown
    assert "Room 2" in shown
    assert "Prepare" in signed_in(therapist).get("/desk/").content.decode()


def test_the_widest_difference_and_the_highest_agreement_come_first(couple, therapist, answered):
    one = gathered(couple, therapist)
    assert [row.label for row in one.far] == ["Felt heard", "Fair share"]
    assert [row.label for row in one.near] == ["We laugh", "Closeness"]


def test_done_late_left_out_and_still_open_are_told_apart(couple, therapist, mara, theo, session):
    now = timezone.now()
    rounds = [give_form(couple, therapist, "shared", TWO_SCALES, title=f"Number {n}") for n in range(2)]
    with as_attune(couple):
        (first, second), (third, fourth) = rounds
        late = now - datetime.timedelta(hours=1)
        Occurrence.objects.filter(pk=first.pk).update(
            state="done", due_at=late - datetime.timedelta(days=1), done_at=late
        )
        Occurrence.objects.filter(pk=second.pk).update(
            state="done", due_at=late, done_at=late - datetime.timedelta(hours=1)
        )
        row = Occurrence.objects.get(pk=third.pk)
        row.state, row.skip_reason, row.due_at = "skipped", "late shift all week", late
        row.save()
        Occurrence.objects.filter(pk=fourth.pk).update(due_at=late)
    cells = {
        (row.title, cell.name): (cell.words, cell.reason)
        for row in gathered(couple, therapist).rows
        for cell in row.cells
    }
    assert cells == {
        ("Number 0", "Mara"): ("sent, late", ""),
        ("Number 0", "Theo"): ("sent", ""),
        ("Number 1", "Mara"): ("left out", "late shift all week"),
        ("Number 1", "Theo"): ("still open", ""),
    }


def test_a_measures_change_has_a_word_only_by_its_rule(couple, therapist, mara, session):
    from exercises import measured, measures

    today = timezone.localdate()
    with acting_as(therapist):
        for days, total in ((60, 4), (0, 15)):
            entry = measured.Entry(
                taken_on=today - datetime.timedelta(days=days), score=measures.read(measures.get("csi4"), total),
                safety={},
            )  # fmt: skip
            measured.enter(couple, mara, entry, by=therapist)
        whole = Couple.objects.with_partners().get(pk=couple.pk)
        one = sheet.with_private(gathered(whole, therapist), mara)
    assert one.scores == [], "what was entered about one of them is private"
    [row] = one.private.scores
    assert (row.start, row.last, row.now) == ("4", "4", "15")
    assert row.verdict == "Recovered"


def test_what_was_noted_for_the_session_and_the_goals_are_there(couple, therapist, mara, theo, session):
    with acting_as(therapist):
        notes.write(couple, therapist, "Go slowly with the in-laws", for_session=True)
        notes.write(couple, therapist, "Not for now")
        agenda.note_down(couple, therapist, "The account book")
        goal = goals.set_goal(couple, [mara.pk, theo.pk], "One evening a week", by=therapist)
    with acting_as(mara):
        goals.rate(goal, mara, 3, key=uuid7())
    shown = page(therapist, couple)
    for words in ("Go slowly", "account book", "One evening a week", "Ask what one step nearer"):
        assert words in shown
    assert "Not for now" not in shown


def test_any_past_session_has_its_sheet(couple, therapist, answered, session):
    with as_attune(couple):
        first = Appointment.objects.order_by("starts_at").first()
    shown = signed_in(therapist).get(f"{desk(couple)}sessions/{first.pk}/sheet/").content.decode()
    assert "Session 1" in shown
    assert "Felt heard" not in shown, "that came after it"
    assert "Felt heard" in signed_in(therapist).get(f"{desk(couple)}sessions/{session.pk}/sheet/").content.decode()


# ── what is never on it ──────────────────────────────────────────────────────


@pytest.fixture
def private(couple, therapist, mara, theo, session):
    (hers, _his) = give_form(couple, therapist, "private", EVERY_TYPE, title="Marzipan form")
    send(hers, mara, good=SECRET, note=SECRET, near="2")
    with acting_as(therapist):
        agenda.note_down(couple, therapist, f"{SECRET} alone", client=mara)
        goals.set_goal(couple, [mara.pk], f"{SECRET} goal", by=therapist)


def test_nothing_private_is_on_it_until_one_partners_part_is_asked_for(couple, therapist, mara, theo, private):
    for query in ("", "?show=table"):
        shown = page(therapist, couple, query)
        assert SECRET not in shown
        assert "Marzipan" not in shown
    hers, his = page(therapist, couple, f"?show={mara.pk}"), page(therapist, couple, f"?show={theo.pk}")
    assert f"{SECRET} alone" in hers
    assert f"{SECRET} goal" in hers
    assert "Marzipan form" in hers
    assert SECRET not in his


def test_the_default_page_is_the_same_whether_or_not_anything_private_is_there(couple, therapist, mara, answered):
    def plain(text: str) -> str:
        return re.sub(r'nonce="[^"]*"|X-CSRFToken[^}]*|csrfmiddlewaretoken" value="[^"]*"', "", text)

    before = {query: plain(page(therapist, couple, query)) for query in ("", "?show=table")}
    (hers, _his) = give_form(couple, therapist, "private", TWO_SCALES, title="Marzipan form")
    send(hers, mara, near="2", good=SECRET)
    assert before == {query: plain(page(therapist, couple, query)) for query in before}


def test_the_table_holds_what_all_may_read_and_neither_seals_nor_notes(couple, therapist, mara, theo, answered):
    hers, his = give_form(couple, therapist, "reveal", TWO_SCALES, title="Still sealed")
    send(hers, mara, near="9", good="sealed words")
    send(his, theo, near="1", good="sealed too")
    with acting_as(therapist):
        notes.write(couple, therapist, "my own note", for_session=True)
    mine, table = page(therapist, couple), page(therapist, couple, "?show=table")
    assert "still sealed for them" in mine
    assert "Felt heard" in table
    for words in ("Still sealed", "sealed words", "my own note", "How close I felt", "Not worked through", "left out"):
        assert words not in table, words


def test_an_answer_to_look_at_comes_first_and_names_nobody(couple, therapist, mara, session):
    flagged = [{"key": "safe", "type": "yes_no", "label": "I feel safe", "private": True, "flag_if": "no"}, *TWO_SCALES]
    (hers, _his) = give_form(couple, therapist, "shared", flagged)
    send(hers, mara, safe="no", near="5")
    shown = page(therapist, couple)
    notice = shown[shown.index("sheet__risk") : shown.index("</section>", shown.index("sheet__risk"))]
    assert "1 answer to look at before anything else" in notice
    assert "Mara" not in notice
    assert shown.index("sheet__risk") < shown.index('id="since"')
    assert "sheet__risk" not in page(therapist, couple, "?show=table")


def test_a_partner_of_another_couple_or_nonsense_is_a_404(couple, therapist, colleague):
    browser = signed_in(therapist)
    for show in ("nonsense", "%00", "01a2030d-cec2-7637-b31e-7e339d5dd333"):
        assert browser.get(f"{desk(couple)}sheet/?show={show}").status_code == 404
    assert signed_in(colleague).get(f"{desk(couple)}sheet/").status_code == 404


# ── what it costs ────────────────────────────────────────────────────────────


def fill(couple, therapist, mara, theo, rounds: int) -> None:
    for number in range(rounds):
        hers, his = give_form(couple, therapist, "shared", FOUR_SCALES, title=f"Number {number}")
        send(hers, mara, heard="8", fair="4", laugh="8", close="7")
        send(his, theo, heard="3", fair="8", laugh="8", close="8")
        with acting_as(therapist):
            goal = goals.set_goal(couple, [mara.pk, theo.pk], f"Goal {number}", by=therapist)
            agenda.note_down(couple, therapist, f"Line {number}")
            notes.write(couple, therapist, f"Note {number}", for_session=True)
        with as_attune(couple):
            Assignment.objects.filter(pk=hers.assignment_id).update(goal=goal)
        for who in (mara, theo):
            with acting_as(who):
                goals.rate(goal, who, number % 10, key=uuid7())


def test_it_opens_with_a_fixed_number_of_queries(couple, therapist, mara, theo, session, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = signed_in(therapist)
    fill(couple, therapist, mara, theo, 1)
    with CaptureQueriesContext(connection) as few:
        browser.get(f"{desk(couple)}sheet/")
    fill(couple, therapist, mara, theo, 6)
    with CaptureQueriesContext(connection) as many:
        browser.get(f"{desk(couple)}sheet/")
    assert len(many) == len(few)
    assert len(many) < 60


def test_no_list_on_it_grows_without_end(couple, therapist, mara, theo, session):
    fill(couple, therapist, mara, theo, 14)
    one = gathered(couple, therapist)
    assert len(one.rows) <= 8
    for part in (one.far, one.near, one.next):
        assert len(part) <= 4
    for part in (one.agenda, one.notes, one.goals, one.scores):
        assert len(part) <= 5
    assert len(one.quotes) <= 3
    assert all(isinstance(row, Compared) for row in one.far)
