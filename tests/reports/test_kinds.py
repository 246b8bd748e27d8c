"""The other kinds of reports: what each edition holds, what it never meets, and how it comes out on paper."""

from __future__ import annotations

import dataclasses
import datetime
import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any

import page
import pytest
from django.utils import timezone

from clients.models import Client, Couple
from exercises import agreements, measured, measures
from exercises.models import Assignment, ProgramRun, Response, StaffNote
from practice.models import Membership
from reports import events, paper, pdf, progress, releases
from reports.kinds import NotTold, composers
from reports.kinds.program import Cell, ProgramReport, Row, Week
from reports.kinds.sheet import FULL, Given, Place, Said, Score, SessionSheet
from reports.models import Alert, Report
from reports.pdf import Rendered
from tests.factories import acting_as
from tests.reports import sample
from tests.reports.factories import NOW, Giver, home, weeks
from tests.reports.orders import fresh, practice_of, wish
from tests.reports.reading import problems, text_of, words_of
from tests.reports.test_measures import send

pytestmark = pytest.mark.django_db
#: What every document begins with; and words that each stand in one lane of one partner, and nowhere else.
HEAD = [one.name for one in dataclasses.fields(paper.Document)]
PRIVATE, OWN, ALONE = "harbour", "quarry", "lighthouse"


@pytest.fixture
def giver(couple, therapist) -> Giver:
    return Giver(couple, therapist)


@pytest.fixture
def told(giver) -> Giver:
    """Shared answers of both, with a private question in them, and private and own ones of Mara."""
    mara, theo = giver.people
    [check] = giver.give(giver.edition())
    for at, day in enumerate(weeks(6)):
        said = {"closeness": 3 + at % 4, "heard": 5, "note": f"We walked in week {at}, by the sea."}
        giver.send(check, mara, day, said | {"alone": f"Nobody may hear of the {ALONE}."})
        giver.send(check, theo, day, {"closeness": 8, "heard": 5})
    for lane, word in (("private", PRIVATE), ("own", OWN)):
        [apart] = giver.give(giver.edition(title=f"Quiet {word}"), lane, to=[mara])
        giver.send(apart, mara, weeks(1)[0], {"closeness": 1, "note": f"Only this about the {word} of mine."})
    with home(giver.couple):
        Assignment.objects.update(given_at=datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC))
    return giver


def of_kind(couple: Couple, by: Membership, now: datetime.datetime = NOW, **changes: Any) -> paper.Document:
    """Read a report that nobody saved."""
    with home(couple):
        one = wish(**changes)
        fields = {name: getattr(one, name) for name in one.__dataclass_fields__ if name not in ("key", "parts")}
        fields["language"] = fields["language"] or "en-gb"
        row = Report(couple=couple, parts=list(one.parts), requested_by=by, reference="LH-2026-7KQ3M", **fields)
        return progress.of_report(row, fresh(couple), practice_of(couple), now)


def words(document: paper.Document) -> str:
    return words_of(checked(document))


def checked(document: paper.Document) -> Rendered:
    """Print it, and hold it against what a reader who listens needs."""
    rendered = pdf.render(document)
    assert problems(rendered.pdf) == []
    assert rendered.notes == ()
    return rendered


def conforms(rendered: Rendered, folder: Any) -> list[str]:
    path = folder / "report.pdf"
    path.write_bytes(rendered.pdf)
    return [f"{one.rule_id}: {one.message}" for one in page.validate_pdf(str(path), profile="ua1").failures]


def enter(couple: Couple, client: Client, by: Membership, *totals: int, measure: str = "csi4", every: int = 14) -> None:
    with home(couple):
        for at, total in enumerate(totals):
            day = datetime.date(2026, 3, 2) + datetime.timedelta(days=every * at)
            entry = measured.Entry(day, measures.read(measures.get(measure), Decimal(total)), {})
            measured.enter(fresh(couple), client, entry, by=by)


