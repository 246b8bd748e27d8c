"""What partners keep, on real screens: a page of one's own, how it went, an agreement, a voice, a program."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clients.models import Appointment
from exercises import answering, journal
from exercises.models import Agreement, Attachment, Feedback, JournalEntry, Occurrence, ProgramRun
from practice.ids import uuid7
from tests.browser.conftest import DESK, PHONE, chromium_path
from tests.exercises.given import as_attune, give
from tests.factories import acting_as, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TALL = {"width": PHONE["width"], "height": 1600}


def test_a_page_written_offline_is_saved_handed_over_and_read(couple, mara, theo, screen_of, axe, fits):
    page = screen_of(mara, TALL)
    page.goto("/space/")
    axe(page)
    page.get_by_role("link", name="Write something").click()
    page.wait_for_url("**/space/new/")
    axe(page)
    page.context.set_offline(True)
    page.get_by_label("What is on your mind").fill("The lentils, and how we laughed.")
    expect(page.get_by_text("Kept on this phone, not saved yet.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("What is on your mind")).to_have_value("The lentils, and how we laughed.")
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("Saved at")).to_be_visible()
    with as_attune(couple):
        assert JournalEntry.objects.count() == 1
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Hand this page over")).to_be_visible()
    expect(page.get_by_label("What is on your mind")).to_have_value("The lentils, and how we laughed.")
    axe(page)
    fits(page)
    page.get_by_role("button", name="Hand it to everybody").click()
    expect(page.get_by_text("Handed over.")).to_be_visible()
    axe(page)

    his = screen_of(theo, TALL)
    his.goto("/together/")
    his.get_by_role("link", name="A page from Mara").click()
    his.get_by_role("button", name="Open it").click()
    expect(his.get_by_text("The lentils, and how we laughed.")).to_be_visible()
    axe(his)
    fits(his)
    page.reload()
    expect(page.get_by_text("It has been read.")).to_be_visible()
    expect(page.get_by_role("button", name="Take it back")).to_have_count(0)


def test_two_phones_meet_on_one_page_and_both_texts_are_there(couple, mara, screen_of, axe):
    with acting_as(mara):
        entry = journal.begin(mara, couple.pk, "At first.", uuid7())
    one, other = screen_of(mara, TALL), screen_of(mara, TALL)
    for screen in (one, other):
        screen.goto(f"/space/{entry.pk}/")
    one.context.set_offline(True)
    one.get_by_label("What is on your mind").fill("Written on the train.")
    expect(one.get_by_text("Kept on this phone, not saved yet.")).to_be_visible()
    other.get_by_label("What is on your mind").fill("Written at home.")
    expect(other.get_by_text("Saved at")).to_be_visible()
    one.context.set_offline(False)
    one.reload()
    expect(one.get_by_label("What is on your mind")).to_have_value("Written on the train.")
    expect(one.get_by_text("This page was changed somewhere else.")).to_be_visible()
    one.get_by_role("button", name="Save").click()
    expect(one.get_by_role("heading", name="This page was changed somewhere else")).to_be_visible()
    expect(one.get_by_text("Written at home.")).to_be_visible()
    expect(one.get_by_label("What is on your mind")).to_have_value("Written on the train.")
    axe(one)
    one.get_by_label("What is on your mind").fill("Written at home, and on the train.")
    one.get_by_role("button", name="Save").click()
    expect(one.get_by_role("heading", name="This page was changed somewhere else")).to_have_count(0)
    with as_attune(couple):
        assert JournalEntry.objects.get().text == "Written at home, and on the train."


def test_a_voice_note_is_recorded_listened_to_and_kept(chromium, couple, mara, live_server, axe):
    browser = chromium.browser_type.launch(
        executable_path=chromium_path(),
        args=["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
    )
    try:
        context = browser.new_context(viewport=TALL, base_url=live_server.url, permissions=["microphone"])  # type: ignore[arg-type]
        cookie = signed_in(mara).cookies["session"]
        context.add_cookies([{"name": "session", "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.goto("/space/new/")
        page.get_by_label("What is on your mind").fill("Too tired to write.")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Add a picture, a voice note or a file").click()
        axe(page)
        page.get_by_role("button", name="Record a voice note").press("Enter")
        expect(page.get_by_role("timer")).to_contain_text("of 10:00")
        expect(page.get_by_role("timer")).to_contain_text("0:01")
        page.get_by_role("button", name="Stop").press("Enter")
        expect(page.get_by_label("What you recorded")).to_be_visible()
        expect(page.locator("[data-recorder] audio")).not_to_have_js_property("readyState", 0)
        page.get_by_role("button", name="Discard it").click()
        page.get_by_role("button", name="Record a voice note").click()
        expect(page.get_by_role("timer")).to_contain_text("0:01")
        page.get_by_role("button", name="Stop").click()
        page.get_by_label("What it is, in a few words").fill("What I could not write")
        page.get_by_role("button", name="Keep it").click()
        expect(page.get_by_label("What I could not write")).to_be_visible()
        axe(page)
        page.get_by_label("What I could not write").evaluate("one => { one.muted = true; return one.play(); }")
        with as_attune(couple):
            assert Attachment.objects.get().kind == "audio"
    finally:
        browser.close()


def test_after_sending_one_says_how_it_went(couple, therapist, mara, screen_of, axe, fits):
    hers = give(couple, therapist, "shared")[0]
    with acting_as(mara):
        answering.submit(Occurrence.objects.get(pk=hers.pk), author=mara, raw={"near": ["7"], "good": ["Tea"]})
    page = screen_of(mara, {"width": 390, "height": 3000})
    page.goto(f"/do/{hers.pk}/sent/")
    page.get_by_role("link", name="How did it go?").click()
    axe(page)
    fits(page)
    page.get_by_label("Mostly").check()
    page.get_by_role("group", name="How useful was it?").get_by_label("8", exact=True).check()
    page.get_by_label("It was too hard just now").check()
    page.get_by_label("Something small that went well").fill("He put the kettle on.")
    page.get_by_label("Show this to Theo, too").check()
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/today/")
    expect(page.get_by_text("Thank you. That helps")).to_be_visible()
    with as_attune(couple):
        said = Feedback.objects.get()
        assert (said.extent, said.usefulness, said.obstacles, said.lane) == ("mostly", 8, ["hard"], "shared")
    page.goto("/together/")
    expect(page.get_by_text("He put the kettle on.")).to_be_visible()
    desk = screen_of(therapist, DESK)
    desk.goto(f"/desk/couples/{couple.pk}/kept/")
    expect(desk.get_by_text("Mostly. Useful: 8 of 10.")).to_be_visible()
    axe(desk)
    fits(desk)


def test_an_agreement_is_proposed_on_one_phone_and_holds_on_the_other(couple, mara, theo, screen_of, axe, fits):
    hers, his = screen_of(mara, TALL), screen_of(theo, TALL)
    hers.goto("/together/")
    hers.get_by_role("link", name="Write down an agreement").click()
    axe(hers)
    hers.get_by_role("button", name="Propose it").click()
    expect(hers.get_by_role("link", name="Please write down what you agree on.")).to_be_visible()
    axe(hers)
    hers.get_by_label("What it is about").fill("Evenings")
    hers.get_by_label("What we agree on").fill("Phones stay in the hall after nine.")
    hers.get_by_role("button", name="Propose it").click()
    expect(hers.get_by_role("heading", level=1, name="Evenings")).to_be_visible()
    expect(hers.get_by_text("You said yes.")).to_be_visible()
    axe(hers)
    fits(hers)
    his.goto("/together/")
    his.get_by_role("link", name="Evenings").click()
    expect(his.get_by_text("Mara wrote this.")).to_be_visible()
    expect(his.get_by_role("button", name="Let this proposal go")).to_have_count(0)
    his.get_by_role("button", name="Yes, I agree").click()
    expect(his.get_by_role("heading", name="What you agreed on")).to_be_visible()
    axe(his)
    hers.reload()
    expect(hers.get_by_text("Everybody said yes.")).to_be_visible()
    his.get_by_role("link", name="Propose other words").click()
    his.get_by_label("What we agree on").fill("Phones stay in the hall after ten.")
    his.get_by_role("button", name="Propose it").click()
    expect(his.get_by_role("heading", name="A change is proposed")).to_be_visible()
    his.get_by_role("button", name="Let this proposal go").click()
    expect(his.get_by_text("Phones stay in the hall after nine.")).to_be_visible()
    his.get_by_role("button", name="Take my yes back").click()
    expect(his.get_by_role("button", name="Yes, I agree")).to_be_visible()
    with as_attune(couple):
        assert Agreement.objects.get().versions.count() == 2


def test_a_program_begins_on_the_desk_and_its_first_week_is_met_on_the_phone(
    couple, therapist, mara, screen_of, axe, fits
):
    with as_attune(couple):
        Appointment.objects.create(couple=couple, starts_at=timezone.now() + datetime.timedelta(days=5), minutes=50)
    desk = screen_of(therapist, {"width": 1280, "height": 2600})
    desk.goto("/desk/programs/")
    axe(desk)
    desk.get_by_role("link", name="Four weeks with fewer interruptions").click()
    axe(desk)
    fits(desk)
    desk.get_by_role("link", name="Mara & Theo").click()
    axe(desk)
    fits(desk)
    counted = desk.locator("#minutes dd").first
    before = counted.inner_text()
    with desk.expect_response(lambda answer: answer.request.method == "POST"):
        desk.get_by_role("group", name="What is in it").nth(1).get_by_role("checkbox").first.uncheck()
    expect(counted).not_to_have_text(before)
    desk.get_by_role("button", name="Begin the program").click()
    expect(desk.get_by_role("link", name="Please write one line")).to_be_visible()
    expect(desk.get_by_role("group", name="What is in it").nth(1).get_by_role("checkbox").first).not_to_be_checked()
    axe(desk)
    desk.get_by_label("One line, in your own words").fill("To have your evenings back")
    desk.get_by_label("First day").fill(timezone.localdate().isoformat())
    desk.get_by_role("button", name="Begin the program").click()
    expect(desk.get_by_role("heading", level=1, name="Four weeks with fewer interruptions")).to_be_visible()
    expect(desk.get_by_text("Week 1 of 4")).to_be_visible()
    axe(desk)
    fits(desk)
    with as_attune(couple):
        assert ProgramRun.objects.get().week == 1
    phone = screen_of(mara, TALL)
    phone.goto("/today/")
    expect(phone.get_by_text("Week 1 of 4: Look")).to_be_visible()
    axe(phone)
    desk.get_by_role("button", name="Give this week seven more days").click()
    expect(desk.get_by_text("This week lasts a week longer.")).to_be_visible()
    expect(desk.get_by_text("14 days")).to_be_visible()
