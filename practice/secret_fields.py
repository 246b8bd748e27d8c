"""Fields into which people type a secret. It is kept nowhere: a form that came too late waits without it.

What came too late is names and values, and nobody knows any more which form it was. So every field that takes a
secret has a name that says so. `manage.py check` and a test go over all forms, those of the libraries too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.forms import BaseForm
from django.urls import get_resolver

#: What the name of a field with a secret has in it; the token of the form itself as well.
WORDS = ("password", "passphrase", "code", "secret", "credential", "token")
#: How a browser is told what is typed there.
FILLED_WITH = {"current-password", "new-password", "one-time-code"}
#: How our own codes are drawn.
DRAWN_AS = {"input--code", "input--secret"}


def never_waits(name: str) -> bool:
    """Tell by the name of a field, whatever form it is in, that what stands there is not kept."""
    return any(word in name.lower() for word in WORDS)


def takes_a_secret(field: forms.Field) -> bool:
    """Tell whether people type a password, key or code into this field."""
    widget = field.widget
    filled, drawn = widget.attrs.get("autocomplete", ""), widget.attrs.get("class", "")
    return isinstance(widget, forms.PasswordInput) or filled in FILLED_WITH or bool(DRAWN_AS & set(drawn.split()))


def misnamed() -> list[str]:
    """Return the fields that take a secret under a name that does not say so, as ``module.Form.field``."""
    # Views bring in every form there is.
    list(get_resolver().url_patterns)
    return sorted(
        f"{form.__module__}.{form.__qualname__}.{name}"
        for form in set(_below(BaseForm))
        for name, field in getattr(form, "base_fields", {}).items()
        if takes_a_secret(field) and not never_waits(name)
    )


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)
