"""Fixtures of tests that order reports: no broker, and no printer where nothing is read on paper."""

from __future__ import annotations

import pytest

from reports import tasks
from tests.reports.orders import PRINTED


@pytest.fixture
def bells(monkeypatch) -> list[dict[str, str]]:
    """What was rung for, instead of a broker."""
    rings: list[dict[str, str]] = []
    monkeypatch.setattr(tasks.make_report, "delay", lambda **ids: rings.append(ids))
    return rings


@pytest.fixture
def no_printer(monkeypatch) -> None:
    """Print a page that says nothing, at once: for tests of everything around it."""
    monkeypatch.setattr(tasks.pdf, "render", lambda said: PRINTED)
