"""Long selects are written as Django would write them."""

from __future__ import annotations

import re

import pytest
from django import forms

from practice.fields import CountryField, LongSelect, ZoneField


def without_blanks(html: str) -> str:
    return re.sub(r">\s+<", "><", html.strip())


AWKWARD = [("", "Choose one"), ("Here & <there>", [('a"b', "<b>bold</b>"), ("c", "It's & so on")]), (7, "Seven")]
ATTRS = {"class": "input wide", "id": "id_zone", "required": True, "disabled": False, "aria-describedby": 'x"y'}


@pytest.mark.parametrize("value", [None, "", 'a"b', "c", 7, "7", "<nowhere>"])
def test_a_long_select_is_djangos_own_to_the_letter(value):
    ours, djangos = (kind(choices=AWKWARD, attrs={"autocomplete": "off"}) for kind in (LongSelect, forms.Select))
    assert without_blanks(ours.render("zone", value, ATTRS)) == without_blanks(djangos.render("zone", value, ATTRS))


@pytest.mark.parametrize("field", [ZoneField, CountryField])
def test_zones_and_countries_are_offered_as_before(field):
    class Form(forms.Form):
        one = field()

    said = Form({"one": "Europe/Berlin" if field is ZoneField else "GB"})
    bound = said["one"]
    djangos = forms.Select(attrs=bound.field.widget.attrs, choices=bound.field.choices)
    attrs = {**bound.build_widget_attrs({}), "id": "id_one"}
    assert without_blanks(str(bound)) == without_blanks(djangos.render("one", bound.value(), attrs))
    assert str(bound).count(" selected>") == 1
