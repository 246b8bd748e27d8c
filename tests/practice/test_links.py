"""Addresses that are looked up once say what Django's own look-up says."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.test.utils import override_script_prefix
from django.urls import reverse

from practice.links import address_of

ONE, OTHER = UUID(int=7), UUID("018f3a2b-0000-7000-8000-0000000000aa")


@pytest.mark.parametrize(("name", "ids"), [("couple", [OTHER]), ("alert", [ONE, OTHER]), ("alert", [OTHER, ONE])])
def test_an_address_is_the_one_that_django_finds(name, ids):
    assert address_of(name, *ids) == reverse(name, args=ids)


def test_it_stands_where_the_installation_stands():
    inside = reverse("couple", args=[ONE])
    with override_script_prefix("/attune/"):
        assert address_of("couple", ONE) == f"/attune{inside}"
    assert address_of("couple", ONE) == inside
