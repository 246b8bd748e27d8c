"""The main job of Attune from end to end, over HTTP, as its people do it: `manage.py demo --check`.

A therapist gives something to do, one partner answers at once, the other is reminded and answers then, the
therapist reads both and takes a report away. Each step tells what it saw, or what it missed.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from practice.local.servers import tail
from reports.demo import people
from reports.demo.browser import Browser, Page

EXERCISE, TITLE = "how-are-you-really", "Past the first answer"
WORDS = {people.MARA: "The tide table on the fridge.", people.THEO: "Eleven boxes, and the lamp is in none of them."}
WHY = "One more look, before Thursday."
#: Nothing may take longer than these seconds.
PATIENCE = {"reminder": 100, "report": 120}

Say = Callable[[object], None]


class Missed(AssertionError):
    """Something that a step expected was not there."""


def expect(condition: object, what: str, page: Page | None = None) -> None:
    if not condition:
        where = f"; {page.path} answered {page.status}: {page.text[:300]!r}" if page else ""
        raise Missed(f"expected {what}{where}")


def walk(home: str, logs: Path, say: Say) -> int:
    """Walk the whole way and print a line for each step; return 0, or 1 at the first step that fails."""
    began = time.monotonic()
    way = _Way(home)
    for step, log in way.steps():
        started = time.monotonic()
        try:
            said = step()
        except Exception as error:
            say(f"FAIL  {time.monotonic() - started:5.1f} s  {step.__doc__}: {error or type(error).__name__}")
            say(f"The end of {logs / log}.log:\n{tail(logs / f'{log}.log')}")
            return 1
        say(f"ok    {time.monotonic() - started:5.1f} s  {said}")
    say(f"All of it works. {time.monotonic() - began:.0f} s.")
    return 0


class _Way:
    """The steps in their order, and what one leaves for the next."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.desk = Browser(home)
        self.portals = {person: Browser(home) for person in (people.MARA, people.THEO)}
        self.couple = ""
        self.report = ""
        self.mails: dict[str, int] = {}
        self.due = datetime.datetime.now(ZoneInfo(people.ZONE))

    def steps(self) -> list[tuple[Callable[[], str], str]]:
        """Return the steps, each with the log that tells more when it fails."""
        return [
            (self.sign_in_at_the_desk, "web"),
            (self.open_the_couple, "web"),
            (self.give, "web"),
            (self.sign_in_and_answer, "web"),
            (self.ask_for_a_report, "web"),
            (self.watch_the_report, "worker"),
            (self.take_the_report, "web"),
            (self.wait_for_the_reminder, "worker"),
            (self.answer_after_the_reminder, "web"),
            (self.read_both, "web"),
        ]

    # ── the desk ─────────────────────────────────────────────────────────────

    def sign_in_at_the_desk(self) -> str:
        """signing in as the therapist"""
        page = _sign_in(self.desk, people.INES.email)
        expect(page.status == 200 and page.path == "/desk/", "the desk after signing in", page)
        return f"signed in as {people.INES.name}"

    def open_the_couple(self) -> str:
        """opening the couple"""
        page = self.desk.open("/desk/couples/")
        self.couple = page.link(people.MARA.name, to="/desk/couples/")
        page = self.desk.open(self.couple)
        expect(page.status == 200 and people.THEO.name in page.text, "the page of Mara and Theo", page)
        return "opened Mara & Theo"

    def give(self) -> str:
        """giving an exercise"""
        page = self.desk.open(f"{self.couple}assign/?exercise={EXERCISE}")
        expect(page.status == 200, "the page for giving it", page)
        self.mails, self.due = self._mails(), _next_minute()
        page = self.desk.send(
            page,
            "why",
            who="each",
            why=WHY,
            starts_on=self.due.date().isoformat(),
            at=f"{self.due:%H:%M}",
            rhythm="once",
            lane="shared",
            remind="on",
        )
        expect(page.path == self.couple and TITLE in page.text, "the couple's page with what was given", page)
        return f"gave '{TITLE}' to both, due in {self._seconds_left():.0f} s"

    def read_both(self) -> str:
        """reading what both answered"""
        page = self.desk.open(self.couple)
        for person, words in WORDS.items():
            expect(words in page.text, f"what {person.name} wrote", page)
        return "read both answers at the desk"

    # ── the portal ───────────────────────────────────────────────────────────

    def sign_in_and_answer(self) -> str:
        """signing in as Mara and answering"""
        self._answer(people.MARA)
        return "answered as Mara, who is not reminded any more"

    def answer_after_the_reminder(self) -> str:
        """signing in as Theo and answering"""
        self._answer(people.THEO, self.way_in)
        return "followed the letter's link and answered as Theo"

    def _answer(self, person: people.Person, way_in: str = "") -> None:
        browser = self.portals[person]
        page = _sign_in(browser, person.email)
        expect(page.status == 200 and page.path == "/today/", "today's page after signing in", page)
        page = browser.open(way_in or _link_to_exercise(browser, page))
        expect(TITLE in page.text, f"'{TITLE}' behind the link", page)
        answers = {"mood": ["4", "calm"], "weather": ["clear"], "stress": ["3"], "about": [WORDS[person]]}
        page = browser.open(page.link(to="/1/"))
        for _question in answers:
            key = page.form("question").values["question"][0]
            page = browser.send(page, "question", **{key: answers[key]}, to="next")
            expect(page.status == 200, f"the page after {key!r}", page)
        expect(page.path.endswith("/check/") and WORDS[person] in page.text, "all answers to look over", page)
        page = browser.open(page.path.replace("/check/", "/send/"), _send_form(page), at=page.url)
        expect(page.status == 200 and page.path.endswith("/sent/"), "the page that says it was sent", page)

    # ── the mail ─────────────────────────────────────────────────────────────

    def wait_for_the_reminder(self) -> str:
        """waiting for Theo's reminder"""
        if (left := self._seconds_left()) > 0:
            time.sleep(left)
            self.mails = self._mails()  # what came before was about something else
        until = time.monotonic() + PATIENCE["reminder"]
        while self._mails().get(people.THEO.email, 0) == self.mails.get(people.THEO.email, 0):
            expect(time.monotonic() < until, f"a mail to {people.THEO.email} on /demo/mail/")
            time.sleep(1)
        mails = self._mails()
        expect(mails.get(people.MARA.email, 0) == self.mails.get(people.MARA.email, 0), "no mail to who had answered")
        page = Browser(self.home).open("/demo/mail/")
        page = Browser(self.home).open(page.link(people.THEO.email, to="/demo/mail/"))
        way_in = re.search(r"/open/[0-9a-f-]+/", page.text)
        expect(way_in and TITLE not in page.text, "a neutral letter with the way in", page)
        self.way_in = way_in[0] if way_in else ""
        return "found Theo's reminder in the mail, and none to Mara"

    def _seconds_left(self) -> float:
        return (self.due - datetime.datetime.now(self.due.tzinfo)).total_seconds()

    def _mails(self) -> dict[str, int]:
        page = Browser(self.home).open("/demo/mail/")
        expect(page.status == 200, "the mail of the demo", page)
        found: dict[str, int] = {}
        for _address, words in page.links:
            for email in (people.MARA.email, people.THEO.email):
                found[email] = found.get(email, 0) + (email in words)
        return found

    # ── the report ───────────────────────────────────────────────────────────

    def ask_for_a_report(self) -> str:
        """asking for a report"""
        page = self.desk.open(f"{self.couple}reports/new/")
        page = self.desk.send(page, "audience", summary="You kept the meeting. Keep it.", audience="shared")
        expect(page.status == 200 and "/reports/" in page.path and page.path.count("/") > 5, "the report's page", page)
        self.report = page.path
        return "asked for the shared report"

    def watch_the_report(self) -> str:
        """watching the report being made"""
        until, seen = time.monotonic() + PATIENCE["report"], 0
        while True:
            page = self.desk.open(self.report)
            seen += 1
            if any("/file/" in address for address, _words in page.links):
                return f"the worker made it, looked {seen} times"
            expect(time.monotonic() < until and "Try again" not in page.text, "a finished report", page)
            time.sleep(0.5)

    def take_the_report(self) -> str:
        """downloading the report"""
        page = self.desk.open(self.report)
        file = self.desk.open(page.link(to="/file/"))
        expect(file.status == 200 and file.body.startswith(b"%PDF-"), "a PDF", file)
        sha256 = hashlib.sha256(file.body).hexdigest()
        expect(sha256 in page.text, f"the fingerprint {sha256} on the report's page", page)
        return f"took the PDF away: {len(file.body) // 1024} KB, its fingerprint is right"


def _sign_in(browser: Browser, email: str) -> Page:
    page = browser.open("/account/login/")
    return browser.send(page, "password", login=email, password=people.PASSWORD)


def _link_to_exercise(browser: Browser, today: Page) -> str:
    """Return the link on today's page that leads to what was given."""
    for address, _words in today.links:
        if address.startswith("/do/") and TITLE in browser.open(address).text:
            return address
    raise Missed(f"expected a way to '{TITLE}' on today's page, which says {today.text[:300]!r}")


def _send_form(page: Page) -> dict[str, list[str]]:
    for form in page.forms:
        if form.action.endswith("/send/"):
            return form.values
    raise Missed(f"expected a button to send on {page.path}")


def _next_minute() -> datetime.datetime:
    """Return the next full minute of the practice's clock that leaves time to give something for it."""
    zone = ZoneInfo(people.ZONE)
    soon = datetime.datetime.now(zone) + datetime.timedelta(seconds=70)
    due = soon.replace(second=0, microsecond=0)
    if due.date() != datetime.datetime.now(zone).date():
        time.sleep(90)  # what is due tomorrow opens at midnight: begin there
        return _next_minute()
    return due
