"""What code may not do outside of the few places that are named here, each with its reason.

Rows with practice data are reached through the bound manager and the walls; everything that could go around them, or
put somebody's words on a page unescaped, or let anything out, is in a list that is read when it grows.
"""

from __future__ import annotations

import ast
import pathlib
import re
from collections.abc import Iterator

from django.conf import settings

ROOT = pathlib.Path(settings.BASE_DIR)
APPS = ("practice", "clients", "exercises", "reports")

#: What is looked for, and the files that may: whole folders end in "/".
ALLOWED: dict[str, set[str]] = {
    # Binding the asker, clocks, locks, counters and the catalogue: SQL of our own, never with anything typed in it.
    "raw SQL": {
        "practice/alarms.py", "practice/audit.py", "practice/checks.py", "practice/clock.py", "practice/grants.py",
        "practice/handing_off.py", "practice/ledger.py", "practice/pace.py", "practice/tenancy.py",
        "practice/watchdog.py", "clients/duty.py", "exercises/loading.py", "exercises/reminder_facts.py",
        "reports/releases.py", "reports/demo/",
        # keys, the trail, limits, backups
        "practice/models/keys.py", "practice/sealing.py", "practice/rotating.py", "practice/anchoring.py",
        "practice/limits.py", "practice/limiter.py", "practice/backups.py", "practice/management/",
        # an advisory lock; a seal that moves between two moments
        "exercises/holding.py",
    },
    # Prose that was escaped before, and a page shown inside of a frame.
    "mark_safe": {"exercises/prose.py", "reports/previewing.py", "practice/templatetags/attune.py"},
    # A mailbox's one click, providers' signed calls, a beacon while leaving.
    "csrf_exempt": {
        "practice/views/hooks.py", "practice/views/text_hooks.py", "practice/leaving.py", "clients/views/stop.py",
    },
    "eval": set(),
    # Servers of the demo and of tests; dumps.
    "subprocess": {"practice/local/", "practice/backups.py", "practice/management/", "practice/restoring.py"},
    # Mail, gateways and push services, all through practice/outside.py; the demo's own ports.
    "outbound": {
        "practice/mail.py", "practice/outside.py", "practice/channels/", "practice/local/", "reports/demo/",
    },
    "unbound manager": {"reports/releases.py", "exercises/holding.py"},
    "pickle": set(),
}  # fmt: skip

MODULES = {
    "subprocess": "subprocess",
    "socket": "outbound",
    "smtplib": "outbound",
    "http.client": "outbound",
    "urllib.request": "outbound",
    "requests": "outbound",
    "httpx": "outbound",
    "pickle": "pickle",
    "marshal": "pickle",
}
NAMES = {"mark_safe": "mark_safe", "csrf_exempt": "csrf_exempt", "RawSQL": "raw SQL", "eval": "eval", "exec": "eval"}
ATTRIBUTES = {
    "cursor": "raw SQL",
    "raw": "raw SQL",
    "extra": "raw SQL",
    "_base_manager": "unbound manager",
    "_default_manager": "unbound manager",
    "popen": "subprocess",
    "system": "subprocess",
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def done_in(tree: ast.Module) -> set[str]:
    """What of the list a file does."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {MODULES[one.name] for one in node.names if one.name in MODULES}
        elif isinstance(node, ast.ImportFrom):
            found |= {MODULES[node.module]} if node.module in MODULES else set()
            found |= {NAMES[one.name] for one in node.names if one.name in NAMES}
        elif isinstance(node, ast.Call):
            name = node.func
            if isinstance(name, ast.Name) and name.id in NAMES:
                found.add(NAMES[name.id])
            elif isinstance(name, ast.Attribute) and name.attr in ATTRIBUTES and not is_own_verb(name):
                found.add(ATTRIBUTES[name.attr])
        elif isinstance(node, ast.Attribute) and node.attr in ("_base_manager", "_default_manager"):
            found.add("unbound manager")
    return found


def is_own_verb(name: ast.Attribute) -> bool:
    """A module or object of ours may have a function of the same name: ``self.extra()``, ``elements.extra()``."""
    return name.attr in ("extra", "raw") and isinstance(name.value, ast.Name)


def may(path: str, what: str) -> bool:
    return any(path == one or (one.endswith("/") and path.startswith(one)) for one in ALLOWED[what])


def test_b55_nothing_goes_around_the_walls_out_of_the_house_or_unescaped_outside_the_named_places():
    assert [(path, what) for path, tree in sources() for what in sorted(done_in(tree)) if not may(path, what)] == []


def test_b55_the_rule_sees_what_it_is_for():
    wrong = {
        "from django.utils.safestring import mark_safe": "mark_safe",
        "from django.db import connection\nconnection.cursor()": "raw SQL",
        "Couple.objects.raw('x')": "raw SQL",
        "Couple.objects.extra(where=['x'])": "raw SQL",
        "Couple._base_manager.all()": "unbound manager",
        "import subprocess": "subprocess",
        "import urllib.request": "outbound",
        "eval('1')": "eval",
        "from django.views.decorators.csrf import csrf_exempt": "csrf_exempt",
    }
    assert {text: done_in(ast.parse(text)) for text in wrong} == {text: {what} for text, what in wrong.items()}


#: Templates whose words are plain text, not HTML.
PLAIN = (".txt",)
#: Text that a model of ours rendered and escaped itself (exercises/prose.py).
UNESCAPED = re.compile(r"\|\s*safe\b|{%\s*autoescape\s+off|\|\s*safeseq\b")


def test_b55_no_page_switches_escaping_off():
    pages = [path for path in (ROOT / "templates").rglob("*") if path.is_file() and path.suffix not in PLAIN]
    assert len(pages) > 100
    assert [str(path.relative_to(ROOT)) for path in pages if UNESCAPED.search(path.read_text())] == []


def test_b55_every_manager_of_a_table_with_practice_data_is_bound():
    from django.apps import apps

    from practice.models.base import BoundManager, PracticeModel

    models = [one for one in apps.get_models() if issubclass(one, PracticeModel)]
    assert len(models) > 50
    assert [one for one in models if not all(isinstance(it, BoundManager) for it in one._meta.managers)] == []
