"""An installation as it stands in the world: what it refuses to start with, and what every answer of it carries."""

from __future__ import annotations

import html
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import Client as Browser
from django.test import override_settings
from django.urls import get_resolver, path

ROOT = Path(settings.BASE_DIR)
#: Random ones, made for this file alone.
WHOLE = {
    "ATTUNE_ENV": "production",
    "SECRET_KEY": "qG7wVt2mXc9ZrB4nKd8sLp3yHf6uJa1eTo5iWx0vCbNzRkQhYg-MjDs",
    "ATTUNE_MASTER_KEY": "n3Jm8QpYw2vT6rXc1ZsKd9FbGh4LaUe7Ri5No0Mtq-k=",
    "DATABASE_URL": "postgresql://attune_login:x@db.invalid/attune",
    "CELERY_BROKER_URL": "rediss://broker.invalid:6379/0",
    "ATTUNE_HOSTS": "care.example.org",
    "ATTUNE_URL": "https://care.example.org",
    "EMAIL_HOST": "mail.invalid",
    "ATTUNE_FROM_EMAIL": "Attune <hello@example.org>",
    "ATTUNE_STATE": "/nonexistent",
}


def settings_with(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> dict[str, Any]:
    """Read the settings anew, as a process with this environment would."""
    for name in [one for one in os.environ if one.startswith(("ATTUNE_", "EMAIL_", "SECRET_", "DATABASE_", "CELERY_"))]:
        monkeypatch.delenv(name)
    for name, value in (WHOLE | changes).items():
        if value is not None:
            monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "practice" / "settings.py"))


# ── what it does not start with ──────────────────────────────────────────────


def test_b105_it_starts_with_what_the_readme_asks_for(monkeypatch):
    assert settings_with(monkeypatch)["PRODUCTION"]


@pytest.mark.parametrize("name", [one for one in WHOLE if one not in ("ATTUNE_ENV", "ATTUNE_STATE")])
def test_b105_what_is_missing_stops_the_start_and_is_named(monkeypatch, name):
    for value in (None, ""):
        with pytest.raises(ImproperlyConfigured, match=name):
            settings_with(monkeypatch, **{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "only-for-this-machine-" + "x" * 40),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEYS_OLD", f"{WHOLE['SECRET_KEY']} short"),
        ("ATTUNE_MASTER_KEY", "short"),
        ("ATTUNE_MASTER_KEY", "A" * 43 + "="),
        ("ATTUNE_MASTER_KEYS_ALSO", "A" * 43 + "="),
        ("ATTUNE_HOSTS", "*"),
        ("ATTUNE_HOSTS", "care.example.org, *.example.org"),
        ("ATTUNE_URL", "http://care.example.org"),
        ("DATABASE_URL", "sqlite:///attune.db"),
    ],
)
def test_b105_what_could_be_guessed_or_is_no_such_thing_stops_the_start(monkeypatch, name, value):
    with pytest.raises(ImproperlyConfigured, match=name.removesuffix("S_ALSO")) as refused:
        settings_with(monkeypatch, **{name: value})
    assert value not in str(refused.value), "a secret is not repeated where it is refused"


def test_b105_the_key_that_every_developer_has_stops_the_start(monkeypatch):
    known = settings_with(monkeypatch, ATTUNE_ENV="")["DEVELOPMENT_KEY"]
    for name in ("ATTUNE_MASTER_KEY", "ATTUNE_MASTER_KEYS_ALSO"):
        with pytest.raises(ImproperlyConfigured, match="can be guessed"):
            settings_with(monkeypatch, **{name: known})


def test_b105_nothing_of_the_demo_works_in_production(monkeypatch):
    found = settings_with(
        monkeypatch, ATTUNE_DEMO="1", ATTUNE_LOCAL_PROVIDERS="1", ATTUNE_WEB_PORT="1", ATTUNE_TEXTS_PORT="1"
    )
    assert not found["DEMO"]
    assert not found["ATTUNE_LOCAL_PROVIDERS"]
    assert found["STAFF_NEED_SECOND_FACTOR"]
    assert found["ATTUNE_SMS_URL"] == found["ATTUNE_SMS_FROM"] == found["ATTUNE_VAPID_KEY"] == ""