def response_of(giver: Giver, title: str, author: Client) -> Response:
    with home(giver.couple):
        rows = Response.objects.filter(author=author, edition__title=title).select_related("edition")
        return rows.order_by("-submitted_at").first()


# ── every kind, every edition, both papers ───────────────────────────────────


@pytest.fixture
def everything(told, couple, therapist, mara, theo) -> dict[str, dict[str, Any]]:
    """What to ask for, to get each kind with something in it."""
    for person, totals in ((mara, (9, 10, 12, 16)), (theo, (15, 15, 16, 17))):
        enter(couple, person, therapist, *totals)
    program(told)
    with home(couple):
        run = ProgramRun.objects.get()
    return {
        "sheet": {},
        "closing": {"summary": "You came a long way.\n\nKeep the meeting."},
        "measure": {"measure": "csi4", "partner_id": mara.pk},
        "response": {"response_id": response_of(told, "Weekly check", mara).pk},
        "program": {"run_id": run.pk},
    }


@pytest.mark.parametrize("size", ["a4", "letter"])
def test_every_kind_and_edition_conforms_to_pdf_ua(everything, couple, therapist, mara, size, tmp_path):
    made = []
    for kind, about in everything.items():
        for audience in composers()[kind].editions:
            if (kind, audience) == ("measure", "partner"):
                continue  # released to nobody here
            whom = {"partner_id": mara.pk} if audience == "partner" else {}
            document = of_kind(couple, therapist, kind=kind, audience=audience, paper=size, **about | whom)
            rendered = checked(document)
            assert conforms(rendered, tmp_path) == []
            assert pdf.render(document).sha256 == rendered.sha256
            assert "LH-2026-7KQ3M" in words_of(rendered)
            made.append((kind, str(audience)))
    assert len(made) == 12


def test_no_shared_or_partner_edition_holds_a_word_of_anybodys_private_lanes(everything, couple, therapist, mara, theo):
    for kind, about in everything.items():
        for audience, reader in (("shared", None), ("partner", theo)):
            if audience not in composers()[kind].editions or kind == "measure":
                continue
            if kind == "response" and reader is not None:
                continue  # the author's alone, tried below
            whom = {"partner_id": reader.pk} if reader else {}
            text = words(of_kind(couple, therapist, kind=kind, audience=audience, **about | whom))
            for word in (PRIVATE, OWN, ALONE):
                assert word not in text, (kind, audience)
            for word in ("Left open", "still open", "not sent", "left out", "recovered", "worsened", "Improved"):
                assert word not in text, (kind, audience)


def test_no_edition_at_all_holds_what_somebody_keeps_for_themselves(everything, couple, therapist, mara):
    for kind, about in everything.items():
        for audience in composers()[kind].editions:
            if (kind, audience) == ("measure", "partner"):
                continue
            whom = {"partner_id": mara.pk} if audience == "partner" else {}
            assert OWN not in words(of_kind(couple, therapist, kind=kind, audience=audience, **about | whom))


def test_what_one_partner_keeps_back_changes_no_byte_of_what_the_other_gets(everything, giver, couple, therapist, theo):
    def theirs() -> list[str]:
        found = []
        for kind, about in everything.items():
            for audience, whom in (("shared", {}), ("partner", {"partner_id": theo.pk})):
                if (
                    audience in composers()[kind].editions
                    and kind != "measure"
                    and (kind, audience) != ("response", "partner")
                ):
                    document = of_kind(couple, therapist, kind=kind, audience=audience, **about | whom)
                    found.append(pdf.render(document).sha256)
        return found

    before = theirs()
    assert len(before) == 6
    mara = giver.people[0]
    for lane in ("private", "own"):
        [apart] = giver.give(giver.edition(title="Another thing"), lane, to=[mara])
        giver.send(apart, mara, weeks(4)[3], {"closeness": 0, "heard": 0, "note": "I am thinking of leaving."})
    enter(couple, mara, therapist, 3, 2, 1, measure="phq9", every=20)
    assert theirs() == before


