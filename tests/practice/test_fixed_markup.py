"""What stands still in templates is rendered once for each language; what is somebody's never is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Engine
from django.urls import clear_script_prefix, set_script_prefix
from django.utils import translation

from practice.fixed_markup import Still, is_fixed

PERSON = {"name": "<Ines> & Co", "word": "Monday", "where": "library", "pk": 1, "glyph": "check", "lane": "private"}
DJANGOS_OWN = "django.template.loaders.cached.Loader"
OURS = "practice.fixed_markup.Loader"
PAGE = """{% extends "layout" %}{% load i18n static attune %}
{% block title %}{% translate "Monday" %}{% endblock %}
{% block content %}{% translate "Tuesday" as day %}<h1 class="{% static 'practice/attune.css' %}">{{ day }}</h1>
{% for one in many %}<a href="{% url 'library' %}">{% icon "check" 20 %}{% translate "Wednesday" %} {{ one }}</a>
{% if forloop.first %}{% blocktranslate %}Friday{% endblocktranslate %}{% else %}{% lane_tag "own" %}{% endif %}
{% endfor %}{% include "part" with word=name %}{% endblock %}"""
LAYOUT = """{% load i18n %}{% get_current_language as LANGUAGE_CODE %}<html lang="{{ LANGUAGE_CODE }}">
<title>{% block title %}{% translate "Sunday" %}{% endblock %}</title>{% block content %}{% endblock %}"""
PART = """{% load i18n %}{% url 'home' as address %}
{% if address %}<a href="{{ address }}">{% translate "Saturday" %}</a>
{{ word }}{% endif %}"""


def engine(templates: dict[str, str], loader: str = OURS) -> Engine:
    inner = ("django.template.loaders.locmem.Loader", templates)
    builtins = settings.TEMPLATES[0]["OPTIONS"]["builtins"]
    libraries = {"i18n": "django.templatetags.i18n", "static": "django.templatetags.static"}
    libraries["attune"] = "practice.templatetags.attune"
    return Engine(loaders=[(loader, [inner])], builtins=builtins, libraries=libraries)


def said(by: Engine, language: str = "en-gb", **values: object) -> str:
    with translation.override(language):
        return by.get_template("page").render(Context(PERSON | {"many": ["one", "two"]} | values))


def kept(by: Engine) -> Iterator[str]:
    for node in by.get_template("page").nodelist.get_nodes_by_type(Still):
        yield from (text for text, _named in node.kept.values())


def test_a_page_is_what_django_makes_of_it_in_each_language_and_each_time() -> None:
    templates = {"page": PAGE, "layout": LAYOUT, "part": PART}
    ours, djangos = engine(templates), engine(templates, DJANGOS_OWN)
    for language in ("en-gb", "de", "en-gb", "de"):
        assert said(ours, language=language) == said(djangos, language=language)
    assert "Montag" in said(ours, language="de")
    assert "Monday" in said(ours, language="en-gb")


def test_what_lies_side_by_side_is_one_piece_and_what_is_somebodys_stands_between() -> None:
    ours = engine({"page": '{% load i18n %}<b>{% translate "Monday" %}</b>{{ name }}<i>{% translate "Friday" %}</i>'})
    assert said(ours, language="de") == "<b>Montag</b>&lt;Ines&gt; &amp; Co<i>Freitag</i>"
    assert said(ours, language="de", name="Theo") == "<b>Montag</b>Theo<i>Freitag</i>"
    assert list(kept(ours)) == ["<b>Montag</b>", "<i>Freitag</i>"]


@pytest.mark.parametrize(
    "source",
    [
        "{{ name }}",
        "{% translate word %}",
        '{% translate "Monday"|add:name %}',
        '{% translate "Monday" context word %}',
        "{% blocktranslate %}For {{ name }}{% endblocktranslate %}",
        "{% blocktranslate with one=name %}For {{ one }}{% endblocktranslate %}",
        "{% blocktranslate count n=pk %}one{% plural %}many{% endblocktranslate %}",
        "{% url where %}",
        "{% url 'session_sheet' pk %}",
        "{% url 'couple' pk=pk %}",
        "{% static name %}",
        "{% icon glyph 20 %}",
        '{% icon "check" pk %}',
        "{% lane_tag lane %}",
        '{% state "done" name %}',
        '{% who "Ines" 1 %}',
        "{% now_date %}",
        "{% csrf_token %}",
        '{% include "part" %}',
        "{% if pk %}x{% endif %}",
        "{% firstof name word %}",
    ],
)
def test_whatever_looks_at_a_variable_is_rendered_for_each(source: str) -> None:
    nodes = engine({"page": "{% load i18n static attune %}" + source}).get_template("page").nodelist
    assert not is_fixed(nodes[-1])
    assert not isinstance(nodes[-1], Still)


def test_a_template_that_changed_is_rendered_anew(tmp_path: Path) -> None:
    here = engine({})
    here.loaders = [(OURS, [("django.template.loaders.filesystem.Loader", [str(tmp_path)])])]
    (tmp_path / "page").write_text('{% load i18n %}{% translate "Monday" %}')
    assert said(here, language="de") == "Montag"
    (tmp_path / "page").write_text('{% load i18n %}{% translate "Friday" %}')
    for loader in here.template_loaders:
        loader.reset()
    assert said(here, language="de") == "Freitag"


def test_an_address_follows_where_attune_is_mounted() -> None:
    ours = engine({"page": "{% url 'library' %}"})
    assert said(ours) == "/desk/library/"
    set_script_prefix("/attune/")
    try:
        assert said(ours) == "/attune/desk/library/"
    finally:
        clear_script_prefix()
