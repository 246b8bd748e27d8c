"""The pages around what partners keep: files, days of a shared page, agreements, programs; and what they cost."""

from __future__ import annotations

import datetime
from contextlib import nullcontext

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from time_machine import travel

from exercises import agreements, answering, attachments, breaks, feedback, journal, lanes, program_days, programs
from exercises.feedback import Said
from exercises.models import Agreement, Attachment, Occurrence, Program, ProgramRun
from exercises.vocabulary import Lane
from practice.ids import uuid7
from practice.sensors import MICROPHONE, NONE
from tests.exercises.given import NEAR, as_attune, give
from tests.exercises.test_many import filled
from tests.factories import acting_as, make_couple, signed_in
from tests.world_kept import a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_minute_ago")]


PICTURE = "Our garden in the rain"


def send(author, occurrence, *, words: str = "", at: datetime.datetime | None = None) -> None:
    with travel(at) if at else nullcontext(), acting_as(author):
        mine = Occurrence.objects.get(pk=occurrence.pk)
        if words:
            attachments.add_to_draft(mine, author, a_picture("IMG_20261102_1830.png"), words)
        answering.submit(mine, author=author, raw=NEAR)


def page(who, path: str) -> str:
    answer = signed_in(who).get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


# ── files ────────────────────────────────────────────────────────────────────


def test_what_came_with_an_answer_stands_wherever_the_answer_is_read(couple, therapist, mara, theo):
    hers = give(couple, therapist, "shared")[0]
    send(mara, hers, words=PICTURE)
    with as_attune(couple):
        response = hers.responses.get()
    assert f'alt="{PICTURE}"' in page(therapist, f"/desk/couples/{couple.pk}/answers/{response.pk}/")
    assert f'alt="{PICTURE}"' in page(theo, f"/together/{hers.pk}/")
    assert f'alt="{PICTURE}"' in page(theo, f"/together/of/{hers.assignment_id}/")


def test_what_came_with_a_private_answer_stands_on_the_private_page_alone(couple, therapist, mara, theo):
    hers = give(couple, therapist, "private", to=[mara])[0]
    send(mara, hers, words=PICTURE)
    with as_attune(couple):
        response = hers.responses.get()
    path = f"/desk/couples/{couple.pk}/answers/{response.pk}/"
    assert PICTURE in page(therapist, f"{path}private/")
    assert signed_in(therapist).get(path).status_code == 404
    assert signed_in(theo).get(f"/together/{hers.pk}/").status_code == 404


def test_a_cameras_name_is_forgotten_and_a_documents_is_kept(couple, therapist, mara):
    occurrence = give(couple, therapist, "shared")[0]
    pdf = SimpleUploadedFile("C:\\scans\\letter to us.pdf", a_pdf(), "application/pdf")
    with acting_as(mara):
        mine = Occurrence.objects.get(pk=occurrence.pk)
        names = [attachments.add_to_draft(mine, mara, one).name for one in (a_picture("IMG_20261102.png"), pdf)]
    assert names == ["", "letter to us.pdf"]


def a_pdf() -> bytes:
    import io

    import pikepdf

    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(out)
    return out.getvalue()


def test_a_therapists_file_is_put_on_the_plan_and_met_before_starting(couple, therapist, mara, colleague):
    hers = give(couple, therapist, "shared")[0]
    plan = f"/desk/couples/{couple.pk}/practice/{hers.assignment_id}/"
    browser = signed_in(therapist)
    added = browser.post(f"{plan}files/", {"file": a_picture(), "words": "Two chairs", "next": plan})
    assert (added.status_code, added["Location"]) == (302, plan)
    assert "Two chairs" in page(therapist, plan)
    assert "Two chairs" in page(mara, f"/do/{hers.pk}/")
    with as_attune(couple):
        one = Attachment.objects.get()
    away = f"/desk/couples/{couple.pk}/files/{one.pk}/take-away/"
    assert signed_in(colleague).post(away).status_code == 404
    assert browser.post(away, {"next": "https://elsewhere.example/"})["Location"].startswith("/desk/")
    assert "Two chairs" not in page(mara, f"/do/{hers.pk}/")


def test_only_a_page_that_can_record_may_ask_for_the_microphone(couple, therapist, mara):
    hers = give(couple, therapist, "shared")[0]
    browser = signed_in(mara)
    assert browser.get(f"/do/{hers.pk}/check/")["Permissions-Policy"] == MICROPHONE
    assert browser.get(f"/do/{hers.pk}/")["Permissions-Policy"] == NONE
    assert browser.get("/together/")["Permissions-Policy"] == NONE


# ── day by day ───────────────────────────────────────────────────────────────


def test_all_of_it_is_offered_from_the_second_round_on(couple, therapist, mara, theo):
    first = give(couple, therapist, "shared")[0]
    send(mara, first)
    link = f"/together/of/{first.assignment_id}/"
    assert link not in page(theo, f"/together/{first.pk}/")
    later = give(couple, therapist, "shared", assignment=first.assignment, slot="2026-11-30T20:00")
    send(mara, next(one for one in later if one.client_id == mara.pk))
    assert link in page(theo, f"/together/{first.pk}/")
    assert "data-print" in page(theo, link)


