"""The walls around orders and the letterhead, and a door for what was handed to a client."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, IN_CASELOAD, PERSON, READ, Wall, reference

WRITE = "SELECT, INSERT, UPDATE"

REFERENCES = [
    ("reports_report", "partner_id", "clients_client"),
    ("reports_report", "response_id", "exercises_response"),
    ("reports_report", "run_id", "exercises_programrun"),
    ("reports_report", "appointment_id", "clients_appointment"),
    ("reports_report", "caseload_order_id", "reports_caseloadorder"),
    ("reports_report", "standing_order_id", "reports_standingorder"),
    ("reports_report", "released_by_id", "practice_membership"),
]

#: A client reads what was handed to them: a shared one while they are partners, their own edition for ever.
HANDED_OVER = (
    f"released_at IS NOT NULL AND withdrawn_at IS NULL AND {PERSON} = ANY(readers) AND audience <> 'clinical' "
    f"AND (partner_id = {PERSON} OR (audience = 'shared' AND {IN_CASELOAD}))"
)
STAFF = f"{roles.THERAPIST}, {roles.SUPERVISOR}, {roles.SYSTEM}"

PORTAL = f"""
    ALTER POLICY practice_wall ON reports_report TO {STAFF}, {roles.PORTAL};
    CREATE POLICY portal_select ON reports_report AS RESTRICTIVE FOR SELECT TO {roles.PORTAL} USING ({HANDED_OVER});
    GRANT SELECT ON reports_report TO {roles.PORTAL};
"""
NO_PORTAL = f"""
    REVOKE ALL ON reports_report FROM {roles.PORTAL};
    DROP POLICY portal_select ON reports_report;
    ALTER POLICY practice_wall ON reports_report TO {STAFF};
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0004_editions_and_orders")]

    operations = [
        Wall(
            "CaseloadOrder",
            grants={roles.THERAPIST: WRITE, roles.SUPERVISOR: WRITE, roles.SYSTEM: ALL},
        ),
        Wall(
            "StandingOrder",
            grants={roles.THERAPIST: WRITE, roles.SUPERVISOR: WRITE, roles.SYSTEM: ALL},
            restrict={roles.THERAPIST: IN_CASELOAD},
        ),
        Wall(
            "Letterhead",
            grants={roles.THERAPIST: READ, roles.SUPERVISOR: WRITE, roles.SYSTEM: ALL},
        ),
        *[migrations.RunSQL(reference(*one), migrations.RunSQL.noop) for one in REFERENCES],
        migrations.RunSQL(PORTAL, NO_PORTAL),
    ]
