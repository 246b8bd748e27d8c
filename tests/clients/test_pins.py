"""A code of one's own: chosen on one's own page, hard to guess, readable by nobody."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, transaction

from clients import pins
from clients.models import Pin
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("digits", ["7306", "48151", "902718", "31415926"])
def test_a_good_code_is_taken(digits, mara):
    browser = signed_in(mara)
    assert browser.post("/you/code/", {"code": digits, "code_again": digits}).url == "/you/"
    with acting_as(mara):
        pin = Pin.objects.get()
        assert digits not in pin.hashed


@pytest.mark.parametrize(
    ("digits", "word"),
    [
        ("1234", "easy to guess"),
        ("9876", "easy to guess"),
        ("0000", "easy to guess"),
        ("7890", "easy to guess"),
        ("2468", "easy to guess"),
        ("1212", "easy to guess"),
        ("123123", "easy to guess"),
        ("1987", "easy to guess"),
        ("2004", "easy to guess"),
        ("2580", "easy to guess"),
        ("123", "4 to 8"),
        ("123456789", "4 to 8"),
        ("73a6", "digits only"),
        ("٧٣٠٦", "digits only"),
        ("", "required"),
    ],
)
def test_others_are_refused_beside_the_field(digits, word, mara):
    answer = signed_in(mara).post("/you/code/", {"code": digits, "code_again": digits})
    assert answer.status_code == 422
    assert word in answer.content.decode()
    with acting_as(mara):
        assert not Pin.objects.exists()


def test_both_have_to_be_the_same(mara):
    answer = signed_in(mara).post("/you/code/", {"code": "7306", "code_again": "7307"})
    assert answer.status_code == 422
    assert "not the same as above" in answer.content.decode()


def test_it_can_be_changed_and_forgotten(mara):
    browser = signed_in(mara)
    for digits in ("7306", "5047"):
        browser.post("/you/code/", {"code": digits, "code_again": digits})
    with acting_as(mara):
        assert Pin.objects.count() == 1
    for _press in range(2):
        assert browser.post("/you/code/forget/").url == "/you/"
    with acting_as(mara):
        assert not Pin.objects.exists()


def test_nobody_else_sees_that_there_is_one(mara, theo, therapist, owner):
    with acting_as(mara):
        pins.choose(mara, "7306")
    with acting_as(theo):
        assert not Pin.objects.exists()
        assert Pin.objects.update(failures=3) == 0
    for staff in (therapist, owner):
        with acting_as(staff), pytest.raises(ProgrammingError), transaction.atomic():
            Pin.objects.exists()


def test_its_owner_learns_that_somebody_tried(mara):
    with acting_as(mara):
        pins.choose(mara, "7306")
        Pin.objects.update(failures=2)
    assert "Somebody typed a wrong code" in signed_in(mara).get("/you/code/").content.decode()