#: What secrets look like, wherever they come from.
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"
    r"|\bxox[abpr]-[A-Za-z0-9-]{20}|\bsk_live_[A-Za-z0-9]{20}|\bSG\.[\w-]{20}\.[\w-]{40}|\bglpat-[\w-]{20}"
)
#: Without one of these there is none, and most files are done with.
MARKS = (b"PRIVATE KEY", b"AKIA", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"xox", b"sk_live_", b"SG.", b"glpat-")


def test_b105_no_secret_lies_in_the_tree():
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = told.stdout.decode().split("\0") if told.returncode == 0 else []
    files = [ROOT / one for one in names if one] or [one for one in ROOT.rglob("*.py") if ".venv" not in one.parts]
    texts = {one: one.read_bytes() for one in files if one.is_file()}
    doubtful = {one: text.decode("utf-8", "ignore") for one, text in texts.items() if any(a in text for a in MARKS)}
    assert {str(one) for one, text in doubtful.items() if SECRETS.search(text)} == set()
    assert not {one.name for one in files} & {".env", "id_rsa", "id_ed25519", "credentials.json", ".netrc", ".pgpass"}
    assert SECRETS.search("ghp_" + "a" * 36), "and it would be found"


# ── what it says of itself ───────────────────────────────────────────────────


def test_b104_the_check_of_a_deployment_is_clean():
    """As an operator runs it, in a process of its own; any warning fails it."""
    told = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **WHOLE},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "no issues (0 silenced)" in told.stdout + told.stderr


def test_b104_there_is_no_door_for_whoever_runs_it(monkeypatch):
    """No admin, no debug page, no browsable API: what is not there has no hole."""
    found = settings_with(monkeypatch)
    assert found["DEBUG"] is False
    apps = " ".join(found["INSTALLED_APPS"])
    assert not re.search(r"admin|debug_toolbar|silk|extensions", apps)
    assert found["REST_FRAMEWORK"]["DEFAULT_RENDERER_CLASSES"] == ["rest_framework.renderers.JSONRenderer"]
    [every] = get_resolver().url_patterns
    said = " ".join(str(one.pattern) for one in every.url_patterns)
    assert "account/" in said
    assert not re.search(r"admin|debug", said)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/admin/", "/schema/", "/docs/", "/__debug__/", "/.git/config", "/.env", "/static/",
        "/static/practice/",
        "/static/../practice/settings.py", "/static/%2e%2e/practice/settings.py", "/static/practice/js/htmx.min.js.map",
        "/media/", "/server-status", "/metrics", "/.well-known/../manage.py", "/uv.lock", "/pyproject.toml",
    ],
)  # fmt: skip
def test_b104_nothing_lies_open(address):
    answer = Browser().get(address)
    assert answer.status_code == 404, address


def test_b104_scripts_name_no_map_and_no_page_a_version():
    for script in (ROOT / "practice" / "static").rglob("*.js"):
        assert "sourceMappingURL" not in script.read_text("utf-8"), script.name
    for template in (ROOT / "templates").rglob("*.html"):
        assert not re.search(r'name="generator"|X-Powered-By', template.read_text("utf-8")), template.name


# ── what goes along with every answer ────────────────────────────────────────


@login_not_required
def breaks(request: HttpRequest) -> HttpResponse:
    raise ValueError("words of somebody")


urlpatterns = [*get_resolver("practice.urls").url_patterns, path("account/breaks/", breaks)]
handler500 = "practice.views.errors.server_error"

STRICT = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.fixture
def outside(monkeypatch) -> Any:
    """A browser out in the world, before an installation with production's own settings for browsers."""
    found = settings_with(monkeypatch)
    names = [one for one in found if one.startswith(("SECURE_", "SESSION_COOKIE_", "CSRF_", "ALLOWED_", "ATTUNE_URL"))]
    with override_settings(**{name: found[name] for name in names}, ROOT_URLCONF=__name__):
        browser = Browser(headers={"host": "care.example.org"})
        browser.raise_request_exception = False
        yield browser


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/account/login/", 200),
        ("/", 302),
        ("/today/", 302),
        ("/nothing-here/", 404),
        ("/account/breaks/", 500),
        ("/account/logout/", 302),
        ("/static/practice/attune.css", 200),
        ("/static/practice/icon.svg", 200),
        ("/static/nothing.css", 404),
        ("/hooks/mail/", 405),
        ("/manifest.webmanifest", 200),
    ],
)
def test_b88_b89_every_answer_is_strict(outside, address, status):
    answer = outside.get(address, secure=True)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in STRICT} == STRICT
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert address.startswith("/static/") or answer.headers["Cache-Control"] == "no-store"
    assert not {"Server", "X-Powered-By", "Via"} & set(answer.headers)


