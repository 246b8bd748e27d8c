"""The press fetches nothing and names nobody."""

from __future__ import annotations

import resource
import socket
from datetime import date
from pathlib import Path

import pytest
from weasyprint import CSS, HTML

from reports import press
from reports.pdf import NotPrinted
from tests.reports.reading import png


def test_b85_page_fetches_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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


def test_b85_fetcher_refuses_all_but_its_own() -> None:
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


def test_b85_nothing_reaches_the_network_while_a_report_is_printed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = server.getsockname()
        with press.without_network():
            with pytest.raises(PermissionError):
                socket.create_connection(where, timeout=1)
            with pytest.raises(PermissionError):
                socket.getaddrinfo("localhost", 80)
        socket.create_connection(where, timeout=1).close()


def test_b86_a_report_that_takes_too_much_memory_ends_and_the_process_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_args: object, **_options: object) -> None:
        bytearray(2 * press.MOST_MEMORY)

    monkeypatch.setattr(press.HTML, "render", greedy)
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError):
        press.print_html("<p>x</p>", {}, issued=date(2026, 1, 1))
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    bytearray(2 * press.MOST_MEMORY)


@pytest.mark.parametrize("rows", range(29, 34))
def test_what_closes_a_paper_never_stands_alone_on_a_page(rows: int) -> None:
    style = Path(press.__file__).parent / "static" / "reports" / "paper.css"
    table = "".join(f"<tr><th>row {n}</th><td>x</td></tr>" for n in range(rows))
    html = (
        f'<main><section class="part"><table class="rows"><tbody>{table}</tbody></table></section>'
        '<section class="closing"><div class="colophon"><p>About</p></div><p class="verify">code</p></section></main>'
    )
    last = HTML(string=html).render(stylesheets=[CSS(filename=str(style))]).pages[-1]
    words = [box.text for box in last._page_box.descendants() if isinstance(getattr(box, "text", None), str)]
    assert "About" in words
    assert any("row" in one for one in words)
