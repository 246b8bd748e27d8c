"""A row of the caseload is rendered once for all that look alike; what stands in it is its own couple's alone."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from clients.models import Couple
from exercises import caseload, caseload_markup
from exercises.desk import QueueItem
from tests.factories import acting_as, inside, make_couple
from tests.reports.test_last_scores import say_how_close

pytestmark = pytest.mark.django_db

ODD = 'Ada "A" & <b>Lu</b>'


@pytest.fixture
def rows(practice, therapist) -> list[caseload.Row]:
    """Couples with and without scores, practice and a status of their own, three partners among them."""
    couples = [make_couple(practice, names, therapist=therapist) for names in ((ODD, "Ben"), ("Cy", "Di", "Eli"))]
    for couple in couples:
        say_how_close(couple, therapist, couple.clients[0], 5)
    couples += [make_couple(practice, ("Flo", "Gus"), therapist=therapist, login=False)]
    with inside(practice):
        Couple.objects.filter(pk=couples[2].pk).update(status="paused")
    with acting_as(therapist):
        return caseload.rows(list(Couple.objects.with_partners()), [], timezone.now())


@pytest.mark.parametrize("calm", [False, True])
def test_filled_it_says_what_its_template_says(rows, calm):
    assert len(rows) == 3
    for row in rows:
        look = caseload_markup._look(row, calm)
        values = caseload_markup._values(row, look)
        assert caseload_markup.row(row, calm=calm) == render_to_string(
            caseload_markup.ROW, caseload_markup.context(look, values.__getitem__)
        )


def test_couples_that_look_alike_share_no_word(practice, therapist):
    made = [make_couple(practice, names, therapist=therapist) for names in (("Ada", "Ben"), ("Cy", "Di"))]
    with acting_as(therapist):
        found = {str(one.couple): one for one in caseload.rows(made, [], timezone.now())}
    ours, theirs = (caseload_markup.row(found[str(one)], calm=False) for one in made)
    assert "Ada" in ours
    assert "Ada" not in theirs
    assert "Cy" in theirs


def test_a_thing_to_look_at_says_what_its_template_says(couple):
    for kind, people in (("new", ["Mara", "Theo"]), ("risk", [ODD]), ("new", ["Cy", "Di", "Eli"])):
        item = QueueItem(kind, "New <answers>", couple.pk, "1 & more", timezone.now(), "/desk/?a&b", "Read")
        said = {"what": item.what, "detail": item.detail, "address": item.url, "action": item.action, "kind": kind}
        shown = caseload_markup.item(item, people)
        since = shown.partition('data-label="Since">')[2].partition("<")[0]
        assert since.startswith("today")
        assert shown == render_to_string(caseload_markup.ITEM, {**said, "since": since, "people": people})
