"""Asking for a report: for whom, what stands in it, how it will look, and a draft of the words to start from."""

from __future__ import annotations

import datetime
import html
import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from exercises.models import Answer
from practice.models import AuditEvent
from reports import drafting, pdf, progress
from reports.editions import clinical_material, partner_material
from reports.kinds import composer_of
from reports.material import Period
from reports.models import Report
from tests.factories import acting_as, signed_in
from tests.reports.factories import NOW, TODAY, Giver, home, weeks
from tests.reports.orders import again, asked, fresh, practice_of, run, wish
from tests.reports.reading import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]
PARTS = [part.key for part in composer_of("progress").parts]


@pytest.fixture
def giver(couple, therapist) -> Giver:
    return Giver(couple, therapist)


@pytest.fixture
def told(giver) -> Giver:
    """Shared answers of both, and private and own ones of each."""
    mara, theo = giver.people
    [check] = giver.give(giver.edition())
    for at, day in enumerate(weeks(6)):
        giver.send(
            check, mara, day, {"closeness": 3 + at % 4, "heard": 5, "note": f"We walked in week {at}, by the sea."}
        )
        giver.send(check, theo, day, {"closeness": 6, "heard": 7})
    for person, word in ((mara, "harbour"), (theo, "lighthouse")):
        for lane in ("private", "own"):
            [apart] = giver.give(giver.edition(title=f"Quiet {word} {lane}"), lane, to=[person])
            giver.send(
                apart, person, weeks(1)[0], {"closeness": 1, "note": f"Only this about the {lane} {word} of mine."}
            )
    return giver


def form(**changes: Any) -> dict[str, Any]:
    whole = {
        "audience": "shared",
        "paper": "a4",
        "parts": PARTS,
        "begins_on": "2026-03-02",
        "ends_on": "2026-05-24",
        "summary": "",
        "request_key": str(uuid.uuid4()),
    }
    return whole | changes


def post(browser, couple, name="report_new", **changes):
    return browser.post(reverse(name, args=[couple.pk]), form(**changes))


def sheet(page: bytes) -> str:
    """The report that a page shows in its frame."""
    found = re.search(r'srcdoc="([^"]*)"', page.decode())
    return html.unescape(found[1]) if found else ""


# ── for whom ─────────────────────────────────────────────────────────────────


def test_an_edition_for_one_holds_what_they_may_read_and_nothing_they_keep_to_themselves(told, couple, mara, theo):
    for person, own, other in ((mara, "harbour", "lighthouse"), (theo, "lighthouse", "harbour")):
        with home(couple):
            found = repr(
                partner_material(fresh(couple), person, Period(TODAY.replace(day=1, month=3), TODAY, couple.zone), NOW)
            )
        assert f"private {own}" in found
        assert f"own {own}" not in found
        assert other not in found
        assert "by the sea" in found


def test_what_one_partner_keeps_back_moves_nothing_in_the_other_ones_edition(giver, couple, mara, theo):
    [check] = giver.give(giver.edition())
    for day in weeks(4):
        giver.send(check, mara, day, {"closeness": 4})
        giver.send(check, theo, day, {"closeness": 6})

    def theos() -> str:
        with home(couple):
            row = Report(couple=couple, **vars_of(wish(audience="partner", partner_id=theo.pk)), reference="R")
            return pdf.render(progress.of_report(row, fresh(couple), practice_of(couple), NOW)).sha256

    before = theos()
    [apart] = giver.give(giver.edition(title="Quiet questions"), "private", to=[mara])
    [journal] = giver.give(giver.edition(title="Journal"), "own", to=[mara])
    for day in weeks(4):
        giver.send(apart, mara, day, {"closeness": 0, "note": "I am thinking of leaving him, and he must not know."})
        giver.send(journal, mara, day, {"closeness": 0})
    assert theos() == before


def vars_of(one) -> dict[str, Any]:
    names = ("begins_on", "ends_on", "audience", "partner_id", "kind", "paper")
    return {name: getattr(one, name) for name in names} | {"language": "en-gb"}


def test_what_an_edition_reads_is_what_the_walls_show_its_reader(told, couple, mara):
    from reports.editions import readable_by

    with acting_as(mara):
        seen = set(Answer.objects.exclude(lane="own").values_list("pk", flat=True))
    with home(couple):
        from django.utils import timezone

        _responses, answers = readable_by(fresh(couple), mara, timezone.now())
        assert set(answers.values_list("pk", flat=True)) == seen


