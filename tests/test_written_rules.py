"""What may be written where: rules about the code itself.

Each list is exact. A file that begins to do such a thing has to be named here, with its reason beside it in the review
that asks for it; a file that has stopped has to go.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APPS = ("practice", "clients", "exercises", "reports")
#: For the demo and for whoever develops: nothing of it runs in a practice.
AT_HOME = ("practice/local/", "reports/demo/")


@cache
def sources() -> dict[str, ast.Module]:
    found = {}
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "/migrations/" not in name and not name.startswith(AT_HOME):
                found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def dotted(node: ast.expr) -> str:
    """Return ``a.b.c`` for what is called or read; ``….c`` where it begins with something unnamed."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value) or '…'}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


@cache
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))


@cache
def calls(tree: ast.Module) -> tuple[tuple[str, ast.Call], ...]:
    return tuple((dotted(node.func), node) for node in nodes(tree) if isinstance(node, ast.Call))


@cache
def imported(tree: ast.Module) -> tuple[str, ...]:
    """Every module and every name that is imported, in full."""
    found = []
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
    return tuple(found)


def where_called(*names: str) -> set[str]:
    """Files that call something of one of these names, whatever it is called on."""
    return {file for file, tree in sources().items() if any(said.split(".")[-1] in names for said, _ in calls(tree))}


def where_imported(*modules: str) -> set[str]:
    return {
        file
        for file, tree in sources().items()
        if any(one == module or one.startswith(f"{module}.") for one in imported(tree) for module in modules)
    }


# ── the database ─────────────────────────────────────────────────────────────

#: SQL by hand, each with what the ORM cannot say.
SQL_BY_HAND = {
    "practice/alarms.py": "counts of all practices, as the role that reads nothing else",
    "practice/api/repeating.py": "a lock on a key that no row stands for yet",
    "practice/api/tokens.py": "a lock on a form that was sent twice",
    "practice/archives.py": "a lock on whoever asks where no row stands yet",
    "practice/audit.py": "the one function that writes a look",
    "practice/backups/releasing.py": "who may connect, as an operator",
    "practice/backups/restoring.py": "fills an empty database, as an operator",
    "practice/backups/taking.py": "reads every table, as the role for that",
    "practice/backups/walls.py": "asks the catalogue what guards the tables",
    "practice/checks.py": "asks who we are",
    "practice/clock.py": "the database's own time",
    "practice/doctor.py": "asks the catalogue for roles, owners and policies",
    "practice/grants.py": "rights, after migrations",
    "practice/handing_off.py": "one trip instead of three, for each message",
    "practice/held.py": "waits for hand-offs, and is waited for",
    "practice/ledger.py": "sums of the outbox",
    "practice/limits.py": "an atomic counter of tries",
    "practice/own_line.py": "binds a line beside Django's",
    "practice/pace.py": "an atomic counter",
    "practice/readiness.py": "what the catalogue says of roles and policies, beside Django",
    "practice/replica.py": "how far primary and replica are",
    "practice/rotating.py": "rows whose texts go to another key, as they lie",
    "practice/sealing.py": "the seals of the audit trail",
    "practice/indexing.py": "indexes beside work, in migrations",
    "practice/partitions.py": "tables in parts, and whole again, as the owner",
    "practice/tenancy.py": "binds who is asking",
    "practice/trips.py": "joins what others say",
    "practice/walls.py": "policies, in migrations",
    "practice/watchdog.py": "a line of its own, beside Django",
    "practice/webhooks.py": "a lock on a form that was sent twice",
    "practice/written/changes.py": "new rows as Django writes them, what repeats written once",
    "practice/written/literals.py": "asks the driver how a value is written that is no id and no moment",
    "practice/written/prepared.py": "asks who answers",
    "practice/written/queries.py": "sends what Django wrote, and a lock on what no row stands for",
    "practice/management/commands/make_roles.py": "makes the roles, as an operator",
    "practice/management/commands/migrate.py": "how long it waits for a table",
    "clients/duty.py": "locks",
    "clients/erasing.py": "a lock on whoever is erased",
    "clients/scope.py": "what Django wrote, kept for the next one who asks",
    "exercises/loading.py": "locks",
    "exercises/reminder_facts.py": "one trip for all that forbids a reminder",
    "exercises/sharing/turns.py": "a lock on what no row stands for yet",
}


