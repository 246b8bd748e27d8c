"""Whose words a report may hold, and the walls that follow from it: with one who has left, it lies in no portal.

Scores likewise: another's is read only while they are in care together with the one who asks.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

from practice import roles
from practice.walls import COUPLES, IN_CASELOAD, PERSON, PRESENT

OWN = f"client_id = {PERSON}"
SEEN_BEFORE = f"({PERSON} = ANY(readers) AND ({OWN} OR couple_id = ANY({COUPLES})))"
SEEN = f"({PERSON} = ANY(readers) AND ({OWN} OR (couple_id = ANY({COUPLES}) AND client_id = ANY({PRESENT}))))"

LIES_THERE = f"released_at IS NOT NULL AND withdrawn_at IS NULL AND {PERSON} = ANY(readers) AND audience <> 'clinical'"
HANDED_OVER_BEFORE = f"{LIES_THERE} AND (partner_id = {PERSON} OR (audience = 'shared' AND {IN_CASELOAD}))"
#: Its reader is in care, and so is everybody whose words it may hold. Of nobody known, it is nobody's to read.
HANDED_OVER = (
    f"{LIES_THERE} AND (partner_id = {PERSON} OR audience = 'shared') AND {IN_CASELOAD} "
    f"AND cardinality(people) > 0 AND people <@ {PRESENT}"
)

# What was made before is taken to hold words of everybody who was ever in the couple: rather too little than too much.
# The owner of the tables stands behind the walls as well: for this one statement they are lowered.
BACKFILL = """
ALTER TABLE reports_report NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clients_partner NO FORCE ROW LEVEL SECURITY;
UPDATE reports_report SET people = ARRAY(
    SELECT client_id FROM clients_partner
     WHERE clients_partner.practice_id = reports_report.practice_id
       AND clients_partner.couple_id = reports_report.couple_id
     ORDER BY client_id
) WHERE audience <> 'clinical' AND state = 'done';
ALTER TABLE clients_partner FORCE ROW LEVEL SECURITY;
ALTER TABLE reports_report FORCE ROW LEVEL SECURITY;
"""


def walls(seen: str, handed_over: str) -> str:
    return f"""
    ALTER POLICY portal_select ON reports_report TO {roles.PORTAL} USING ({handed_over});
    ALTER POLICY portal_select ON reports_score TO {roles.PORTAL} USING ({seen});
    ALTER POLICY portal_select ON exercises_measureentry TO {roles.PORTAL} USING ({seen} AND taken_back_at IS NULL);
    """


class Migration(migrations.Migration):
    dependencies = [("reports", "0012_releases_walls"), ("clients", "0002_walls")]

    operations = [
        migrations.AddField(
            model_name="report",
            name="people",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="narrowed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.RunSQL(walls(SEEN, HANDED_OVER), walls(SEEN_BEFORE, HANDED_OVER_BEFORE)),
    ]
