"""The press fetches nothing and names nobody."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from reports import press
from reports.pdf import NotPrinted
from tests.reports.reading import png


def test_page_fetches_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever way a template might ask for something from outside, the report fails instead."""
    secret = tmp_path / "secret.png"
    secret.write_bytes(png())
    for source in (secret.as_uri(), "http://127.0.0.1:1/x.png", "data:image/png;base64,AAAA", "report:other"):
        for markup in (
            f'<img src="{source}" alt="a picture of it">',
            f'<link rel="stylesheet" href="{source}">',
            f'<p style="background: url({source})">x</p>',
            f'<style>@import url("{source}");</style>',
            f'<svg xmlns="http://www.w3.org/2000/svg"><title>A drawing</title><image href="{source}"/></svg>',
        ):
            html = f'<html lang="en"><title>x</title><body><h1>x</h1>{markup}</body></html>'
            with pytest.raises(NotPrinted):
                press.print_html(html, {}, issued=date(2026, 1, 1))


def test_fetcher_refuses_all_but_its_own() -> None:
    from weasyprint.urls import FatalURLFetchingError

    from reports.press import ReportFetcher

    fetcher = ReportFetcher({"report:chart/1": (b"<svg/>", "image/svg+xml")})
    assert fetcher.fetch("report:chart/1").read() == b"<svg/>"
    for address in ("file:///etc/passwd", "http://localhost/", "https://example.org/x", "ftp://x/y", "report:logo"):
        with pytest.raises(FatalURLFetchingError):
            fetcher.fetch(address)
    assert len(fetcher.denied) == 5


def test_failure_names_no_one() -> None:
    html = '<html lang="en"><title>x</title><body><h1>x</h1><img src="report:Mara" alt="Mara and Theo"></body></html>'
    with pytest.raises(NotPrinted) as failure:
        press.print_html(html, {}, issued=date(2026, 1, 1))
    assert "Mara" not in str(failure.value)
    assert failure.value.__cause__ is None
