"""The code of one's own for a phone that is handed over: choosing, changing, forgetting it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clients import pins
from clients.access import for_consenting_clients
from practice.access import read_or_send


def code_input() -> forms.TextInput:
    """An input for digits that no browser offers to remember, and that shows none of them."""
    return forms.TextInput(
        attrs={"class": "input--code input--secret", "inputmode": "numeric", "autocomplete": "off", "maxlength": 12}
    )


class CodeForm(forms.Form):
    code = forms.CharField(label=gettext_lazy("Your code"), max_length=40, widget=code_input())
    code_again = forms.CharField(label=gettext_lazy("Once more"), max_length=40, widget=code_input())

    def clean_code(self) -> str:
        digits = self.cleaned_data["code"].replace(" ", "")
        fault = pins.fault(digits)
        if fault:
            raise forms.ValidationError(fault)
        return digits

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "code" in said and "code_again" in said and said["code"] != said["code_again"].replace(" ", ""):
            self.add_error("code_again", _("This is not the same as above. Please type both again."))
        return said


@read_or_send
@for_consenting_clients
def code(request: Any) -> HttpResponse:
    """Choose a code, or another one."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        pins.choose(request.person, form.cleaned_data["code"])
        messages.success(request, _("Your code is kept."))
        return redirect("portal_you")
    words = {"form": form, "pin": pins.of(request.person), "least": pins.SHORTEST, "most": pins.LONGEST}
    return render(request, "clients/portal_code.html", words, status=422 if form.errors else 200)


@require_POST
@for_consenting_clients
def code_forget(request: Any) -> HttpResponse:
    """Do without a code from now on."""
    pins.forget(request.person)
    messages.info(request, _("The code is forgotten. You can choose another one at any time."))
    return redirect("portal_you")