def executes(tree: ast.Module) -> bool:
    by_hand = ("execute", "executemany", "RawSQL", "mogrify", "as_literal")
    return any(said.split(".")[-1] in by_hand or said.endswith("objects.raw") for said, _ in calls(tree))


def test_b55_sql_is_written_by_hand_in_known_files_alone():
    assert {file for file, tree in sources().items() if executes(tree)} == set(SQL_BY_HAND)


def test_b55_no_value_is_pasted_into_sql():
    """What is executed is a text that stands there, or one made of names that stand there."""
    pasted = {
        (file, node.lineno)
        for file, tree in sources().items()
        for said, node in calls(tree)
        if said.endswith(("cursor.execute", "cursor.executemany", ".raw", "RawSQL"))
        and node.args
        and not isinstance(node.args[0], ast.Constant | ast.Name | ast.Starred | ast.Attribute)
    }
    assert {file for file, _line in pasted} <= {
        "practice/tenancy.py",  # names of settings, from a fixed list
        "practice/grants.py",  # names of tables
        "practice/rotating.py",  # names of tables and columns, from the models
        "practice/partitions.py",  # names that PostgreSQL told, quoted by psycopg
        "practice/backups/restoring.py",  # names of tables and columns, quoted by psycopg
        "practice/backups/releasing.py",  # the name of the database, quoted by psycopg
    }


