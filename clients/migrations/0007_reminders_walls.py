"""The walls of how people are reached, and what they had chosen so far."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, PEOPLE, PERSON, READ, Wall

OWN = f"client_id = {PERSON}"
ABOUT_PEOPLE = f"client_id = ANY({PEOPLE})"

# The owner of the tables stands behind the walls as well: for this one statement they are lowered.
CHOSEN_SO_FAR = """
ALTER TABLE clients_contact NO FORCE ROW LEVEL SECURITY;
INSERT INTO clients_reach (id, practice_id, client_id, channel, topic, since, ended_by)
SELECT gen_random_uuid(), practice_id, client_id, 'email', topic, coalesce(confirmed_at, now()), ''
  FROM clients_contact, (VALUES ('reminders'), ('news')) AS topics (topic)
 WHERE channel = 'email';
ALTER TABLE clients_contact FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("clients", "0006_reminders"), ("practice", "0006_reminders_walls")]

    operations = [
        migrations.RunSQL(CHOSEN_SO_FAR, migrations.RunSQL.noop),
        Wall(
            "Reach",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: READ,
                roles.COORDINATOR: READ,
                roles.PORTAL: "SELECT, INSERT, UPDATE",
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: ABOUT_PEOPLE, roles.PORTAL: OWN},
        ),
        Wall(
            "AddressProof",
            grants={roles.PORTAL: "SELECT, INSERT, UPDATE", roles.SYSTEM: ALL},
            restrict={roles.PORTAL: OWN},
            silent=("code_hash",),
        ),
        Wall(
            "PushDevice",
            grants={roles.PORTAL: "SELECT, INSERT, UPDATE", roles.SYSTEM: ALL},
            restrict={roles.PORTAL: OWN},
            silent=("endpoint_hash",),
        ),
        Wall(
            "PortalVisit",
            grants={roles.THERAPIST: READ, roles.SUPERVISOR: READ, roles.SYSTEM: ALL},
            restrict={roles.THERAPIST: ABOUT_PEOPLE},
            audit=False,
        ),
    ]