@pytest.mark.django_db
def test_b89_b97_what_is_refused_before_any_page_is_as_strict(outside):
    """A wrong host and plain HTTP are turned away by the outermost parts: their answers carry the same."""
    elsewhere = outside.get("/account/login/", secure=True, headers={"host": "evil.example"})
    plain = outside.get("/account/login/")
    assert (elsewhere.status_code, plain.status_code) == (400, 301)
    assert plain.headers["Location"] == "https://care.example.org/account/login/"
    for answer in (elsewhere, plain):
        found = {name: answer.headers.get(name) for name in STRICT}
        assert {**found, "Strict-Transport-Security": STRICT["Strict-Transport-Security"]} == STRICT
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "care.example.org.evil.example", "care.example.org@evil.example", "care.example.org:evil",
        "evil.example#care.example.org", "", "[::1]", "localhost",
    ],
)  # fmt: skip
def test_b97_another_host_is_refused(outside, host):
    answer = outside.get("/account/login/", secure=True, headers={"host": host})
    assert answer.status_code == 400
    assert host not in answer.content.decode() or not host


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-host": "evil.example"},
        {"forwarded": "host=evil.example;proto=http"},
        {"x-host": "evil.example"},
        {"x-original-url": "/desk/"},
        {"x-rewrite-url": "/desk/"},
        {"x-http-method-override": "DELETE"},
        {"x-forwarded-proto": "http"},
        {"x-forwarded-port": "1"},
    ],
)
def test_b97_forwarded_headers_change_nothing(outside, headers, mailoutbox, mara):
    same, other = (outside.get("/account/login/", secure=True, headers=one) for one in ({}, headers))
    assert (same.status_code, other.status_code) == (200, 200)
    assert "evil.example" not in other.content.decode() + str(other.headers)
    sent = outside.post("/account/password/reset/", {"email": mara.user.email}, secure=True, headers=headers)
    assert sent.status_code == 302
    assert "evil.example" not in sent["Location"] + "".join(one.body for one in mailoutbox)


@pytest.mark.django_db
def test_b97_plain_http_cannot_be_called_safe_by_a_header(outside):
    """Only an installation that says that a proxy stands before it believes the proxy's word."""
    assert outside.get("/account/login/", headers={"x-forwarded-proto": "https"}).status_code == 301


def test_b97_an_installation_behind_a_proxy_believes_exactly_one(monkeypatch):
    alone, behind = settings_with(monkeypatch), settings_with(monkeypatch, ATTUNE_BEHIND_PROXY="1")
    assert "SECURE_PROXY_SSL_HEADER" not in alone
    assert "ALLAUTH_TRUSTED_PROXY_COUNT" not in alone
    assert behind["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert behind["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1
    assert not behind.get("USE_X_FORWARDED_HOST")


# ── what parts of pages may do ───────────────────────────────────────────────


@pytest.mark.django_db
def test_b93_parts_of_pages_run_nothing_keep_nothing_and_ask_nobody_else(client):
    """What htmx may do stands on every page: no code out of attributes, no scripts in parts, no copies kept."""
    page = client.get("/account/login/").content.decode()
    said = json.loads(html.unescape(re.search(r"name=\"htmx-config\" content='([^']*)'", page)[1]))
    assert said["allowEval"] is said["allowScriptTags"] is said["includeIndicatorStyles"] is False
    assert said["historyCacheSize"] == 0
    assert said["selfRequestsOnly"] is True


def test_b93_no_template_lets_a_value_become_an_attribute_of_htmx():
    """A name of such an attribute is written by hand, and never out of what somebody typed."""
    calls_code = r"hx-(?:on|vals|headers|ext|vars)[\w:.-]*=[\"'](?:js|javascript):"
    made = re.compile(r"hx-\{\{|\{\{[^}]*\}\}=|" + calls_code, re.IGNORECASE)
    templates = [*(ROOT / "templates").rglob("*.html"), *ROOT.glob("*/templates/**/*.html")]
    assert len(templates) > 100
    assert {str(one) for one in templates if made.search(one.read_text("utf-8"))} == set()
