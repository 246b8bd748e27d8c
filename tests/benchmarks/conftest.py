"""What the benchmarks tell at the end, all of them together."""

from __future__ import annotations

import pytest

from tests.benchmarks import beside


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if beside.FOUND:
        terminalreporter.section("beside their floors")
        terminalreporter.write_line(beside.told())
