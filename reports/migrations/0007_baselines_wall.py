"""The wall around baselines: the therapists', no partner and no front desk reads why one was set."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, IN_CASELOAD, Wall

WRITE = "SELECT, INSERT, UPDATE"


class Migration(migrations.Migration):
    dependencies = [("reports", "0006_baselines_and_rules")]

    operations = [
        Wall(
            "Baseline",
            grants={roles.THERAPIST: WRITE, roles.SUPERVISOR: WRITE, roles.SYSTEM: ALL},
            restrict={roles.THERAPIST: IN_CASELOAD},
        ),
    ]
