"""The pages of the desk, laid out, and what a program reads."""

from __future__ import annotations

from exercises.models import Response
from reports.models import Alert
from tests.benchmarks.pages.asking import Request
from tests.benchmarks.pages.cases import Prepared, case
from tests.benchmarks.pages.life import at_work
from tests.benchmarks.pages.life import caseload as couples_of
from tests.benchmarks.pages.portal import sign_in
from tests.factories import inside

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
