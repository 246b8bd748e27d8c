"""The pages of a client, laid out."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils import timezone

from clients.models import Appointment, Client
from exercises.drafts import save_draft
from exercises.models import Occurrence
from practice.models import Membership, Message
from tests.benchmarks.pages.asking import CSRF, Request, form
from tests.benchmarks.pages.cases import MOST, Prepared, case
from tests.benchmarks.pages.floor.tables import TABLES
from tests.exercises.given import EVERY_TYPE, ask, give
from tests.factories import acting_as, inside, make_couple, make_member, make_practice, signed_in

METRICS = {"near": "closeness", "mood": "mood"}
#: Ten questions of ten kinds: two are drawn as curves, one may call for help.
TEN: list[dict[str, Any]] = [
    *({**one, "metric": METRICS[one["key"]]} if one["key"] in METRICS else one for one in EVERY_TYPE[:9]),
    {"key": "safe", "type": "yes_no", "label": "I can say what I think", "private": True, "flag_if": "no"},
]
TYPED = {
    "good": ["We had tea in the morning, and talked about the summer."],
    "near": ["7"],
    "talked": ["yes"],
    "heard": ["mostly"],
    "ways": ["walks", "tea"],
    "signs": ["sleep"],
    "hours": ["4"],
    "mood": ["4", "calm"],
    "wish": ["An evening without telephones"],
    "safe": ["yes"],
}


def sign_in(who: Membership | Client) -> dict[str, str]:
    """Return the cookies of a browser that somebody just signed in with."""
    return {settings.SESSION_COOKIE_NAME: signed_in(who).cookies[settings.SESSION_COOKIE_NAME].value, "csrf": CSRF}


@case("open form", rate=0.4, work=1.6)
def open_form() -> Prepared:
    """Ten questions on one page, nothing answered yet."""
    practice = make_practice()
    couple = make_couple(practice, therapist=(therapist := make_member(practice)))
    mara = couple.clients[0]
    hers = give(couple, therapist, "shared", TEN)[0]
    with inside(practice):
        type(hers.assignment).objects.filter(pk=hers.assignment_id).update(whole_page=True)
    cookies = sign_in(mara)
    path = f"/do/{hers.pk}/1/"
    one = Request(path, 'name="wish"', cookies=cookies)
    return Prepared([one], [one])


@case("today", rate=0.6, work=1.8)
def today() -> Prepared:
    """Ten things to do now, one that comes later, and a session."""
    practice = make_practice()
    couple = make_couple(practice, therapist=(therapist := make_member(practice)))
    mara = couple.clients[0]
    now = timezone.now()
    for number in range(10):
        give(couple, therapist, "shared", due=now + datetime.timedelta(hours=1 + number / 10), title=_title(number))
    with inside(practice):
        Appointment.objects.create(couple=couple, starts_at=now + datetime.timedelta(days=3))
    one = Request("/today/", _title(9), cookies=sign_in(mara))
    return Prepared([one], [one])


@case("submit", rate=0.5, work=1.8)
def submit() -> Prepared:
    """Ten answers that were typed before are sent; the floor is sent them, ours has them in a draft."""
    asked, mara = _many_to_answer()
    with acting_as(mara):
        for one in asked:
            save_draft(one, author=mara, raw=TYPED, base_version=0)
    cookies = sign_in(mara)

    def sending(one: Occurrence, fields: dict[str, Any]) -> Request:
        return form(f"/do/{one.pk}/send/", fields, f"/do/{one.pk}/sent/", cookies=cookies, status=302)

    ours = [sending(one, {}) for one in asked]
    return Prepared(ours, [sending(one, TYPED) for one in asked], writes=True, afresh=TABLES)


@case("autosave", rate=0.6)
def autosave() -> Prepared:
    """One answer of ten is typed on, and saved again."""
    [asked], mara = _many_to_answer(1)
    with acting_as(mara):
        save_draft(asked, author=mara, raw=TYPED, base_version=0)
    cookies = sign_in(mara)
    path = f"/do/{asked.pk}/save/"

    def saving(number: int) -> Request:
        fields = {"base_version": str(number), "question": "wish", "wish": f"An evening without telephones, {number}"}
        one = form(path, fields, '"saved"', cookies=cookies)
        return replace(one, headers={"X-CSRFToken": CSRF, "Accept": "application/json"})

    every = [saving(number) for number in range(1, MOST + 1)]
    return Prepared(every, every, writes=True, afresh=TABLES)


@case("API submit")
def api_submit() -> Prepared:
    """The same ten answers, sent by a program of the client's own."""
    asked, mara = _many_to_answer()
    with acting_as(mara):
        for one in asked:
            save_draft(one, author=mara, raw=TYPED, base_version=0)
    cookies = sign_in(mara)

    def sending(one: Occurrence, body: dict[str, Any]) -> Request:
        path, headers = f"/api/v1/me/occurrences/{one.pk}/submit/", {"X-CSRFToken": CSRF, "Accept": "application/json"}
        return Request(path, str(one.pk), "POST", 200, json.dumps(body), "application/json", cookies, headers)

    ours = [sending(one, {}) for one in asked]
    return Prepared(ours, [sending(one, {"answers": TYPED}) for one in asked], writes=True, afresh=TABLES)


def _many_to_answer(count: int = MOST) -> tuple[list[Occurrence], Client]:
    """Give the same ten questions again and again, all open now; return what one of two partners is asked.

    Each calls off a reminder when it is sent.
    """
    practice = make_practice()
    couple = make_couple(practice, therapist=(therapist := make_member(practice)))
    mara = couple.clients[0]
    first = give(couple, therapist, "shared", TEN, rule="FREQ=DAILY")[0]
    now = timezone.now()
    with inside(practice):
        others = [ask(first.assignment, now + datetime.timedelta(minutes=number)) for number in range(1, count)]
        mine = [first, *(one for pair in others for one in pair if one.client_id == mara.pk)]
        Message.objects.bulk_create(
            Message(
                kind="occurrence",
                step="due",
                occasion=f"due:{one.pk}",
                person_id=mara.pk,
                about_id=one.pk,
                couple_id=couple.pk,
                planned_for=one.due_at,
                due_at=one.due_at,
                fresh_until=one.closes_at,
            )
            for one in mine
        )
    return mine, mara


def _title(number: int) -> str:
    return f"Looking back on the week {number}"