# ── the session sheet ────────────────────────────────────────────────────────


def test_the_sheet_says_what_is_at_risk_to_the_therapist_alone(told, couple, therapist, mara):
    with home(couple):
        response = Response.objects.filter(author=mara).first()
        Alert.objects.create(couple=couple, client=mara, response=response, **alert_fields())
    assert "1 answer to look at before anything else" in words(
        of_kind(couple, therapist, kind="sheet", audience="clinical")
    )
    assert "look at before" not in words(of_kind(couple, therapist, kind="sheet", audience="shared"))


def alert_fields() -> dict[str, Any]:
    names = {one.name for one in Alert._meta.fields}
    return {"raised_at": NOW} if "raised_at" in names and not Alert._meta.get_field("raised_at").auto_now_add else {}


def test_staff_notes_are_on_no_printed_sheet(told, couple, therapist):
    with home(couple):
        StaffNote.objects.create(couple=couple, author=therapist, text="Ask about the orchard.", for_session=True)
    assert "orchard" not in words(of_kind(couple, therapist, kind="sheet", audience="clinical"))


def test_the_sheet_for_the_table_says_where_they_are_apart_and_what_they_agree_on(told, couple, therapist):
    text = words(of_kind(couple, therapist, kind="sheet", audience="shared"))
    for said in ("Places to be curious", "How close do you feel?", "In agreement", "How heard did you feel?"):
        assert said in text
    assert "done together or shared, 6 times" in text
    assert "Everything on this page may be read by all of you." in text


EIGHT = range(8)


def full_sheet(size: paper.Paper, edition: paper.Edition = "clinical") -> SessionSheet:
    """A sheet with as much on it as a sheet can hold, in long words."""
    line = "We talked about money again and it went better than the last time, until the phone rang."[:110]
    row = paper.Difference("I can bring up a worry without a fight between the two of us", ((0, 2), (1, 9)))
    cells = (Said("4 of 7, 1 left out", 0), Said("sent, late", 1))
    head = sample.report(edition)
    fields = {name: getattr(head, name) for name in HEAD if name != "about"}
    return SessionSheet(
        **fields | {"paper": size, "summary": ()},
        session="Session 13, Thursday 26 November, 17:00",
        since="Since 19 November 2026",
        risk="2 answers to look at before anything else, with nobody beside you.",
        given=tuple(Given(f"Exercise {at} with a long name", "Reveal", cells, (Said(line, at % 2),)) for at in EIGHT),
        scores=tuple(Score("PHQ-9", at % 2, "12 of 27", "9 of 27", "7 of 27", "About the same") for at in range(5)),
        far=(Place(row, "Weekly check", 0, 10, True),) * 4,
        near=(Place(replace(row, answers=((0, 7), (1, 7))), "Weekly check", 0, 10, False),) * 4,
        goals=(paper.Goal(line, (paper.Course(0, 3, 7), paper.Course(1, 4, 6))),) * 4,
        bring=(Said(line, about="Weekly check, Mara"),) * 5,
        cards=(line,) * 5,
        obstacles=(Said(line, 1, "Weekly check"),) * 4,
        to_review=9,
        waiting=(Said(line, 0, "Weekly state of us, still sealed for them"),) * 3,
        unreached=("Theo (E-mail): the last message could not be delivered. Is the address still right?",) * 2,
        next=(line,) * 4,
    )  # fmt: skip


@pytest.mark.parametrize("size", ["a4", "letter"])
def test_even_the_fullest_sheet_is_one_page(size):
    sheet = full_sheet(size)
    assert sheet.lines > FULL
    rendered = checked(sheet)
    assert rendered.pages == 1
    assert "Exercise 7" in text_of(rendered)


