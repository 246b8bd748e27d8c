"""Tokens that our pages carry are Django's: it takes them, and nobody sees the same one twice."""

from __future__ import annotations

import re

import pytest
from django.http import HttpRequest
from django.middleware import csrf
from django.test import Client as Browser
from django.urls import reverse

from practice.csrf_tokens import token_of

SECRET = csrf._get_new_csrf_string()


def asking(secret: str = SECRET) -> HttpRequest:
    request = HttpRequest()
    if secret:
        request.META["CSRF_COOKIE"] = secret
    return request


def test_django_takes_the_secret_out_of_it_again() -> None:
    for _ in range(200):
        token = token_of(asking())
        csrf._check_token_format(token)
        assert csrf._does_token_match(token, SECRET)
        assert not csrf._does_token_match(token, csrf._get_new_csrf_string())


def test_each_is_another_and_every_letter_comes_up() -> None:
    every = [token_of(asking()) for _ in range(200)]
    assert len(set(every)) == 200
    assert set("".join(every)) == set(csrf.CSRF_ALLOWED_CHARS)


def test_whoever_has_none_yet_gets_one_and_the_cookie_is_sent_anew() -> None:
    for request in (asking(), asking("")):
        token = token_of(request)
        assert csrf._does_token_match(token, request.META["CSRF_COOKIE"])
        assert request.META["CSRF_COOKIE_NEEDS_UPDATE"]


@pytest.mark.django_db
def test_a_form_of_ours_is_taken_and_one_with_another_token_is_not() -> None:
    browser = Browser(enforce_csrf_checks=True)
    path = reverse("account_login")
    page = browser.get(path).content.decode()
    [token] = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page))
    said = {"login": "nobody@example.org", "password": "wrong"}
    assert browser.post(path, {**said, "csrfmiddlewaretoken": token}).status_code == 200
    assert browser.post(path, {**said, "csrfmiddlewaretoken": token_of(asking())}).status_code == 403
