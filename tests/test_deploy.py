"""What an operator copies: the examples agree with each other, with the table of variables, and with the settings."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from practice.local import migration_rules

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


# ── variables ────────────────────────────────────────────────────────────────


def variables_of_the_settings() -> set[str]:
    """Every name that the settings ask the environment for."""
    found = set()
    for node in ast.walk(ast.parse(read("practice/settings.py"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            if ast.unparse(node.func) in ("os.environ.get", "required", "database"):
                found.add(node.args[0].value)
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            found.add(ast.literal_eval(node.slice))
    return found


def variables_of_the_table() -> set[str]:
    lines = [one for one in read("docs/running.md").splitlines() if one.startswith("| `")]
    return {name for one in lines for name in re.findall(r"`([A-Z][A-Z_]+…?)`", one.split("|")[1])}


def test_the_table_of_variables_is_what_the_settings_read():
    there = variables_of_the_settings()
    assert len(there) > 40
    # A mail service's keys are read by their beginning (practice/mail_services.py).
    assert variables_of_the_table() == there | {"ATTUNE_MAIL_SERVICE", "ATTUNE_MAIL_SERVICE_…"}


def test_every_example_names_variables_that_exist():
    known = variables_of_the_table() | {"POSTGRES_PASSWORD", "ATTUNE_UPSTREAM"}
    for name in ("attune.env.example", "owner.env.example", "postgres.env.example"):
        given = re.findall(r"^([A-Z_]+)=", (DEPLOY / name).read_text("utf-8"), re.MULTILINE)
        assert given
        assert set(given) <= known, name
    for name in ("compose.yaml", "Caddyfile"):
        assert set(re.findall(r"\{\$?([A-Z_]{4,})[:?}]", (DEPLOY / name).read_text("utf-8"))) <= known, name
    needed = {one.split("`")[1] for one in read("docs/running.md").splitlines() if re.match(r"\| `\w+` \| yes \|", one)}
    assert needed <= set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "attune.env.example").read_text("utf-8"), re.MULTILINE))


# ── processes ────────────────────────────────────────────────────────────────


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def test_nothing_of_attune_knows_the_superusers_password():
    holders = {
        name
        for name, service in compose()["services"].items()
        if "postgres.env" in str(service.get("env_file", "")) or "POSTGRES_PASSWORD" in str(service)
    }
    assert holders == {"postgres"}
    for name in ("attune.env.example", "owner.env.example"):
        assert "POSTGRES_PASSWORD" not in (DEPLOY / name).read_text("utf-8")


def unit(name: str) -> dict[str, str]:
    text = (DEPLOY / "systemd" / name).read_text("utf-8")
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))


def test_compose_is_whole():
    """Every volume and network that is named is declared, and whatever waits waits for something that can be well."""
    said = compose()
    assert set(said["services"]) == {"web", "worker", "papers", "beat", "migrate", "postgres", "valkey", "caddy"}
    for name, service in said["services"].items():
        assert service.get("image"), name
        assert set(service.get("networks", [])) <= set(said["networks"]), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in said["volumes"] or (DEPLOY / source).exists(), volume
        waits = service.get("depends_on", {})
        for other in waits:
            assert other in said["services"]
            assert isinstance(waits, list) or "healthcheck" in said["services"][other]
    for name in ("web", "worker", "papers", "beat", "migrate"):
        assert said["services"][name]["read_only"], name
        assert said["services"][name]["cap_drop"] == ["ALL"], name
    assert "owner.env" not in str({**said["services"], "migrate": None}), "only migrations are given the owner"


def test_units_and_containers_run_the_same_and_wait_as_long():
    """Longer than the longest job, and than the longest request."""
    from practice import celery_config, serving

    services = compose()["services"]
    least_of = {"worker": celery_config.task_time_limit, "papers": celery_config.task_time_limit}
    for name, least in {**least_of, "web": serving.graceful_timeout}.items():
        assert int(unit(f"attune-{name}.service")["TimeoutStopSec"]) > least
        assert int(services[name]["stop_grace_period"].removesuffix("s")) > least
    for name in ("worker", "papers"):
        words = unit(f"attune-{name}.service")["ExecStart"].replace("%%", "%").split()[1:]
        assert words == services[name]["command"][1:]
        assert " ".join(words).removesuffix(" --loglevel INFO") in read("README.md")
    image = (DEPLOY / "Dockerfile").read_text("utf-8")
    web = unit("attune-web.service")["ExecStart"].split()[1:]
    assert [one for one in web if f'"{one}"' not in image] == [], "the image begins what the unit begins"
    assert f"ListenStream={'127.0.0.1:8000'}" in (DEPLOY / "systemd" / "attune-web.socket").read_text("utf-8")


def test_the_image_runs_as_nobody_in_particular_and_builds_nothing():
    image = (DEPLOY / "Dockerfile").read_text("utf-8")
    last = image.rpartition("\nFROM ")[2]
    assert "\nUSER attune\n" in last
    assert not re.search(r"\b(gcc|build-essential|uv sync|git)\b", last)
    for copied in re.findall(r"^COPY (?!--)(.+) \S+$", image, re.MULTILINE):
        for one in copied.split():
            assert (ROOT / one).exists(), one
            assert f"!{one}" in (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split(), one


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_reads_the_units():
    units = sorted(str(one) for one in (DEPLOY / "systemd").iterdir())
    told = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False).stderr
    # The programs stand where an installation has them.
    assert [one for one in told.splitlines() if "is not executable" not in one] == []


def test_the_proxies_keep_what_is_for_the_machine_and_say_who_asked():
    for name in ("nginx.conf", "Caddyfile"):
        text = (DEPLOY / name).read_text("utf-8")
        assert text.count("{") == text.count("}"), name
        assert all(f"/{one}" in text for one in ("healthz", "readyz", "metrics")), name
        assert "X-Request-ID" in text, name
        assert re.search(r"12m", text, re.IGNORECASE), name
    nginx = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert "X-Forwarded-For $remote_addr;" in nginx, "set, and not added to"
    assert "X-Forwarded-Proto $scheme;" in nginx


# ── migrations that come in while people work ────────────────────────────────

DANGEROUS = {
    "ban-drop-column": 'ALTER TABLE "clients_client" DROP COLUMN "name" CASCADE;',
    "require-concurrent-index-creation": 'CREATE INDEX "x" ON "practice_message" ("state");',
    "adding-not-nullable-field": 'ALTER TABLE "clients_client" ALTER COLUMN "x" SET NOT NULL;',
    "renaming-column": 'ALTER TABLE "clients_client" RENAME COLUMN "a" TO "b";',
    "constraint-missing-not-valid": 'ALTER TABLE "clients_client" ADD CONSTRAINT "c" CHECK (a > 0);',
    "changing-column-type": 'ALTER TABLE "clients_client" ALTER COLUMN "a" TYPE bigint;',
}


def test_a_dangerous_migration_is_caught_and_one_with_a_reason_is_let_through():
    for rule, sql in DANGEROUS.items():
        assert rule in [one.rule for one in migration_rules.dangers(f"BEGIN;\n{sql}\nCOMMIT;")], rule
        excuse = f"    # squawk: {rule} because nothing has read it for a version\n"
        assert rule not in [one.rule for one in migration_rules.dangers(sql, source=excuse)], rule
        assert migration_rules.dangers(sql, source=f"# squawk: {rule} because \n"), "a reason is not left empty"


def test_what_every_new_table_needs_is_no_danger():
    sql = """
        BEGIN;
        CREATE TABLE "a" ("id" uuid NOT NULL PRIMARY KEY, "name" varchar(40) NOT NULL, "n" smallint NOT NULL);
        ALTER TABLE "b" ADD COLUMN "c" varchar(20) DEFAULT '' NOT NULL;
        ALTER TABLE "a" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        COMMIT;
    """
    assert [str(one) for one in migration_rules.dangers(sql)] == []


def test_only_what_is_newer_than_the_baseline_is_asked():
    everything = migration_rules.newer_than([])
    assert ("practice", "0001_initial") in everything
    lines = migration_rules.BASELINE.read_text("utf-8").splitlines()
    new = migration_rules.newer_than(lines)
    assert set(new) < set(everything)
    for line in lines:
        if not line.startswith("#"):
            assert tuple(line.split()) in everything, "a baseline names a migration that is there"
            assert tuple(line.split()) not in new