@pytest.mark.parametrize("size", ["a4", "letter"])
def test_a_sheet_of_any_length_is_one_page(size):
    whole = full_sheet(size)
    lists = ("given", "scores", "far", "near", "goals", "bring", "cards", "obstacles", "waiting", "unreached", "next")
    for most in range(8):
        sheet = replace(whole, **{name: getattr(whole, name)[:most] for name in lists})
        assert pdf.render(sheet).pages == 1, (most, sheet.lines)


def test_a_sheet_of_nothing_is_one_page_with_room_to_write(couple, therapist):
    rendered = checked(of_kind(couple, therapist, kind="sheet", audience="clinical"))
    assert rendered.pages == 1
    assert "Room to write" in text_of(rendered)


# ── the history of a measure ─────────────────────────────────────────────────


def test_a_measures_history_says_states_by_its_rule_and_how_it_is_worked_out(couple, therapist, mara):
    enter(couple, mara, therapist, 9, 10, 12, 16)
    text = words(of_kind(couple, therapist, kind="measure", audience="clinical", measure="csi4", partner_id=mara.pk))
    assert "Compared with the first complete score, 9 of 21 of 2 March 2026." in text
    # From 9 to 16 is 7 points, more than 2.716, and past the cut-off of 13.5.
    assert "Since then: +7, recovered." in text
    assert "entered, definition 1" in text
    assert "A change counts as reliable beyond 2.716 points" in text
    assert "Funk, J. L." in text


def test_a_measure_without_a_threshold_has_a_difference_and_no_word(couple, therapist, mara):
    known = next(one for one in measures.all() if one.reliable is None and one.total and not one.person_only)
    low = int(known.total.low)
    enter(couple, mara, therapist, low, low + 1, low + 2, measure=known.key)
    text = words(of_kind(couple, therapist, kind="measure", audience="clinical", measure=known.key, partner_id=mara.pk))
    assert "No threshold is known well enough" in text
    for word in ("improved", "recovered", "worsened", "about the same,"):
        assert f"+2, {word}" not in text


def test_a_screen_for_one_alone_is_never_printed(couple, therapist, mara):
    screen = next(one for one in measures.all() if one.person_only and one.total)
    enter(couple, mara, therapist, int(screen.total.low), measure=screen.key)
    with pytest.raises(NotTold):
        of_kind(couple, therapist, kind="measure", audience="clinical", measure=screen.key, partner_id=mara.pk)


def test_a_screen_is_not_even_named_on_the_paper_of_who_answered_it(couple, therapist, mara):
    screened = send(couple, therapist, mara, "hits", "1 2 1 3")
    send(couple, therapist, mara, "csi4", "3 3 4 3")
    today = timezone.localdate()
    hers = {
        "audience": "partner",
        "partner_id": mara.pk,
        "begins_on": today - datetime.timedelta(days=80),
        "ends_on": today,
    }
    now = timezone.now() + datetime.timedelta(minutes=1)
    closing = words(of_kind(couple, therapist, now, kind="closing", **hers))
    assert "Form csi4" in closing
    assert "Form hits" not in closing
    assert "Form hits" not in words(of_kind(couple, therapist, now, kind="progress", **hers))
    with pytest.raises(NotTold):
        of_kind(couple, therapist, now, kind="response", response_id=screened.pk, **hers)


def test_a_measure_that_was_not_released_has_no_edition_for_its_partner(couple, therapist, mara):
    enter(couple, mara, therapist, 9, 10, 12)
    with pytest.raises(NotTold):
        of_kind(couple, therapist, kind="measure", audience="partner", measure="csi4", partner_id=mara.pk)


