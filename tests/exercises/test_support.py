"""Help while somebody answers: at once or as a quiet line, before anything is sent, and nowhere else."""

from __future__ import annotations

import datetime
import re

import pytest
from time_machine import travel

from clients.models import Contact
from exercises.models import Occurrence
from practice.models import Practice
from tests.exercises.given import give
from tests.factories import acting_as, inside, signed_in

pytestmark = pytest.mark.django_db

HARM = {
    "key": "harm", "type": "yes_no", "label": "I have thought of hurting myself", "private": True, "flag_if": "yes",
}  # fmt: skip
FEAR = {"key": "fear", "type": "yes_no", "label": "I am afraid at home", "private": True, "flag_if": "yes"}
CALM = [{"key": f"calm{n}", "type": "yes_no", "label": f"A calm question {n}"} for n in range(6)]

HELP = "You do not have to be alone with this"
LINE = "Support options"
NIGHT = datetime.datetime(2026, 11, 24, 23, 0, tzinfo=datetime.UTC)
NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)


def shown(page) -> str:
    """What can be seen: without what is hidden."""
    text = page.content.decode()
    return re.sub(r"<section[^>]*data-support[^>]*hidden>[\s\S]*?</section>", "", text)


@pytest.fixture
def asked(couple, therapist):
    """Give a form on several pages, and return the address of a partner's."""

    def form(client, *questions) -> str:
        rows = give(couple, therapist, "private", list(questions))
        with acting_as(client):
            return f"/do/{Occurrence.objects.get(pk__in=[one.pk for one in rows]).pk}/"

    return form


def send(browser, at, number, key, value, **more):
    page = browser.get(f"{at}{number}/").content.decode()
    version = re.search(r'name="base_version" value="(\d+)"', page)
    said = {"question": key, key: value, "base_version": version[1] if version else "0", "to": "next", **more}
    return browser.post(f"{at}{number}/", said)


def test_b155_help_for_self_harm_is_there_as_soon_as_it_is_marked_and_once_in_the_way(mara, asked):
    at, browser = asked(mara, HARM, *CALM), signed_in(mara)
    assert HELP not in shown(browser.get(f"{at}1/"))
    stays = send(browser, at, 1, "harm", "yes")
    assert stays.url == f"{at}1/#support"
    page = shown(browser.get(f"{at}1/"))
    assert HELP in page
    assert "116 123" in page
    assert send(browser, at, 1, "harm", "yes").url == f"{at}2/", "it stands in the way once"


def test_a_harmless_answer_and_going_back_or_stopping_meet_nothing(mara, asked):
    at, browser = asked(mara, *CALM, HARM), signed_in(mara)
    assert send(browser, at, 7, "harm", "no").url == f"{at}check/"
    assert send(browser, at, 7, "harm", "yes", to="stop").url == "/today/"
    with_back = send(browser, at, 7, "harm", "yes", to="back")
    assert with_back.url == f"{at}6/"


def test_it_leaves_no_trace_on_the_next_page_the_check_page_or_after_sending(mara, asked):
    at, browser = asked(mara, HARM, *CALM), signed_in(mara)
    quiet = [shown(browser.get(f"{at}{page}")) for page in ("2/", "check/")]
    send(browser, at, 1, "harm", "yes")
    loud = [shown(browser.get(f"{at}{page}")) for page in ("2/", "check/")]
    for before, after in zip(quiet, loud, strict=True):
        assert HELP not in after
        assert "116 123" not in after
        assert ("Support" in before) == ("Support" in after)
    browser.post(f"{at}send/")
    assert HELP not in shown(browser.get(f"{at}sent/"))


def test_taking_the_mark_back_takes_the_help_away(mara, asked):
    at, browser = asked(mara, HARM, *CALM), signed_in(mara)
    send(browser, at, 1, "harm", "yes")
    send(browser, at, 1, "harm", "no")
    assert HELP not in shown(browser.get(f"{at}1/"))


def test_fear_of_a_partner_is_a_quiet_line_that_is_the_same_whatever_was_answered(mara, asked):
    at, browser = asked(mara, FEAR, *CALM), signed_in(mara)
    before = shown(browser.get(f"{at}1/"))
    assert LINE in before
    assert "<details" in before
    assert "0808 2000 247" in before
    assert send(browser, at, 1, "fear", "yes").url == f"{at}2/", "nothing stands in the way"
    after = shown(browser.get(f"{at}1/"))
    assert HELP not in after
    assert after.count(LINE) == before.count(LINE) == 1
    assert LINE not in shown(browser.get(f"{at}2/"))


def test_a_script_hears_at_once_while_somebody_types(mara, asked):
    at, browser = asked(mara, HARM, *CALM), signed_in(mara)
    typed = {"base_version": "0", "question": "harm", "harm": "yes"}
    told = browser.post(f"{at}save/", typed).json()
    assert told["help"] is True
    again = browser.post(f"{at}save/", {**typed, "base_version": str(told["version"]), "harm": "no"}).json()
    assert again["help"] is False
    plain = {"base_version": str(again["version"]), "question": "calm1", "calm1": "yes"}
    assert "help" not in browser.post(f"{at}save/", plain).json()


