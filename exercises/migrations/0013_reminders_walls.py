"""The wall of reminders that ended by themselves: the staff's, no partner reads it."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, IN_CASELOAD, Wall


class Migration(migrations.Migration):
    dependencies = [("exercises", "0012_reminders")]

    operations = [
        Wall(
            "ReminderStop",
            grants={roles.THERAPIST: "SELECT, UPDATE", roles.SUPERVISOR: "SELECT, UPDATE", roles.SYSTEM: ALL},
            restrict={roles.THERAPIST: IN_CASELOAD},
        ),
    ]