def test_every_page_says_for_whom_it_is(told, couple, therapist, mara):
    for changes, said in (
        ({"audience": "shared"}, "Shared edition, for Mara & Theo"),
        ({"audience": "clinical"}, "Clinical edition, for the treating therapist"),
        ({"audience": "partner", "partner_id": mara.pk}, "For Mara alone, and the therapist"),
    ):
        with home(couple):
            row = asked(couple, therapist, **changes)
            printed = pdf.render(progress.of_report(row, fresh(couple), practice_of(couple), NOW))
        assert words_of(printed).count(said) == printed.pages


def test_after_they_parted_an_own_edition_tells_of_its_reader_alone(told, couple, mara):
    with home(couple):
        type(couple).objects.filter(pk=couple.pk).update(status="separated")
        found = partner_material(fresh(couple), mara, Period(datetime.date(2026, 3, 1), TODAY, couple.zone), NOW)
    assert [one.name for one in found.partners] == ["Mara"]
    assert {one.position for one in found.numbers} == {0}


def test_an_edition_for_one_is_asked_for_by_name(told, couple, therapist, mara):
    assert post(signed_in(therapist), couple, audience=str(mara.pk)).status_code == 302
    with home(couple):
        one = Report.objects.get()
    assert (one.audience, one.partner_id) == ("partner", mara.pk)
    assert run(one).state == "done"


def test_nobody_elses_partner_can_be_asked_for(couple, therapist, practice):
    from tests.factories import make_couple

    stranger = make_couple(practice, ("Ola", "Per"), therapist=therapist).clients[0]
    answer = post(signed_in(therapist), couple, audience=str(stranger.pk))
    assert answer.status_code == 422
    assert "Choose one of the editions" in answer.content.decode()


# ── what stands in it ────────────────────────────────────────────────────────


def test_only_what_was_chosen_stands_in_it(told, couple, therapist):
    post(signed_in(therapist), couple, parts=["series", "next"])
    with home(couple):
        one = Report.objects.get()
        assert one.parts == ["series", "next"]
        said = progress.of_report(one, fresh(couple), practice_of(couple), NOW)
    assert said.series
    assert said.next
    assert (said.quotes, said.doing, said.headlines) == ((), None, ())


def test_everything_chosen_names_nothing(told, couple, therapist):
    post(signed_in(therapist), couple)
    with home(couple):
        assert Report.objects.get().parts == []


def test_nothing_chosen_is_refused_and_nothing_is_lost(couple, therapist):
    answer = post(signed_in(therapist), couple, parts=[], summary="My long thought.")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Choose at least one part." in text
    assert "My long thought." in text


def test_a_double_click_asks_once(couple, therapist, bells):
    browser, key = signed_in(therapist), str(uuid.uuid4())
    first, second = (post(browser, couple, request_key=key) for _click in range(2))
    assert first.url == second.url
    with home(couple):
        assert Report.objects.count() == 1


# ── the preview ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["report_preview", "report_draft"])
@pytest.mark.parametrize("audience", ["clinical", "shared"])
def test_b123_looking_at_a_report_before_it_is_made_is_written_down(name, audience, told, couple, therapist):
    browser = signed_in(therapist)
    assert post(browser, couple, name, audience=audience).status_code == 200
    with home(couple):
        lines = AuditEvent.objects.filter(act="opened").values_list("subject", "couple_id")
        assert list(lines) == [("clients_couple", couple.pk)]


def test_the_preview_is_the_paper_itself_and_writes_nothing_but_that_somebody_looked(told, couple, therapist):
    def rows() -> list[int]:
        with home(couple), connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM reports_report), "
                "(SELECT count(*) FROM practice_auditevent WHERE act <> 'opened')"
            )
            return list(cursor.fetchone())

    browser, before = signed_in(therapist), rows()
    page = post(browser, couple, "report_preview", summary="You came a long way.")
    shown = sheet(page.content)
    assert "You came a long way." in shown
    assert "By the sea" not in shown
    assert "by the sea" in shown
    assert "report:" not in re.sub(r"<style.*?</style>", "", shown)
    assert rows() == before


def test_the_preview_follows_the_choice(told, couple, therapist, mara):
    browser = signed_in(therapist)
    assert "harbour" not in sheet(post(browser, couple, "report_preview").content)
    assert "harbour" in sheet(post(browser, couple, "report_preview", audience=str(mara.pk)).content)
    assert "lighthouse" in sheet(post(browser, couple, "report_preview", audience="clinical").content)
    without = sheet(post(browser, couple, "report_preview", parts=["series"]).content)
    assert "by the sea" not in without


def test_the_preview_of_bad_input_says_what_is_wrong(couple, therapist):
    page = post(signed_in(therapist), couple, "report_preview", begins_on="soon")
    assert page.status_code == 200
    assert "This is not a day" in page.content.decode()
    assert not sheet(page.content)