def test_out_of_hours_the_page_says_at_once_that_nobody_reads_it_now(practice, mara, asked):
    with inside(practice):
        Practice.objects.update(reply_hours="on Mondays, before noon")
    at = asked(mara, HARM, *CALM)
    for moment, nobody in ((NOON, False), (NIGHT, True)):
        with travel(moment, tick=False):
            browser = signed_in(mara)
            send(browser, at, 1, "harm", "no")
            send(browser, at, 1, "harm", "yes")
            page = shown(browser.get(f"{at}1/"))
            assert ("Nobody reads this now" in page) is nobody
            assert "on Mondays, before noon" in page
            assert ("Nobody reads this now" in shown(browser.get(f"{at}check/"))) is nobody
    with travel(NIGHT, tick=False):
        browser = signed_in(mara)
        browser.post(f"{at}send/")
        assert "Nobody reads this now" in shown(browser.get(f"{at}sent/"))


def test_help_is_that_of_the_country_somebody_says(practice, mara, asked):
    at = asked(mara, HARM, *CALM)
    with inside(practice):
        Contact.objects.filter(client=mara).update(country="FR")
    browser = signed_in(mara)
    send(browser, at, 1, "harm", "yes")
    page = shown(browser.get(f"{at}1/"))
    assert "3114" in page
    assert "116 123" not in page


def test_a_list_calls_for_help_by_what_was_chosen_not_by_what_could_be(mara, asked):
    signs = {
        "key": "signs", "type": "checklist", "label": "What applies", "private": True, "flag_if": "any:none,silent",
        "options": [
            {"value": "none", "label": "Hopelessness that does not lift"},
            {"value": "silent", "label": "I hold back what matters"},
        ],
    }  # fmt: skip
    at, browser = asked(mara, signs, *CALM), signed_in(mara)
    assert send(browser, at, 1, "signs", "silent").url == f"{at}2/"
    assert send(browser, at, 1, "signs", "none").url == f"{at}1/#support"


def test_forms_that_ask_about_nothing_of_it_cost_and_say_nothing(mara, asked):
    at, browser = asked(mara, *CALM), signed_in(mara)
    page = browser.get(f"{at}1/").content.decode()
    assert LINE not in page
    assert "data-support" not in page
    assert "When this is read" not in browser.get(f"{at}check/").content.decode()


def test_a_draft_alone_alerts_nobody(mara, therapist, asked):
    from reports.models import Alert

    at, browser = asked(mara, HARM, *CALM), signed_in(mara)
    send(browser, at, 1, "harm", "yes")
    with acting_as(therapist):
        assert not Alert.objects.exists()


# ── one screen for several ───────────────────────────────────────────────────

TOGETHER = [{"key": "met", "type": "yes_no", "label": "We met"}, HARM, FEAR, *CALM]
TOKEN = re.compile(r'nonce="[^"]*"|csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken[^}]*}')


def support_of(page) -> str:
    """All of the help on a page, as it is sent: hidden or not."""
    lines = re.findall(r'<details class="more"><summary>Support options[\s\S]*?</details>', page)
    return "".join([*lines, *re.findall(r"<section[^>]*data-support[\s\S]*?</section>", page)])


@pytest.fixture
def together(couple, therapist):
    (row,) = give(couple, therapist, "joint", TOGETHER, steps=["Sit down", "Talk"])
    return f"/do/{row.pk}/"


PAGES = ["", "1/", "2/", "3/", "check/", "steps/"]


def test_everybody_finds_the_same_help_on_every_page_of_what_is_done_together(mara, theo, together):
    with travel(NOON, tick=False):
        found = {support_of(signed_in(who).get(together + at).content.decode()) for who in (mara, theo) for at in PAGES}
    (only,) = found
    assert LINE in only
    assert HELP not in only
    assert "116 123" in only


@pytest.mark.parametrize(("key", "number"), [("harm", 2), ("fear", 3)])
def test_nothing_on_a_screen_for_several_follows_from_what_one_marked(mara, theo, together, key, number):
    def pages(who) -> list[str]:
        browser = signed_in(who)
        texts = [browser.get(together + at).content.decode() for at in PAGES]
        return [TOKEN.sub("", text) for text in texts]

    with travel(NOON, tick=False):
        before, mine = pages(theo), [support_of(one) for one in pages(mara)]
        for said in ("no", "yes"):
            answer = send(signed_in(mara), together, number, key, said)
            assert answer.url == f"{together}{number + 1}/", "nothing stands in the way"
            assert pages(theo) == before, "byte for byte"
            assert [support_of(one) for one in pages(mara)] == mine


def test_saving_by_itself_tells_nothing_of_help_on_a_screen_for_several(mara, together):
    sent = {"question": "harm", "harm": "yes", "base_version": "0"}
    told = signed_in(mara).post(f"{together}save/", sent, headers={"accept": "application/json"}).json()
    assert told["state"] == "saved"
    assert "help" not in told


def test_what_is_not_urgent_brings_no_help_lines_to_a_page(mara, asked):
    busy = {"key": "busy", "type": "yes_no", "label": "It is too much", "flag_if": "yes", "severity": "note"}
    at, browser = asked(mara, busy, *CALM), signed_in(mara)
    assert LINE not in browser.get(f"{at}1/").content.decode()