def test_a_released_measure_is_told_to_its_partner_in_plain_words_until_it_is_taken_back(couple, therapist, mara, theo):
    for person in (mara, theo):
        enter(couple, person, therapist, 9, 10, 12, 16)
    about = {"kind": "measure", "audience": "partner", "measure": "csi4", "partner_id": mara.pk}
    with acting_as(therapist):
        releases.release(fresh(couple), "csi4", by=therapist, client=mara)
    text = words(of_kind(couple, therapist, **about))
    assert "Higher than at the start." in text
    for word in ("recovered", "improved", "clinical", "baseline", "Theo"):
        assert word not in text
    closing = {"kind": "closing", "audience": "partner", "partner_id": mara.pk}
    text = words(of_kind(couple, therapist, **closing))
    assert "9 of 21 16 of 21 +7 Higher than at the start." in text
    assert "of 21" not in words(of_kind(couple, therapist, kind="closing", audience="shared"))
    assert "of 21" not in words(of_kind(couple, therapist, **closing | {"partner_id": theo.pk}))
    with acting_as(therapist):
        releases.withdraw(fresh(couple), "csi4", by=therapist)
    with pytest.raises(NotTold):
        of_kind(couple, therapist, **about)
    assert "of 21" not in words(of_kind(couple, therapist, **closing))


# ── one set of answers ───────────────────────────────────────────────────────


def test_answers_come_as_they_were_asked_with_lanes_for_the_therapist(told, couple, therapist, mara, theo):
    sent = response_of(told, "Weekly check", mara)
    text = words(of_kind(couple, therapist, kind="response", audience="clinical", response_id=sent.pk))
    assert "How close do you feel?" in text
    assert "We walked in week 5, by the sea." in text
    assert f"{ALONE}" in text
    assert "Anything only for your therapist? Private" in text
    assert "Left open" not in text  # what was left blank might be somebody's own
    theos = words(
        of_kind(
            couple,
            therapist,
            kind="response",
            audience="clinical",
            response_id=response_of(told, "Weekly check", theo).pk,
        )
    )
    assert "What stood out? Left open" in theos


def test_the_shared_edition_of_answers_has_no_private_question_and_no_gap(told, couple, therapist, mara):
    sent = response_of(told, "Weekly check", mara)
    text = words(of_kind(couple, therapist, kind="response", audience="shared", response_id=sent.pk))
    assert "by the sea" in text
    for word in ("Only for your therapist", "Anything only", ALONE, "Left open", "Private"):
        assert word not in text


def test_answers_that_not_everybody_may_read_have_no_shared_edition(told, couple, therapist, mara, theo):
    private = response_of(told, f"Quiet {PRIVATE}", mara)
    own = response_of(told, f"Quiet {OWN}", mara)
    assert PRIVATE in words(of_kind(couple, therapist, kind="response", audience="clinical", response_id=private.pk))
    mine = {"kind": "response", "audience": "partner", "response_id": private.pk}
    assert PRIVATE in words(of_kind(couple, therapist, partner_id=mara.pk, **mine))
    refused = [
        {"audience": "shared", "response_id": private.pk},
        {"audience": "partner", "response_id": private.pk, "partner_id": theo.pk},
        {"audience": "clinical", "response_id": own.pk},
        {"audience": "partner", "response_id": own.pk, "partner_id": mara.pk},
        {"audience": "partner", "response_id": response_of(told, "Weekly check", mara).pk, "partner_id": theo.pk},
        {"audience": "clinical", "response_id": uuid.uuid4()},
    ]
    for one in refused:
        with pytest.raises(NotTold):
            of_kind(couple, therapist, kind="response", **one)


def test_a_sealed_answer_has_no_shared_edition_until_it_opens(giver, couple, therapist, mara):
    [sealed] = giver.give(giver.edition(), "reveal")
    opens = NOW + datetime.timedelta(days=1)
    for person in giver.people:
        sent = giver.send(sealed, person, weeks(1)[0], {"closeness": 4, "note": "Under the seal."}, revealed=opens)
    with pytest.raises(NotTold):
        of_kind(couple, therapist, kind="response", audience="shared", response_id=sent.pk)
    later = opens + datetime.timedelta(minutes=1)
    text = words(of_kind(couple, therapist, later, kind="response", audience="shared", response_id=sent.pk))
    assert "Under the seal." in text


