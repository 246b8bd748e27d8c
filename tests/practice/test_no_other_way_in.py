"""There is no support access: nobody is let into a practice by being somebody of the installation."""

from __future__ import annotations

import importlib.metadata

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_backends
from django.test import Client as Browser

from practice import identity, roles
from practice.models import User
from tests.doors import DOORS, patterns
from tests.factories import signed_in
from tests.practice.test_walls import rows
from tests.test_written_rules import where_called

pytestmark = pytest.mark.django_db

#: What gives one person another's place, or shows tables, in projects like this one.
LENDS = (
    "admin", "hijack", "impersonat", "loginas", "login_as", "masquerade", "sudo", "superuser", "support", "explorer",
    "debug_toolbar", "silk", "adminer", "flower",
)  # fmt: skip


def test_b47_no_app_package_or_address_shows_tables_or_lends_somebodys_place():
    asked = [one.name for one in apps.get_app_configs()] + list(settings.MIDDLEWARE)
    asked += [name for name, _arguments in patterns()] + list(DOORS)
    asked += [one.metadata["Name"].lower() for one in importlib.metadata.distributions() if one.metadata["Name"]]
    asked += [f"{type(one).__module__}.{type(one).__name__}" for one in get_backends()]
    assert {name for name in asked if any(word in name.lower() for word in LENDS)} == set()


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/support/", "/hijack/", "/su/", "/__debug__/"])
def test_b47_where_others_have_such_a_page_there_is_none(path, owner, mara):
    for who in (owner, mara):
        assert signed_in(who).get(path).status_code == 404


def test_b47_nobody_is_marked_as_more_than_a_user():
    fields = {one.name for one in User._meta.get_fields()}
    assert fields & {"is_staff", "is_superuser", "is_support", "groups", "user_permissions"} == set()
    assert not hasattr(User, "has_perm")


def test_b47_somebody_without_a_place_in_a_practice_finds_no_page_of_it(world):
    """An account is nothing by itself, also where its session names a practice."""
    stranger = User.objects.create_user("support@attune.example", "x" * 20)
    browser = Browser()
    browser.force_login(stranger, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = browser.session
    session[identity.CHOICE] = str(world.home.practice.pk)
    session.save()
    for name, door in DOORS.items():
        if door.kind.signed_in and "couple" in name:
            assert browser.get(door.path(name, world.home)).status_code in (302, 404, 405), name


#: Where code of ours begins a sign-in. Everywhere else the library does, after it asked for what proves it.
SIGNS_IN = {
    "practice/narrow.py": "a link that opens one exercise and nothing else",
    "practice/views/joining.py": "an invitation was accepted with a new password",
    "practice/views/single_sign_on.py": "their practice's provider showed who they are",
}


def test_b47_a_sign_in_begins_where_somebody_proved_who_they_are_and_nowhere_else():
    assert where_called("login", "perform_login", "force_login", "resume_login") == set(SIGNS_IN)


def test_b47_no_role_of_the_database_goes_around_the_walls_for_anybody_who_signs_in():
    """Only the one that copies everything for a back-up does, and nobody who works here or is in care takes it on."""
    around = {name for (name,) in rows("SELECT rolname FROM pg_roles WHERE rolbypassrls AND rolname LIKE 'attune%%'")}
    taken_on = {
        name
        for (name,) in rows(
            "SELECT r.rolname FROM pg_roles r WHERE pg_has_role(%s, r.oid, 'MEMBER') AND r.rolname LIKE 'attune%%'",
            roles.LOGIN,
        )
    }
    assert around & taken_on == set()
    assert "attune_owner" not in taken_on
