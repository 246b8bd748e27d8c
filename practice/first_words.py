"""Addresses found by the words that they begin with: of some four hundred, a handful is tried for each request.

Django tries one address after the other, in their order. Which of them a path can lead to, its first two words tell:
these are tried, in the same order, and by Django itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from django.urls import ResolverMatch, URLPattern, URLResolver
from django.urls.resolvers import RoutePattern

Address = URLPattern | URLResolver
Words = tuple[str, ...]
#: How many are looked at.
WORDS = 2


class ByFirstWords(URLResolver):
    """All the addresses of a site, each of them where it stood."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        super().__init__(RoutePattern(""), addresses)
        #: By words that addresses begin with, those that such a path can lead to.
        self._tried: dict[Words, URLResolver] = {}

    def resolve(self, path: str) -> ResolverMatch:
        words = tuple(str(path).split("/", WORDS)[:WORDS])
        while words and words not in self._known:
            words = words[:-1]
        found = self._tried.get(words)
        if found is None:
            found = self._tried[words] = URLResolver(RoutePattern(""), list(self._led_to_by(words)))
        return found.resolve(path)

    def _led_to_by(self, words: Words) -> Iterator[Address]:
        for one in self._flat:
            begins_with = _begins_with(one)
            if begins_with == words[: len(begins_with)]:
                yield one

    @cached_property
    def _flat(self) -> list[Address]:
        return list(_without_folds(self.url_patterns))

    @cached_property
    def _known(self) -> frozenset[Words]:
        begins = [_begins_with(one) for one in self._flat]
        return frozenset(words[:count] for words in begins for count in range(1, len(words) + 1))


def _without_folds(addresses: Sequence[Address]) -> Iterator[Address]:
    """Yield addresses as if none had been included under nothing but its own name."""
    for one in addresses:
        if isinstance(one, URLResolver) and str(one.pattern) == "" and not (one.namespace or one.default_kwargs):
            yield from _without_folds(one.url_patterns)
        else:
            yield one


def _begins_with(one: Address) -> Words:
    """Return the words that every path to an address begins with, as far as they are looked at."""
    if not isinstance(one.pattern, RoutePattern):
        return ()
    route = str(one.pattern)
    words = route.split("/")
    if isinstance(one, URLResolver):
        words.pop()  # it may go on
    fixed = next((at for at, word in enumerate(words) if "<" in word), len(words))
    return tuple(words[: min(fixed, WORDS)])