def test_a_declined_answer_is_said_kindly(giver, couple, therapist, mara):
    from exercises.models import Answer

    [check] = giver.give(giver.edition())
    sent = giver.send(check, mara, weeks(1)[0], {"closeness": 4})
    with home(couple):
        Answer.objects.filter(response=sent, key="closeness").update(number=None, declined=True)
    text = words(of_kind(couple, therapist, kind="response", audience="clinical", response_id=sent.pk))
    assert "Would rather not say. That is fine." in text


# ── a whole program ──────────────────────────────────────────────────────────


def program(giver: Giver, people: list[Client] | None = None) -> ProgramRun:
    """A program of two weeks with a look before and one after; Theo did less than Mara."""
    from exercises.models import Program

    people = giver.people if people is None else people
    look, talk = giver.edition(title="Presence check"), giver.edition(title="Evening talk")
    with home(giver.couple):
        kept = Program.objects.first()
        run = ProgramRun.objects.create(
            couple=giver.couple,
            program=kept,
            audience=sorted(one.pk for one in people),
            content={
                "title": "Two weeks of evenings",
                "why": "To have your evenings back.",
                "unlock": "day",
                "baseline": [look.exercise.slug],
                "weeks": [
                    {"focus": "Looking", "slugs": [talk.exercise.slug], "days": 7},
                    {"focus": "Keeping", "slugs": [talk.exercise.slug], "days": 7},
                ],
                "outcome": [look.exercise.slug],
            },
            starts_on=datetime.date(2026, 3, 8),
            at=datetime.time(18),
            given_by=giver.by,
            given_key=uuid.uuid4(),
            week=3,
        )
        ProgramRun.objects.filter(pk=run.pk).update(given_at=datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC))
    mara, theo = giver.people
    for week, edition, value in ((0, look, 3), (1, talk, 5), (2, talk, 6), (3, look, 8)):
        [given] = giver.give(edition, "shared" if len(people) > 1 else "private", to=people)
        with home(giver.couple):
            Assignment.objects.filter(pk=given.pk).update(run=run, run_week=week)
        day = weeks(4)[week]
        giver.send(given, mara, day, {"closeness": value, "note": "The kettle sang."})
        if theo in people:
            if week in (0, 3):
                giver.send(given, theo, day, {"closeness": value - 1})
            else:
                giver.occurrence(given, theo, day, "missed")
    return run


def test_a_program_says_for_each_what_came_of_every_week_and_where_they_began(giver, couple, therapist):
    run = program(giver)
    text = words(of_kind(couple, therapist, kind="program", audience="clinical", run_id=run.pk))
    assert "Two weeks of evenings" in text
    assert "Week 1 Looking" in text
    assert "Evening talk Check-in ● sent ○ not sent" in text
    assert "3 → 8 (+5)" in text
    assert "2 → 7 (+5)" in text


def test_the_shared_edition_of_a_program_says_what_was_done_and_never_what_was_not(giver, couple, therapist, theo):
    run = program(giver)
    for whom in ({"audience": "shared"}, {"audience": "partner", "partner_id": theo.pk}):
        document = of_kind(couple, therapist, kind="program", run_id=run.pk, **whom)
        text = words(document)
        assert "Evening talk" in text
        assert "3 → 8 (+5)" in text
        for word in ("not sent", "missed", "open", "Sent by"):
            assert word not in text


def test_a_program_that_one_partner_has_alone_is_told_to_no_other(giver, couple, therapist, mara, theo):
    run = program(giver, [giver.people[0]])
    assert events._is_of_one(Report(run=run)), "no other system is told that there is one"
    for refused in ({"audience": "shared"}, {"audience": "partner", "partner_id": theo.pk}):
        with pytest.raises(NotTold):
            of_kind(couple, therapist, kind="program", run_id=run.pk, **refused)
    mine = of_kind(couple, therapist, kind="program", run_id=run.pk, audience="partner", partner_id=mara.pk)
    assert "Evening talk" in words(mine)


