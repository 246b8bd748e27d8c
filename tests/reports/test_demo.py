"""The demo's practice: believable, whole, and made once."""

from __future__ import annotations

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from clients import duty, emergencies, erasing, retaining, supervision
from clients.models import Client, Couple
from exercises import reminders
from exercises.models import Answer, Occurrence, Response
from exercises.vocabulary import Lane
from practice import tenancy, two_people
from practice.models import Membership, Message, Practice
from reports import letterheads, logos, recomputing
from reports.demo import browser, card, filling, people, words
from reports.demo.households import HOUSEHOLDS
from reports.models import Alert, Report, Score, StandingOrder


@pytest.mark.django_db
@pytest.mark.usefixtures("no_printer")
def test_the_demo_is_filled_once_with_all_that_it_promises():
    real_clock = timezone.now
    assert filling.fill()
    assert not filling.fill()
    assert timezone.now is real_clock
    filling.ask_for_reports()
    filling.ask_for_reports()
    assert filling.give_something_small() == people.THEO.name

    now = timezone.now()
    with tenancy.acting(tenancy.as_system(filling.practice_of_demo())):
        assert Practice.objects.get().slug == "willow"
        _every_couple_stands_where_its_story_says()
        _mara_has_something_sealed_and_something_opened(now)
        _nothing_lies_ahead(now)
        assert set(Alert.objects.values_list("client__name", flat=True)) == {"Priya"}
        assert Report.objects.count() == 3
        _mara_finds_a_report_on_the_practices_own_paper()
        _the_owner_has_something_to_answer_for()
        _a_reminder_is_due_in_the_first_minute(now)
    _every_score_is_what_its_answers_give()


def _mara_finds_a_report_on_the_practices_own_paper() -> None:
    mara = Client.objects.get(name=people.MARA.name)
    [handed] = Report.objects.filter(readers__contains=[mara.pk], withdrawn_at=None)
    assert (handed.state, handed.audience) == ("done", "shared")
    assert handed.released_at
    assert StandingOrder.objects.get().couple_id == handed.couple_id
    paper = letterheads.letterhead_of(Practice.objects.get())
    assert paper.colour
    assert logos.redrawn(SimpleUploadedFile("logo.png", paper.logo))
    assert not Message.objects.filter(kind="document", state="planned").exists()


def _the_owner_has_something_to_answer_for() -> None:
    [grant] = supervision.in_force()
    assert (grant.supervisor.name, grant.therapist.name) == (people.AGNES.name, people.SAMIR.name)
    [absence] = duty.absences_ahead(timezone.localdate())
    assert absence.covered_by.name == people.INES.name
    [opened] = emergencies.reviewed(Membership.objects.get(role="owner"))
    assert opened.reviewed_by.name == people.RUTH.name
    waits = retaining.queue(Practice.objects.get())
    assert [one.client.name for one in waits.requests] == ["Hannah"]
    assert [one.client.name for one in waits.held] == ["Wei"]
    with pytest.raises(two_people.CannotBeDone):
        erasing.ask(waits.held[0], "Time is over.", by=grant.granted_by)


def _every_score_is_what_its_answers_give() -> None:
    found = recomputing.check(filling.practice_of_demo())
    assert found.differences == []
    assert found.scores > 300


def _every_couple_stands_where_its_story_says() -> None:
    couples = {str(couple): couple.status for couple in Couple.objects.with_partners()}
    expected = {one.names: (one.then[0] if one.then else Couple.Status.ACTIVE) for one in HOUSEHOLDS}
    assert couples == expected
    assert set(Client.objects.filter(user=None).values_list("name", flat=True)) == {"Oluwaseun", "Freya"}


def _mara_has_something_sealed_and_something_opened(now: datetime.datetime) -> None:
    mara = Client.objects.get(name=people.MARA.name)
    others = Response.objects.filter(lane=Lane.REVEAL, readers__contains=[mara.pk])
    assert others.filter(opens_at__gt=now).exists()
    assert others.filter(opens_at__lte=now).count() > 5
    assert Occurrence.objects.available(now).filter(client=mara).exists()
    weeks = Score.objects.filter(client=mara, series="closeness").dates("at", "week")
    assert len(weeks) >= 11


def _nothing_lies_ahead(now: datetime.datetime) -> None:
    assert not Response.objects.filter(submitted_at__gt=now).exists()
    assert not Score.objects.filter(at__gt=now).exists()
    written = [str(one.text) for one in Answer.objects.all() if one.text]
    assert any("🧀" in text for text in written)
    assert any("لأننا" in text for text in written)


def _a_reminder_is_due_in_the_first_minute(now: datetime.datetime) -> None:
    theo = Client.objects.get(name=people.THEO.name)
    soon = now + datetime.timedelta(minutes=1)
    assert Message.objects.filter(kind=reminders.KIND, person_id=theo.pk, state="planned", due_at__lte=soon).exists()


def test_the_card_fits_one_screen_and_says_how_to_get_in(tmp_path):
    from practice.local.ports import Ports

    text = card.card(Ports(8001, 8025, 8045), tmp_path, "Theo")
    assert len(text.splitlines()) <= 24
    for part in ("http://localhost:8001", people.PASSWORD, people.MARA.email, "/demo/mail/", "RESET=1"):
        assert part in text


def test_what_was_not_written_is_blank():
    assert words.said("Mara", "weekly-state-of-us", "good", 0)
    assert words.said("Mara", "weekly-state-of-us", "good", 999) == ""
    assert words.said("Nobody", "nothing", "none", 0) == ""


def test_production_has_no_demo(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command("demo")


PAGE = b"""
<form action="/a/"><input name="q"><textarea name="why">two
lines</textarea><input type="checkbox" name="no" value="1"><input type="radio" name="lane" value="own" checked>
<select name="nth"><option value="1">one<option value="2" selected>two</select><button name="to" value="x"></form>
<a href="/do/1/">Begin <b>now</b></a><script>"<form>"</script>
"""


def test_a_page_is_read_as_a_browser_reads_it():
    page = browser._page("http://localhost/x/", 200, PAGE)
    assert page.form("why").values == {"q": [""], "why": ["two\nlines"], "lane": ["own"], "nth": ["2"]}
    assert page.link("Begin") == "/do/1/"
    assert "<form>" not in page.text
    with pytest.raises(LookupError, match="unknown"):
        page.form("unknown")
