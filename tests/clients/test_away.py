"""Away and cover: one's own absence, and the owner's word about anybody's."""

from __future__ import annotations

import datetime

import pytest

from clients.models import Absence
from tests.factories import inside, signed_in

pytestmark = pytest.mark.django_db

PAGE = "/desk/away/"
TODAY = datetime.date.today()


def said(cover, *, first=1, last=5, **more) -> dict[str, str]:
    days = (TODAY + datetime.timedelta(days=first), TODAY + datetime.timedelta(days=last))
    return {"begins_on": days[0].isoformat(), "ends_on": days[1].isoformat(), "covered_by": str(cover.pk), **more}


def absences(practice) -> list[Absence]:
    with inside(practice):
        return list(Absence.objects.order_by("pk"))


def test_somebody_says_that_they_are_away_and_who_covers(practice, therapist, colleague):
    assert signed_in(therapist).post(PAGE, said(colleague)).status_code == 302
    (absence,) = absences(practice)
    assert (absence.membership_id, absence.covered_by_id) == (therapist.pk, colleague.pk)
    assert "Dr Sam Lund covers" in signed_in(colleague).get(PAGE).content.decode()


def test_an_owner_says_it_for_anybody_and_nobody_else_does(practice, therapist, colleague, owner):
    more = {"membership": str(therapist.pk)}
    assert signed_in(colleague).post(PAGE, {**said(owner), **more}).status_code == 302
    assert signed_in(owner).post(PAGE, {**said(colleague, first=10, last=12), **more}).status_code == 302
    assert [one.membership_id for one in absences(practice)] == [colleague.pk, therapist.pk]


@pytest.mark.parametrize(
    ("changes", "beside"),
    [
        ({"first": 5, "last": 1}, "cannot be before"),
        ({"first": -9, "last": -3}, "These days are over"),
        ({"first": 1, "last": 900}, "A year is the longest"),
        ({"begins_on": "soon"}, "This is not a day"),
        ({"covered_by": "nobody"}, "has-error"),
    ],
)
def test_odd_days_are_refused_beside_their_field(practice, therapist, colleague, changes, beside):
    answer = signed_in(therapist).post(PAGE, said(colleague, **changes))
    assert answer.status_code == 422
    assert beside in answer.content.decode()
    assert absences(practice) == []


def test_nobody_covers_for_themselves_or_while_they_are_away(practice, therapist, colleague):
    assert signed_in(therapist).post(PAGE, said(therapist)).status_code == 422
    signed_in(colleague).post(PAGE, said(therapist))
    assert "cannot cover then" in signed_in(therapist).post(PAGE, said(colleague, first=5, last=9)).content.decode()
    assert signed_in(colleague).post(PAGE, said(therapist, first=2, last=2)).status_code == 422


def test_b49_nobody_names_themselves_as_cover_for_somebody_else(practice, therapist, colleague, owner):
    """It would open the couples of whoever is away to whoever wrote it down."""
    answer = signed_in(owner).post(PAGE, {**said(owner), "membership": str(therapist.pk)})
    assert (answer.status_code, "let them name you" in answer.content.decode()) == (422, True)
    assert absences(practice) == []
    assert signed_in(therapist).post(PAGE, said(owner)).status_code == 302, "by the word of who is away"
    own = {**said(colleague, first=9, last=9), "membership": str(owner.pk)}
    assert signed_in(owner).post(PAGE, own).status_code == 302, "and whoever is away themselves names anybody"


def test_one_takes_back_ones_own_and_an_owner_anybodys(practice, therapist, colleague, owner):
    signed_in(therapist).post(PAGE, said(colleague))
    (absence,) = absences(practice)
    assert signed_in(colleague).post(f"{PAGE}{absence.pk}/end/").status_code == 404
    assert signed_in(therapist).post(f"{PAGE}{absence.pk}/end/").status_code == 302
    assert absences(practice)[0].called_off_at is not None
    signed_in(therapist).post(PAGE, said(colleague))
    assert signed_in(owner).post(f"{PAGE}{absences(practice)[1].pk}/end/").status_code == 302
