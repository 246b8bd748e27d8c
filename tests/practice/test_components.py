"""The parts that every page is built from."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from django import forms
from django.contrib.staticfiles import finders
from django.template import RequestContext, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings

from practice import times
from practice.leaving import leave
from practice.templatetags import attune
from tests.weight import LETTERS

PAINFUL = "<script>alert('x')</script> & Co"


def render(source: str, **context: object) -> str:
    request = context.pop("request", None) or RequestFactory().get("/", {"q": "touch"})
    return Template("{% load attune %}" + source).render(RequestContext(request, context))


class Invitation(forms.Form):
    email = forms.EmailField(label="E-mail address", help_text="One address for each person.")
    note = forms.CharField(label="A few words", required=False, widget=forms.Textarea)
    role = forms.ChoiceField(label="Role", choices=[("t", "Therapist"), ("s", "Supervisor")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="I agree")
    token = forms.CharField(widget=forms.HiddenInput)


# ── tags and filters ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["calendar", "own", "private", "reveal", "shared", "joint", "house"])
def test_an_icon_is_decoration_beside_a_word(name: str) -> None:
    svg = render("{% icon name 24 %}", name=name)
    assert svg.startswith("<svg")
    assert 'aria-hidden="true"' in svg
    assert 'width="24"' in svg
    assert "style=" not in svg
    assert "xmlns" not in svg


@pytest.mark.parametrize("source", ['{% icon "nosuchicon" %}', '{% lane_tag "open" %}', '{% state "late" "x" %}'])
def test_a_name_outside_the_vocabulary_is_a_mistake_in_the_template(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        render(source)


def test_every_lane_has_its_mark_and_its_word() -> None:
    for lane, word in attune.LANE_WORDS.items():
        tag = render("{% lane_tag lane %}", lane=lane)
        assert f"tag--{lane}" in tag
        assert str(word) in tag
        assert "<svg" in tag


def test_names_are_text_wherever_they_stand() -> None:
    for source in (
        "{% who name 1 %}",
        "{{ pair|amp }}",
        "{{ pair|names }}",
        "{{ name|amp }}",
        '{% state "done" name %}',
        '{% lane_line "own" name %}',
    ):
        html = render(source, name=PAINFUL, pair=[PAINFUL, "Theo"])
        assert "<script" not in html, source
        assert "&lt;script&gt;" in html, source


def test_the_mark_follows_the_position() -> None:
    assert [attune.mark(position) for position in range(6)] == list("abcdef")
    assert 'class="who who--b"' in render('{% who "Theo" 1 %}')
    assert "who--light" in render('{% who "Theo" 1 light=True %}')


@pytest.mark.parametrize(
    ("people", "heading", "plain"),
    [
        ([], "", ""),
        (["Mara"], "Mara", "Mara"),
        (["Mara", "Theo"], 'Mara <span class="amp">&amp;</span> Theo', "Mara and Theo"),
        (["Sam", "Noor", "Lea"], 'Sam, Noor <span class="amp">&amp;</span> Lea', "Sam, Noor and Lea"),
        ("Mara & Theo", 'Mara <span class="amp">&amp;</span> Theo', "Mara and Theo"),
    ],
)
def test_joining_names(people: list[str] | str, heading: str, plain: str) -> None:
    assert attune.amp(people) == heading
    assert attune.names(people) == plain


@time_machine.travel(datetime(2026, 5, 19, 12, tzinfo=UTC), tick=False)
def test_times_are_told_in_the_readers_zone() -> None:
    moment = datetime(2026, 5, 19, 23, 30, tzinfo=UTC)
    lisbon = SimpleNamespace(time_zone="Europe/Lisbon")
    assert times.local_time(moment, "Europe/Lisbon") == "00:30"
    assert times.weekday_date(moment, lisbon) == "Wednesday 20 May"
    assert times.near_time(moment, "Europe/Lisbon") == "tomorrow, 00:30"
    assert times.near_time(moment, "UTC") == "today, 23:30"
    assert times.near_day(datetime(2026, 5, 21, 9, tzinfo=UTC), "UTC") == "Thu"
    assert times.near_day(datetime(2026, 6, 8, 9, tzinfo=UTC), "UTC") == "8 June"
    assert times.near_day(datetime(2027, 6, 8, 9, tzinfo=UTC), "UTC") == "8 June 2027"
    assert times.near_time(None) == times.local_time(None) == ""


def test_the_bar_beside_a_stop_stays_inside_its_frame() -> None:
    assert 'width="0"' in attune.amount(0, 4)
    assert 'width="26"' in attune.amount(2, 4)
    assert attune.amount(9, 4).count('width="52"') == 2
    assert attune.amount(1, 0)


# ── fields ───────────────────────────────────────────────────────────────────


def test_an_error_stands_beside_its_field_and_is_read_with_it() -> None:
    form = Invitation({"email": PAINFUL, "role": "owner", "token": "t"})
    html = render('{% include "components/form.html" %}', form=form)
    control = re.search(r'<input type="email"[^>]*>', html)
    assert control
    assert 'aria-invalid="true"' in control[0]
    described = re.search(r'aria-describedby="([^"]+)"', control[0])
    assert described
    assert described[1].split() == ["id_email_helptext", "id_email_error"]
    for spot in described[1].split():
        assert f'id="{spot}"' in html
    assert "<script" not in html
    assert "&lt;script&gt;" in html, "what was typed is kept, as text"


def test_the_summary_leads_to_every_error() -> None:
    form = Invitation({"token": ""})
    html = render('{% include "components/error_summary.html" %}', form=form)
    whole = render('{% include "components/form.html" %}', form=form)
    targets = re.findall(r'href="#([^"]+)"', html)
    assert targets == ["id_email", "id_role", "id_agree"]
    for target in targets:
        assert f'id="{target}"' in whole
    assert "data-error-summary" in html


def test_a_form_without_errors_has_no_summary() -> None:
    html = render('{% include "components/form.html" %}', form=Invitation())
    assert "error-summary" not in html
    assert html.count("<legend") == 1
    assert 'type="hidden"' in html
    assert "optional" in html


def test_a_hint_given_by_the_page_is_announced_too() -> None:
    form = Invitation()
    html = render('{% include "components/field.html" with field=form.note hint="Only they read it." %}', form=form)
    assert 'aria-describedby="id_note_helptext"' in html
    assert 'id="id_note_helptext"' in html


def test_the_scale_keeps_the_answer_and_names_its_ends() -> None:
    html = render(
        '{% include "components/scale.html" with name="q" stops=stops low="Far" high="Close" value="0" %}',
        stops=list(range(11)),
    )
    assert html.count('type="radio"') == 11
    assert html.count("checked") == 1
    assert re.search(r'value="0" checked', html)
    assert "scale--11" in html
    assert ", Far" in html
    assert ", Close" in html


def test_choices_may_be_left_out_kindly() -> None:
    options = [{"value": "a", "label": PAINFUL}, {"value": "b", "label": "B"}]
    html = render('{% include "components/choices.html" with name="q" value="none" quiet=True %}', options=options)
    assert "I would rather not say" in html
    assert re.search(r'value="none" checked', html)
    assert "<script" not in html
    many = render('{% include "components/choices.html" with name="q" multiple=True %}', options=options, chosen=["b"])
    assert many.count('type="checkbox"') == 2
    assert re.search(r'value="b" checked', many)


# ── skeletons ────────────────────────────────────────────────────────────────

PORTAL = '{% extends "components/portal.html" %}{% block title %}Today{% endblock %}'


def test_the_portal_offers_leave_and_three_tabs() -> None:
    html = Template(PORTAL + "{% block section %}together{% endblock %}").render(
        RequestContext(RequestFactory().get("/"))
    )
    assert "data-leave" in html
    assert 'rel="noreferrer"' in html
    assert html.count("aria-current") == 1
    assert '<meta name="referrer" content="same-origin">' in html
    assert '<meta name="robots" content="noindex">' in html
    assert "Attune" not in re.sub(r"<script.*?</script>|href=\S+|src=\S+", "", html, flags=re.S)


def test_a_dock_takes_the_place_of_the_tabs() -> None:
    html = Template(PORTAL + '{% block dock %}<button class="btn">Go</button>{% endblock %}').render(
        RequestContext(RequestFactory().get("/"))
    )
    assert 'class="dock"' in html
    assert '<button class="btn">Go</button>' in html
    assert 'class="tabs"' not in html


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_an_error_page_needs_nothing_to_be_shown(name: str) -> None:
    html = render_to_string(name)
    assert "<h1>" in html
    assert "practice/attune.css" in html


def test_no_page_part_carries_style_or_script_of_its_own() -> None:
    root = Path(__file__).parents[2] / "templates"
    for path in (root / "components").glob("*.html"):
        text = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text), path
        for script in re.findall(r"<script[^>]*>", text):
            assert "nonce=" in script, path
            assert "src=" in script, path


def test_the_stylesheet_finds_its_fonts_by_relative_addresses() -> None:
    css = Path(finders.find("practice/attune.css")).read_text()
    addresses = re.findall(r'url\("([^"]+)"\)', css)
    assert len(addresses) == 4
    for address in addresses:
        assert finders.find(f"practice/{address}"), address
    assert "!important" not in re.sub(r"/\*.*?\*/", "", css, flags=re.S)


@pytest.mark.parametrize(("is_signed_in", "fonts"), [(True, set(LETTERS)), (False, set())])
def test_fonts_that_were_kept_since_the_sign_in_are_asked_for_at_once(is_signed_in: bool, fonts: set[str]) -> None:
    request = SimpleNamespace(user=SimpleNamespace(is_authenticated=is_signed_in), csp_nonce="once")
    html = render_to_string("components/base.html", {"request": request})
    links = re.findall(r'<link rel="preload" as="font" type="font/woff2" href="/static/([^"]+)" crossorigin>', html)
    css = Path(finders.find("practice/attune.css")).read_text()
    assert set(links) == fonts == {one for one in links if f'url("{one.removeprefix("practice/")}")' in css}


# ── leaving ──────────────────────────────────────────────────────────────────


@override_settings(ATTUNE_LEAVE_URL="https://weather.example/")
def test_the_plain_link_leaves_without_script() -> None:
    response = leave(RequestFactory().get("/leave/"))
    assert response.status_code == 302
    assert response["Location"] == "https://weather.example/"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]


def test_the_beacon_needs_no_page_and_clears_what_it_can() -> None:
    response = leave(RequestFactory().post("/leave/"))
    assert response.status_code == 204
    assert "storage" in response["Clear-Site-Data"]
