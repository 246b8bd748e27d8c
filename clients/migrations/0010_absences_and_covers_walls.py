"""The walls around absences and covers. No client ever learns of either."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, IN_CASELOAD, READ, Wall


class Migration(migrations.Migration):
    dependencies = [("clients", "0009_absences_and_covers")]

    operations = [
        # Whoever is away and who covers is for all colleagues to know; what may be written down, the verb decides.
        Wall(
            "Absence",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: READ,
                roles.COORDINATOR: READ,
                roles.SYSTEM: "SELECT, INSERT, UPDATE",
            },
        ),
        Wall(
            "Cover",
            grants={roles.THERAPIST: READ, roles.SUPERVISOR: READ, roles.SYSTEM: ALL},
            restrict={roles.THERAPIST: IN_CASELOAD},
        ),
    ]
