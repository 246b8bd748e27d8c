"""An address is found by the words that it begins with, and it is the one that Django finds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, include, path, re_path
from django.urls.resolvers import RoutePattern

from practice.first_words import ByFirstWords

SAMPLES = {"uuid": str(uuid.UUID(int=7)), "int": "3", "slug": "one-word", "str": "some"}
HERE = get_resolver("practice.urls").url_patterns[0]


def view(request: HttpRequest) -> HttpResponse:
    raise AssertionError("Only looked for.")


def routes(resolver: URLResolver, above: str = "") -> Iterator[str]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from routes(one, above + str(one.pattern))
        elif isinstance(one, URLPattern) and isinstance(one.pattern, RoutePattern):
            yield above + str(one.pattern)


def some_path(route: str) -> str:
    for kind, sample in SAMPLES.items():
        while f"<{kind}:" in route:
            begins = route.index(f"<{kind}:")
            route = route[:begins] + sample + route[route.index(">", begins) + 1 :]
    return route


def found(resolver: URLResolver, address: str) -> object:
    try:
        match = resolver.resolve(address)
    except Resolver404:
        return None
    return match.func, match.args, match.kwargs, match.view_name, match.route, match.captured_kwargs, match.extra_kwargs


def test_every_address_of_ours_leads_where_it_would_without() -> None:
    plain = URLResolver(RoutePattern(""), HERE.url_patterns)
    every = [some_path(route) for route in routes(HERE)]
    assert len(every) > 300
    for address in [*every, *(one + "more/" for one in every), *(one.rstrip("/") for one in every), "nowhere/at/all/"]:
        assert found(HERE, address) == found(plain, address), address


@pytest.mark.parametrize(
    "address", ["", "one/", "one/two/", "one/two/three/", "one/other/", "one-two/", "two/one/", "any/two/", "3/", "one"]
)
def test_the_first_that_fits_wins_whatever_it_begins_with(address: str) -> None:
    every = [
        path("one/two/", view, {"at": 1}),
        path("<slug:name>/two/", view, {"at": 2}),
        path("one/<slug:name>/", view, {"at": 3}),
        re_path(r"^one/", view, {"at": 4}),
        path("", include([path("one/other/", view, {"at": 5}), path("", view, {"at": 6})])),
        path("one", include([path("-two/", view, {"at": 7}), path("", view, {"at": 8})])),
        path("two/", include([path("one/", view, {"at": 9})]), {"kept": True}),
        path("<int:number>/", view, {"at": 10}),
    ]
    assert found(ByFirstWords(every), address) == found(URLResolver(RoutePattern(""), every), address)


def test_what_leads_nowhere_leaves_nothing_behind() -> None:
    here = ByFirstWords([path("one/two/", view), path("<slug:name>/", view)])
    for number in range(100):
        found(here, f"{number}/x/")
        found(here, f"one/{number}/")
    assert len(here._tried) == 2