def test_only_the_clinical_edition_sets_what_each_partner_did_beside_their_names():
    head = sample.report("shared")
    fields = {name: getattr(head, name) for name in HEAD}
    weeks_of = (Week("Week 1", "Looking", (Row("Evening talk", "Ritual", cells=(Cell(0, "done", "sent"),)),)),)
    with pytest.raises(ValueError, match="only the clinical edition"):
        ProgramReport(**fields, title="Two weeks", weeks=weeks_of)


# ── the summary at the end ───────────────────────────────────────────────────


def test_the_summary_says_where_it_began_what_holds_and_where_to_turn(told, couple, therapist, mara, theo):
    enter(couple, mara, therapist, 9, 10, 12, 16)
    agree(couple, [mara, theo], "A way out", "Either may say kettle.")
    asked = {"kind": "closing", "summary": "You came a long way."}
    clinical = words(of_kind(couple, therapist, audience="clinical", **asked))
    assert "You came a long way." in clinical
    assert "9 of 21 16 of 21 +7 Recovered" in clinical
    assert "Weekly check Check-in 6" in clinical
    shared = words(of_kind(couple, therapist, audience="shared", **asked))
    for text in (clinical, shared):
        assert "Either may say kettle." in text
        assert "If it gets hard again" in text
        assert "no diagnosis" in text
    assert "of 21" not in shared


def test_numbers_to_call_are_those_of_the_readers_country(couple, therapist, mara):
    from clients.models import Contact

    for zone, number in (("America/New_York", "911"), ("Europe/London", "999"), ("Europe/Berlin", "112")):
        with home(couple):
            Contact.objects.update_or_create(
                client=mara, defaults={"time_zone": zone, "practice_id": couple.practice_id}
            )
        text = words(of_kind(couple, therapist, kind="closing", audience="partner", partner_id=mara.pk))
        assert f"In danger, now {number}" in text


def test_whoever_says_where_they_live_is_not_guessed_by_their_clock(couple, therapist, mara):
    from clients.models import Contact

    with home(couple):
        said = {"time_zone": "Europe/Berlin", "country": "GB", "practice_id": couple.practice_id}
        Contact.objects.update_or_create(client=mara, defaults=said)
    text = words(of_kind(couple, therapist, kind="closing", audience="partner", partner_id=mara.pk))
    assert "In danger, now 999" in text


def test_an_agreement_that_somebody_took_their_yes_back_from_does_not_hold(couple, therapist, mara, theo):
    version = agree(couple, [mara, theo], "A way out", "Either may say kettle.")
    with home(couple):
        agreements.take_yes_back(version, theo)
    assert "kettle" not in words(of_kind(couple, therapist, kind="closing", audience="clinical"))


def agree(couple: Couple, people: list[Client], title: str, text: str) -> Any:
    with home(couple):
        audience = [one.pk for one in people]
        kept = agreements.begin(
            couple, audience, title=title, text=text, review_on=None, by=people[0], key=uuid.uuid4()
        )
        version = kept.versions.get()
        for one in people[1:]:
            agreements.say_yes(version, one)
        return version


def test_a_part_that_was_not_chosen_is_not_in_it(told, couple, therapist, mara, theo):
    agree(couple, [mara, theo], "A way out", "Either may say kettle.")
    text = words(of_kind(couple, therapist, kind="closing", audience="clinical", parts=("goals", "help")))
    assert "kettle" not in text
    assert "If it gets hard again" in text


def test_days_and_numbers_are_written_in_the_readers_language(couple, therapist, mara):
    enter(couple, mara, therapist, 9, 10, 12, 16)
    about = {"kind": "measure", "audience": "clinical", "measure": "csi4", "partner_id": mara.pk}
    text = words(of_kind(couple, therapist, language="de", **about))
    assert "2. März 2026" in text