def test_words_in_a_preview_stay_words(couple, therapist):
    page = post(signed_in(therapist), couple, "report_preview", summary="<img src=x onerror=alert(1)>")
    assert "<img src=x" not in sheet(page.content)
    assert "&lt;img src=x" in sheet(page.content)


def test_without_script_a_button_shows_it_first(told, couple, therapist):
    page = post(signed_in(therapist), couple, look="1", summary="Mine.")
    assert page.status_code == 200
    assert "Mine." in sheet(page.content)
    with home(couple):
        assert not Report.objects.exists()


def test_marks_of_the_preview_are_those_of_the_paper():
    import base64
    from pathlib import Path

    from reports.pictures import mark_pictures

    text = (Path(pdf.__file__).parent / "static" / "reports" / "preview.css").read_text("utf-8")
    for body, _kind in mark_pictures().values():
        assert base64.b64encode(body).decode() in text


# ── the draft ────────────────────────────────────────────────────────────────


def test_a_draft_is_of_its_edition_alone(told, couple, therapist, mara):
    browser = signed_in(therapist)
    shared = post(browser, couple, "report_draft").content.decode()
    assert "Mara said" in shared
    assert "Theo said" in shared
    assert "due in this time" not in shared
    assert "were sent" in post(browser, couple, "report_draft", audience="clinical").content.decode()


def test_a_draft_never_replaces_what_was_written(told, couple, therapist):
    browser = signed_in(therapist)
    page = post(browser, couple, "report_draft", summary="My own beginning.").content.decode()
    assert "My own beginning." in page
    assert page.index("My own beginning.") < page.index("Mara said")
    filled = html.unescape(re.search(r"<textarea[^>]*>\s*(.*?)</textarea>", page, re.DOTALL)[1])  # type: ignore[index]
    again_page = post(browser, couple, "report_draft", summary=filled).content.decode()
    assert again_page.count("Mara said") == page.count("Mara said")


def test_where_nothing_can_be_said_the_draft_is_empty_and_says_so(couple, therapist):
    page = post(signed_in(therapist), couple, "report_draft").content.decode()
    assert "nothing yet that a draft could say" in page


def measured(couple, therapist, client, key: str, first: int, last: int) -> str:
    """The draft of a clinical report on two scores that were entered from paper."""
    from exercises.models import MeasureEntry

    with home(couple):
        for day, total in ((TODAY - datetime.timedelta(days=60), first), (TODAY, last)):
            MeasureEntry.objects.create(
                couple=couple, client=client, measure=key, definition_version="1", total=total, taken_on=day,
                entered_by=therapist,
            )  # fmt: skip
        period = Period(TODAY - datetime.timedelta(days=83), TODAY, couple.zone)
        return drafting.draft(clinical_material(fresh(couple), period, NOW))


@pytest.mark.parametrize(
    ("key", "first", "last", "said"),
    [
        ("phq9", 17, 9, "That is lower than at the start."),
        ("phq9", 8, 15, "That is higher than at the start."),
        ("phq9", 12, 10, "That is about the same as at the start."),
        ("k10", 40, 12, ""),
    ],
)
def test_a_draft_compares_only_by_a_published_threshold(couple, therapist, mara, key, first, last, said):
    text = measured(couple, therapist, mara, key, first, last)
    assert f"{first} at the start, {last} now." in text
    assert (said in text) if said else ("That is" not in text)


def test_a_draft_has_no_word_of_judgement(told, couple, therapist):
    browser = signed_in(therapist)
    for audience in ("shared", "clinical"):
        text = post(browser, couple, "report_draft", audience=audience).content.decode().lower()
        drafted = re.search(r"<textarea[^>]*>(.*?)</textarea>", text, re.DOTALL)
        assert drafted
        for word in ("better", "worse", "improv", "fail", "deteriorat", "distress", "rising", "falling"):
            assert word not in drafted[1]


# ── the cost ─────────────────────────────────────────────────────────────────


def test_a_preview_costs_the_same_for_little_and_for_much(giver, couple, therapist, django_assert_max_num_queries):
    browser = signed_in(therapist)
    [check] = giver.give(giver.edition())
    for count in (2, 10):
        for day in weeks(count)[count - 2 :]:
            giver.send(check, giver.people[0], day, {"closeness": 5, "note": "Something that was said aloud."})
        # What may be shown of measures is one of them; what metrics are counted from are the rest beyond thirty.
        with django_assert_max_num_queries(29):
            assert post(browser, couple, "report_preview").status_code == 200


def test_a_finished_report_tells_where_its_words_may_be_forgotten(couple, therapist):
    report = again(asked(couple, therapist))
    page = signed_in(therapist).get(report.get_absolute_url()).content.decode()
    assert f'data-kept="{therapist.pk}:{reverse("report_new", args=[couple.pk])}"' in page
