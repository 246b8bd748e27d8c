"""What every test pays for and none is about, paid once: nothing here changes what a test sees."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest


def settle() -> None:
    """What stands now stands until the end: the collector need not look through it each time."""
    gc.collect()
    gc.freeze()


def pytest_collection_finish() -> None:
    gc.set_threshold(20_000, 20, 20)
    settle()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Between two files, when what one of them built is gone."""
    yield
    if nextitem is not None and nextitem.path != item.path:
        settle()


@pytest.fixture(autouse=True, scope="session")
def _static_files_are_found_once() -> Iterator[None]:
    """Each test browser has middleware of its own, and WhiteNoise's looks through all folders when it is made."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    look, found = WhiteNoiseMiddleware.add_files_from_finders, dict[str, Any]()

    def remember(self: WhiteNoiseMiddleware) -> None:
        if not found:
            look(self)
            found.update(self.files)
        self.files.update(found)

    with mock.patch.object(WhiteNoiseMiddleware, "add_files_from_finders", remember):
        yield


@pytest.fixture(autouse=True, scope="session")
def _contexts_are_kept_of_pages_alone() -> Iterator[None]:
    """The test browser copies the context of every template; tests ask for the page's, not for its parts'."""
    from django.test import client

    keep = client.store_rendered_templates

    def keep_page(store: dict[str, Any], signal: Any, sender: Any, template: Any, context: Any, **more: Any) -> None:
        if context.template is template:
            keep(store, signal, sender, template, context, **more)

    with mock.patch.object(client, "store_rendered_templates", keep_page):
        yield
