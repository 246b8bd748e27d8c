"""The pages of the desk, laid out, and what a program reads."""

from __future__ import annotations

from django.utils import timezone

from clients.models import Appointment, Couple
from exercises.models import Response
from practice.models import Membership
from reports.models import Alert
from tests.benchmarks.pages.asking import Request
from tests.benchmarks.pages.cases import Prepared, case
from tests.benchmarks.pages.floor.tables import with_answers
from tests.benchmarks.pages.life import DAYS, SAID, WEEKLY, Rows, answered, at_work
from tests.benchmarks.pages.life import caseload as couples_of
from tests.benchmarks.pages.portal import sign_in
from tests.exercises.given import make_edition
from tests.factories import inside, make_couple
from tests.practice.api.callers import program_of

COUPLES, WEEKS = 50, 52


@case("caseload", rate=0.7, work=1.8)
def caseload() -> Prepared:
    """Fifty couples, four weeks of answers, five flags that nobody has looked at."""
    practice, therapist = at_work()
    couples = couples_of(practice, therapist, COUPLES)
    with inside(practice):
        for couple in couples[:5]:
            response = Response.objects.filter(couple=couple).order_by("submitted_at")[0]
            Alert.objects.create(
                couple=couple, client_id=response.author_id, response=response, key="safe", rule="flag_if:no"
            )
    one = Request("/desk/", "Ada 49", cookies=sign_in(therapist))
    return Prepared([one], [one])


@case("couple page", rate=0.5)
def couple_page() -> Prepared:
    """What is given and what came back, the newest of a year."""
    couple, therapist = _a_year()
    one = Request(f"/desk/couples/{couple.pk}/", "We came back to it the same evening", cookies=sign_in(therapist))
    return Prepared([one], [one], afresh=with_answers(SAID))


@case("session sheet")
def session_sheet() -> Prepared:
    """One page before a session: rounds, scores and words since the last one, two weeks ago."""
    couple, therapist = _a_year()
    with inside(therapist.practice):
        Appointment.objects.create(couple=couple, starts_at=timezone.now() - 14 * DAYS)
    one = Request(f"/desk/couples/{couple.pk}/sheet/", "How close I felt", cookies=sign_in(therapist))
    return Prepared([one], [one], afresh=with_answers(SAID))


@case("library search")
def library_search() -> Prepared:
    """One word, in the whole catalogue."""
    _practice, therapist = at_work()
    one = Request("/desk/library/?q=listen", "listen", cookies=sign_in(therapist))
    return Prepared([one], [one])


@case("API list")
def api_list() -> Prepared:
    """A page of what a couple sent in a year, with answers and scores, as JSON."""
    couple, therapist = _a_year()
    token = program_of(therapist).text
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    one = Request(f"/api/v1/couples/{couple.pk}/responses/", '"closeness"', headers=headers)
    return Prepared([one], [one], afresh=with_answers(SAID))


def _a_year() -> tuple[Couple, Membership]:
    """Return a couple that was asked each week of a year."""
    practice, therapist = at_work()
    couple, rows, now = make_couple(practice, therapist=therapist), Rows(), timezone.now()
    with inside(practice):
        edition = make_edition(WEEKLY, title="Weekly check", lane="shared")
        answered(rows, couple, therapist, edition, [now - (week * 7 - 1) * DAYS for week in range(WEEKS, -1, -1)])
        rows.write()
        Appointment.objects.create(couple=couple, starts_at=now + 3 * DAYS)
    return couple, therapist
