"""The pages of a client, laid out."""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from clients.models import Appointment, Client
from practice.models import Membership
from tests.benchmarks.pages.asking import CSRF, Request
from tests.benchmarks.pages.cases import Prepared, case
from tests.exercises.given import EVERY_TYPE, give
from tests.factories import inside, make_couple, make_member, make_practice, signed_in

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


def _title(number: int) -> str:
    return f"Looking back on the week {number}"
