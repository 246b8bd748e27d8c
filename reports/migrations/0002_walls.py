"""The walls around what it adds up to."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, IN_CASELOAD, PERSON, READ, Wall

WRITE = "SELECT, INSERT, UPDATE"


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("exercises", "0002_walls")]

    operations = [
        Wall(
            "Score",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: READ,
                roles.PORTAL: READ,
                roles.SYSTEM: ALL,
            },
            restrict={
                roles.THERAPIST: f"{IN_CASELOAD} AND lane <> 'own'",
                roles.SUPERVISOR: "lane <> 'own'",
                roles.PORTAL: f"client_id = {PERSON}",
            },
            audit=False,
        ),
        Wall(
            "Alert",
            grants={
                roles.THERAPIST: "SELECT, UPDATE",
                roles.SUPERVISOR: "SELECT, UPDATE",
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: IN_CASELOAD},
        ),
        Wall(
            "Report",
            grants={roles.THERAPIST: WRITE, roles.SUPERVISOR: WRITE, roles.SYSTEM: ALL},
            restrict={roles.THERAPIST: IN_CASELOAD},
            silent=("percent", "step"),
        ),
    ]