def test_b55_nothing_goes_around_the_managers():
    """The filter of the bound practice is the second wall; no code takes it away, or asks another database."""
    assert where_called("using", "connections") == set()
    around = {
        file
        for file, tree in sources().items()
        for node in nodes(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("_base_manager", "_raw_delete")
    }
    assert around == {
        "clients/bringing/taking.py",  # what it brought in itself: nothing that hangs on it may go along
        "clients/removing.py",  # what it listed by the managers, without asking once more what hangs on it
        "practice/closing.py",  # an account's rows, without letters about each of them
        "practice/signing_in.py",  # second steps of an account, without ending the sign-in that just proved itself
        "practice/whole_import.py",  # what it has just added: nothing that hangs on it may go along
    }


#: What came with a request; of a form that was read, the names of its fields are ours.
SENT = re.compile(r"\b(GET|POST|FILES|body|headers|cleaned_data)\b")
ASKS = {"filter", "exclude", "get", "create", "update", "annotate", "aggregate", "order_by", "Q", "get_or_create"}


def test_b55_nothing_that_somebody_sent_becomes_the_names_of_a_filter():
    """``filter(**request.GET)`` would let anybody ask anything: what is expanded is made here."""
    expanded = {
        (file, node.lineno)
        for file, tree in sources().items()
        for said, node in calls(tree)
        for keyword in node.keywords
        if keyword.arg is None and SENT.search(ast.unparse(keyword.value))
        if said.split(".")[-1] in ASKS or "cleaned_data" not in ast.unparse(keyword.value)
    }
    assert expanded == set()


def test_b50_every_form_says_which_fields_it_takes():
    """None takes all there are, so that no field of a model can be set by who guesses its name."""
    loose = {
        (file, node.lineno)
        for file, tree in sources().items()
        for node in nodes(tree)
        if isinstance(node, ast.Assign)
        and any(isinstance(one, ast.Name) and one.id in ("fields", "exclude") for one in node.targets)
        and (
            isinstance(node.value, ast.Constant)
            or any(isinstance(one, ast.Name) and one.id == "exclude" for one in node.targets)
        )
    }
    assert loose == set()


#: Never a field of a form: what they hold is decided by who asks, and by rules.
NOT_TYPED = {"practice", "practice_id", "readers", "lane", "audience", "role", "couple", "client", "author", "user"}


def test_b50_no_form_of_a_model_takes_what_rules_decide():
    from django.apps import apps  # noqa: F401  all forms are known once the urls are
    from django.forms import ModelForm
    from django.urls import get_resolver

    assert get_resolver().url_patterns
    taken = {
        (form.__module__, form.__name__, name)
        for form in _all_below(ModelForm)
        if form.__module__.startswith(APPS)
        for name in set(form.base_fields) & NOT_TYPED
    }
    assert taken == set()


def _all_below(kind: type) -> Iterator[type]:
    for one in kind.__subclasses__():
        yield one
        yield from _all_below(one)


# ── what is shown ────────────────────────────────────────────────────────────


#: Markup that is called safe as it is, and why it is.
MARKED_SAFE = {
    "practice/templatetags/attune.py": "a sign of ours, and what a template has escaped",
    "practice/api/docs.py": "what our reader of Markdown made of the description, which is ours",
    "practice/markup.py": "what a template has escaped, with answers escaped in its places",
    "practice/drawings.py": "drawings that come with the code",
    "exercises/templatetags/goals.py": "nothing at all",
    "exercises/prose.py": "what our reader of Markdown made, with raw HTML switched off",
    "reports/previewing.py": "a page that templates have escaped, as it is printed",
}


def test_b55_nothing_is_called_safe_without_being_made_so():
    """``format_html`` escapes what it is given; what does not stands in known files alone."""
    assert where_called("mark_safe", "SafeString") == set(MARKED_SAFE)


def test_b55_no_template_switches_escaping_off():
    wild = re.compile(r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off")
    pages = [path for kind in ("html", "svg", "xml") for path in (ROOT / "templates").rglob(f"*.{kind}")]
    assert len(pages) > 100
    assert {str(path) for path in pages if wild.search(path.read_text(encoding="utf-8"))} == set()


# ── what is let in, and what goes out ────────────────────────────────────────

#: No form of ours sends these, so they carry no token of ours; each proves in its own way who it is.
WITHOUT_TOKEN = {
    "practice/leaving.py": "a beacon of the page that is being left; it can only end a sign-in",
    "practice/views/hooks.py": "mail services, by their signature",
    "practice/views/text_hooks.py": "the text message gateway, by its signature",
    "clients/views/stop.py": "the one click of a mailbox, by the signed link",
}


def test_b55_b91_a_token_is_asked_everywhere_but_where_another_proof_is():
    found = where_imported("django.views.decorators.csrf.csrf_exempt")
    assert found == set(WITHOUT_TOKEN)


def test_b55_nothing_is_run_that_somebody_could_have_written():
    assert where_called("eval", "exec", "compile_command", "import_string", "system", "popen") == set()
    assert where_imported("pickle", "marshal", "shelve", "xml", "lxml") == set()
    assert where_imported("subprocess") == {"practice/bare.py"}, (
        "files from elsewhere are opened apart, by our own code"
    )


#: The only files that open a line to another machine.
GOES_OUT = {
    "practice/mail.py": "SMTP",
    "practice/outside.py": "HTTPS to services that a practice named, private addresses refused",
    "practice/openid.py": "OpenID providers that a practice named, by the same rules",
    "practice/channels/wire.py": "text message gateways and push services",
    "practice/channels/email.py": "mail services",
    "practice/scanner.py": "the virus scanner that whoever runs the server named",
}


def test_b55_only_these_files_open_a_line_to_another_machine():
    found = where_imported(
        "requests", "httpx", "aiohttp", "urllib.request", "urllib3", "http.client", "socket", "smtplib", "ftplib"
    )
    assert found == set(GOES_OUT)


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("cursor.execute('SELECT 1')", test_b55_sql_is_written_by_hand_in_known_files_alone),
        ("cursor.execute(f'SELECT {x}')", test_b55_no_value_is_pasted_into_sql),
        ("Client.objects.filter(**request.GET)", test_b55_nothing_that_somebody_sent_becomes_the_names_of_a_filter),
        ("Client._base_manager.all()", test_b55_nothing_goes_around_the_managers),
        ("mark_safe(x)", test_b55_nothing_is_called_safe_without_being_made_so),
        ("import requests", test_b55_only_these_files_open_a_line_to_another_machine),
        ("from subprocess import run", test_b55_nothing_is_run_that_somebody_could_have_written),
        ("class Meta:\n    fields = '__all__'", test_b50_every_form_says_which_fields_it_takes),
    ],
)
def test_the_rules_have_teeth(written, rule, monkeypatch):
    known = {**sources(), "clients/new.py": ast.parse(written)}
    monkeypatch.setitem(globals(), "sources", lambda: known)
    with pytest.raises(AssertionError):
        rule()
