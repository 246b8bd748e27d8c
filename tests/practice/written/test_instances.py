"""Instances that are made of rows are what Django makes of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model

from practice.written.instances import Maker

OURS = [
    one for one in apps.get_models() if one.__module__.split(".")[0] in ("practice", "clients", "exercises", "reports")
]


def said_of(one: Any) -> tuple[type, dict[str, Any], bool, str, dict[str, Any]]:
    values = {name: value for name, value in vars(one).items() if name != "_state"}
    return type(one), values, one._state.adding, one._state.db, one._state.fields_cache


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
@pytest.mark.parametrize("every", [2, 1], ids=["some columns", "all columns"])
def test_an_instance_of_each_model_holds_the_same(model: type[Model], every: int) -> None:
    names = [field.attname for field in model._meta.concrete_fields][::every]
    values = [f"value of {name}" for name in names]
    ours, djangos = (one.from_db("default", names, values) for one in (Maker(model, names), model))
    assert said_of(ours) == said_of(djangos)
    assert ours.get_deferred_fields() == djangos.get_deferred_fields()


def test_a_model_with_listeners_goes_its_own_way() -> None:
    authenticator = apps.get_model("mfa", "Authenticator")
    assert Maker(authenticator, []).has_own_way
    assert not Maker(apps.get_model("clients", "Couple"), []).has_own_way
