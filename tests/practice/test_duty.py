"""The owner's page about duty: when somebody is there, who covers and who leads."""

from __future__ import annotations

import datetime

import pytest

from practice.models import Practice
from tests.factories import inside, signed_in

pytestmark = pytest.mark.django_db

PAGE = "/desk/practice/duty/"


@pytest.fixture
def said(owner, colleague) -> dict[str, str]:
    return {
        "from_0": "10:00", "until_0": "18:00", "from_2": "08:30", "until_2": "12:00",
        "holidays": "2026-12-25\n\n 2026-12-24 \n2026-12-25",
        "answer_within": "120", "pass_on_after": "60", "close_within": "480",
        "cover": str(colleague.pk), "lead": str(owner.pk),
        "reply_hours": "on Mondays and Wednesdays", "country": "DE",
    }  # fmt: skip


def now(practice: Practice) -> Practice:
    with inside(practice):
        return Practice.objects.get(pk=practice.pk)


def test_an_owner_says_all_of_it_at_once(practice, owner, colleague, said):
    with inside(practice):
        Practice.objects.filter(pk=practice.pk).update(duty_set_at=None)
    assert "Not said yet" in signed_in(owner).get(PAGE).content.decode()
    assert signed_in(owner).post(PAGE, said).status_code == 302
    saved = now(practice)
    assert saved.working_week == {"0": ["10:00", "18:00"], "2": ["08:30", "12:00"]}
    assert saved.holidays == [datetime.date(2026, 12, 24), datetime.date(2026, 12, 25)]
    assert (saved.answer_within, saved.pass_on_after, saved.close_within) == (120, 60, 480)
    assert (saved.duty_cover_id, saved.duty_lead_id) == (colleague.pk, owner.pk)
    assert (saved.reply_hours, saved.country) == ("on Mondays and Wednesdays", "DE")
    assert saved.duty_set_at is not None
    page = signed_in(owner).get(PAGE).content.decode()
    assert 'value="08:30"' in page
    assert "2026-12-24\n2026-12-25" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_0": "18:00", "until_0": "10:00"}, {"until_0": ""}, {"from_0": "25:00"}, {"from_0": "soon"},
        {"from_0": "", "until_0": "", "from_2": "", "until_2": ""},
        {"holidays": "Christmas"}, {"holidays": "\n".join(f"{year}-01-01" for year in range(1000, 1300))},
        {"answer_within": "241"}, {"answer_within": "0"}, {"pass_on_after": "9999"},
        {"close_within": "9999"}, {"answer_within": ""},
        {"cover": ""}, {"cover": "somebody"}, {"lead": ""}, {"lead": "nobody"},
        {"reply_hours": ""}, {"reply_hours": "x" * 1_000_000}, {"country": "ZZ"}, {"country": ""},
    ],
)  # fmt: skip
def test_b157_what_is_missing_or_odd_is_refused_beside_its_field(practice, owner, said, wrong):
    answer = signed_in(owner).post(PAGE, {**said, **wrong})
    assert answer.status_code == 422
    assert "has-error" in answer.content.decode()
    assert now(practice).country == "GB"


def test_a_practice_of_one_says_that_nobody_covers(practice, owner, said):
    assert signed_in(owner).post(PAGE, {**said, "cover": "nobody"}).status_code == 302
    assert now(practice).duty_cover_id is None


def test_only_clinicians_cover_and_only_owners_and_supervisors_lead(practice, owner, therapist, coordinator, said):
    browser = signed_in(owner)
    assert browser.post(PAGE, {**said, "cover": str(coordinator.pk)}).status_code == 422
    assert browser.post(PAGE, {**said, "lead": str(therapist.pk)}).status_code == 422