def test_what_is_ready_to_open_keeps_its_moment(couple, therapist, mara, theo):
    hers, his = give(couple, therapist, "reveal", reveals_at=timezone.now() + datetime.timedelta(hours=1))
    send(mara, hers)
    send(theo, his)
    with as_attune(couple):
        lanes.set_reveal([hers.pk, his.pk], timezone.now() - datetime.timedelta(seconds=1), timezone.now())
    together = page(mara, "/together/")
    assert "Ready to open" in together
    assert "Nothing has opened yet" not in together
    assert signed_in(mara).get(f"/together/of/{hers.assignment_id}/").status_code == 404
    signed_in(mara).post(f"/together/{hers.pk}/open/")
    assert "Tea in the morning" in page(mara, f"/together/of/{hers.assignment_id}/")


# ── agreements ───────────────────────────────────────────────────────────────


def test_what_is_due_for_another_look_is_named(couple, mara, theo):
    with acting_as(mara):
        made = agreements.begin(
            couple, [one.pk for one in couple.clients], title="Phones", text="Off at nine",
            review_on=timezone.localdate(), by=mara, key=uuid7(),
        )  # fmt: skip
    assert "Time to look at it again" not in page(mara, "/together/")
    with acting_as(theo):
        agreements.say_yes(made.versions.get(), theo)
    assert "Time to look at it again" in page(mara, "/together/")


def test_only_its_author_lets_a_proposal_go_and_what_held_holds_on(couple, mara, theo):
    with acting_as(mara):
        made = agreements.begin(
            couple, [one.pk for one in couple.clients], title="Phones", text="Off at nine", review_on=None, by=mara,
            key=uuid7(),
        )  # fmt: skip
    away = f"/together/agreements/{made.pk}/put-away/"
    assert signed_in(theo).post(away).status_code == 404
    with acting_as(theo):
        agreements.say_yes(made.versions.get(), theo)
        agreements.propose(made, text="Off at ten", review_on=None, by=theo)
    assert signed_in(mara).post(away).status_code == 404
    assert "holds on" in signed_in(theo).post(away, follow=True).content.decode()
    assert signed_in(theo).post(away).status_code == 404, "what holds is not put away"
    assert "Off at nine" in page(mara, f"/together/agreements/{made.pk}/")


def test_a_proposal_nobody_took_up_leaves_the_list(couple, mara):
    with acting_as(mara):
        made = agreements.begin(
            couple, [one.pk for one in couple.clients], title="Phones", text="Off", review_on=None, by=mara, key=uuid7()
        )
    answer = signed_in(mara).post(f"/together/agreements/{made.pk}/put-away/", follow=True)
    assert "Put away" in answer.content.decode()
    assert signed_in(mara).get(f"/together/agreements/{made.pk}/").status_code == 404


def test_what_was_settled_in_an_exercise_becomes_an_agreement_that_breaks_know(couple, therapist, mara, theo):
    questions = [{"key": "how", "type": "long_text", "label": "How we pause"}]
    (joint,) = give(couple, therapist, "joint", questions, kind="agreement", slug=breaks.AGREED_IN, title="Our pause")
    with acting_as(mara):
        answering.submit(Occurrence.objects.get(pk=joint.pk), author=mara, raw={"how": ["We say kettle"]})
    address = f"/together/agreements/new/?from={joint.pk}"
    assert address in page(theo, f"/together/{joint.pk}/")
    form = page(theo, address)
    assert "We say kettle" in form
    signed_in(theo).post(
        "/together/agreements/new/",
        {"key": str(uuid7()), "settled_in": str(joint.pk), "title": "Our pause", "text": "We say kettle"},
    )
    with as_attune(couple):
        made = Agreement.objects.get()
        assert made.occurrence_id == joint.pk
    with acting_as(mara):
        agreements.say_yes(made.versions.get(), mara)
        assert breaks.agreed(couple.pk).words == "We say kettle"


@pytest.mark.parametrize("asked", ["nonsense", "00000000-0000-7000-8000-000000000000"])
def test_an_agreement_from_nothing_one_may_read_is_not_found(couple, mara, asked):
    assert signed_in(mara).get(f"/together/agreements/new/?from={asked}").status_code == 404


# ── programs ─────────────────────────────────────────────────────────────────


def begin_program(couple, therapist, ago: int = 0, key=None, people=None) -> ProgramRun:
    with travel(timezone.now() - datetime.timedelta(days=ago)), acting_as(therapist):
        program = Program.objects.get(slug="digital-distraction-reset")
        return programs.begin(
            programs.Start(
                couple=couple, program=program, content={**programs.plan_of(program), "why": "To begin with"},
                clients=tuple(people or (one.pk for one in couple.clients)), starts_on=timezone.localdate(),
                at=datetime.time(18), key=key or uuid7(),
            ), by=therapist,
        )  # fmt: skip


