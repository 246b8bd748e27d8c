"""The walls around pins, and around appointments that are not for everybody."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, PERSON, Wall

#: An appointment with one partner alone is nothing the others know of.
COMES = f"audience = '{{}}' OR {PERSON} = ANY(audience)"


class Migration(migrations.Migration):
    dependencies = [("clients", "0003_appointments_in_full")]

    operations = [
        Wall(
            "Pin",
            grants={roles.PORTAL: "SELECT, INSERT, UPDATE", roles.SYSTEM: ALL},
            restrict={roles.PORTAL: f"client_id = {PERSON}"},
            silent=("hashed",),
        ),
        migrations.RunSQL(
            f"CREATE POLICY portal_select ON clients_appointment AS RESTRICTIVE FOR SELECT TO {roles.PORTAL} "
            f"USING ({COMES})",
            "DROP POLICY portal_select ON clients_appointment",
        ),
    ]
