"""The walls around the steps of alerts, which nobody can change or take away, and what was done so far."""

from django.db import migrations

from practice import roles
from practice.walls import IN_CASELOAD, Wall, reference

ADD = "SELECT, INSERT"

# The owner of the tables stands behind the walls as well: for this one statement they are lowered. What was
# acknowledged with a note until now was done with; what waits is told anew by the first run of the ladder.
DONE_SO_FAR = """
ALTER TABLE reports_alert NO FORCE ROW LEVEL SECURITY;
UPDATE reports_alert SET closed_at = acknowledged_at, assessed_at = acknowledged_at WHERE acknowledged_at IS NOT NULL;
ALTER TABLE reports_alert FORCE ROW LEVEL SECURITY;
"""

KEPT = f"REVOKE DELETE ON reports_alert FROM {roles.SYSTEM}"
REMOVABLE = f"GRANT DELETE ON reports_alert TO {roles.SYSTEM}"


class Migration(migrations.Migration):
    dependencies = [("reports", "0008_alert_ladder")]

    operations = [
        migrations.RunSQL(DONE_SO_FAR, migrations.RunSQL.noop),
        migrations.RunSQL(KEPT, REMOVABLE),
        migrations.RunSQL(reference("reports_alert", "entry_id", "exercises_measureentry"), migrations.RunSQL.noop),
        Wall(
            "AlertStep",
            grants={roles.THERAPIST: ADD, roles.SUPERVISOR: ADD, roles.SYSTEM: ADD},
            restrict={roles.THERAPIST: IN_CASELOAD},
            silent=("judgement", "acts"),
        ),
        Wall(
            "SetAside",
            grants={roles.THERAPIST: ADD, roles.SUPERVISOR: ADD, roles.SYSTEM: ADD},
            restrict={roles.THERAPIST: IN_CASELOAD},
            silent=("rule",),
        ),
    ]