def test_partners_read_which_week_it_is_and_the_desk_that_it_stands_still(couple, therapist, mara):
    begin_program(couple, therapist, ago=6)
    assert "Week 1 of 4: Look" in page(mara, "/today/")
    assert "Week 1 of 4: Look" in page(mara, "/together/")
    assert "stands still" in page(therapist, f"/desk/couples/{couple.pk}/")
    assert "stands still in week 1 of 4" in page(therapist, "/desk/")


def test_a_program_of_one_partner_is_unknown_to_the_other(couple, therapist, mara, theo):
    before = page(theo, "/together/"), page(theo, "/today/")
    begin_program(couple, therapist, people=[mara.pk])
    with acting_as(theo):
        assert program_days.along([couple.pk]) == []
    assert [len(one) for one in (page(theo, "/together/"), page(theo, "/today/"))] == [len(one) for one in before]


def test_the_minutes_of_a_program_are_counted_again_and_nothing_begins(couple, therapist):
    path = f"/desk/couples/{couple.pk}/programs/begin/digital-distraction-reset/"
    all_of_it = signed_in(therapist).get(path).context["minutes"]
    answer = signed_in(therapist).post(path, {"count": "1", "week0": []})
    assert answer.status_code == 200
    assert answer.context["minutes"][1] == 0 < all_of_it[1]
    with as_attune(couple):
        assert not ProgramRun.objects.exists()


# ── what the pages cost ──────────────────────────────────────────────────────


def cost(who, method: str, path: str, data=None) -> int:
    browser = signed_in(who)
    ask = getattr(browser, method)
    ask(path, data) if data else ask(path)  # what is made once a process is made
    with CaptureQueriesContext(
        connection,
    ) as caught:
        answer = ask(path, data) if data else ask(path)
    assert answer.status_code == 200, answer.status_code
    return len(caught)


def keep_something(couple, therapist, mara, theo) -> None:
    """One of everything that stands on the couple's pages."""
    everybody = [one.pk for one in couple.clients]
    hers, his = give(couple, therapist, "shared")
    send(mara, hers, words=PICTURE)
    send(theo, his)
    with acting_as(mara):
        mine = Occurrence.objects.select_related("assignment").get(pk=hers.pk)
        feedback.give(mine, mara, Said(extent="mostly", show=True, words="Fine", win="We laughed"))
        entry = journal.begin(mara, couple.pk, "For you", uuid7())
        attachments.add_to_journal(entry, a_picture(), "A picture")
        journal.release(entry, Lane.SHARED, everybody)
        agreements.begin(couple, everybody, title="Phones", text="Off", review_on=None, by=mara, key=uuid7())


def test_pages_cost_the_same_for_one_of_everything_and_for_many(couple, therapist, mara, theo):
    asked = [
        (theo, "/together/", 42), (theo, "/space/", 28), (therapist, f"/desk/couples/{couple.pk}/kept/", 38),
    ]  # fmt: skip
    keep_something(couple, therapist, mara, theo)
    one = [cost(who, "get", path) for who, path, _most in asked]
    for _ in range(3):
        keep_something(couple, therapist, mara, theo)
    many = [cost(who, "get", path) for who, path, _most in asked]
    assert many == one
    assert [n <= most for n, (_who, _path, most) in zip(one, asked, strict=True)] == [True] * 3, one


def test_a_day_by_day_page_costs_the_same_for_two_rounds_and_for_many(couple, therapist, mara, theo):
    hers, _his = give(couple, therapist, "shared")
    send(mara, hers, words=PICTURE)
    path = f"/together/of/{hers.assignment_id}/"
    one = cost(theo, "get", path)
    for number in range(4):
        later = give(couple, therapist, "shared", assignment=hers.assignment, slot=f"2026-12-0{number + 1}T20:00")
        send(mara, next(one for one in later if one.client_id == mara.pk), words=PICTURE)
    assert cost(theo, "get", path) == one <= 38


def test_a_run_costs_the_same_in_its_first_week_and_its_last(couple, therapist):
    run = begin_program(couple, therapist, ago=40)
    path = f"/desk/couples/{couple.pk}/programs/{run.pk}/"
    first = cost(therapist, "get", path)
    with as_attune(couple):
        for _ in range(3):
            ProgramRun.objects.filter(pk=run.pk).update(week_opened_at=timezone.now() - datetime.timedelta(days=8))
            programs.open_what_is_due(ProgramRun.objects.get(pk=run.pk), timezone.now())
    assert cost(therapist, "get", path) <= first <= 32


def test_the_same_to_many_couples_costs_a_little_for_each(practice, couple, therapist):
    path = f"/desk/couples/{couple.pk}/assign/others/"
    one = cost(therapist, "post", path, filled())
    for number in range(4):
        make_couple(practice, (f"Ada{number}", f"Bo{number}"), therapist=therapist)
    assert cost(therapist, "post", path, filled()) - one <= 4 * 16
