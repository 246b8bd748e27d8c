"""The walls around releases; scores and entries are read in the portal by those who stand on the row alone."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, COUPLES, IN_CASELOAD, PERSON, READ, Wall

WRITE = "SELECT, INSERT, UPDATE"
OWN = f"client_id = {PERSON}"
#: One's own, and another's while both are in care together; never what nobody released.
SEEN = f"({PERSON} = ANY(readers) AND ({OWN} OR couple_id = ANY({COUPLES})))"
WAS = OWN

#: Measures that existed when readers came: nobody sees their scores before a release.
MEASURES = [
    "crs",
    "csi16",
    "csi32",
    "csi4",
    "ecr_rs",
    "ehits",
    "gad2",
    "gad7",
    "hits",
    "k10",
    "kmss",
    "ors",
    "phq2",
    "phq4",
    "phq8",
    "phq9",
    "qmi",
    "ras",
    "rdas",
    "srs",
    "wai_sr",
    "wast",
    "who5",
]
NEVER = ["safety", "emotional_safety", "boundary_respect", "trust"]
#: What a partner sees of an entry: the score and its day, not the note, not the answers about safety.
COLUMNS = "id, practice_id, couple_id, client_id, measure, definition_version, taken_on, total, subscales, prorated"

# The owner of the tables stands behind the walls as well: for this one statement they are lowered.
OWN_ANSWERS = f"""
ALTER TABLE reports_score NO FORCE ROW LEVEL SECURITY;
UPDATE reports_score SET readers = ARRAY[client_id]
 WHERE NOT split_part(series, '.', 1) = ANY(ARRAY{MEASURES!r}) AND NOT series = ANY(ARRAY{NEVER!r});
ALTER TABLE reports_score FORCE ROW LEVEL SECURITY;
"""

STAFF = f"{roles.THERAPIST}, {roles.SUPERVISOR}, {roles.SYSTEM}"
DOORS = f"""
DROP POLICY portal_all ON reports_score;
CREATE POLICY portal_select ON reports_score AS RESTRICTIVE FOR SELECT TO {roles.PORTAL} USING ({SEEN});
ALTER POLICY practice_wall ON exercises_measureentry TO {STAFF}, {roles.PORTAL};
CREATE POLICY portal_select ON exercises_measureentry AS RESTRICTIVE FOR SELECT TO {roles.PORTAL}
 USING ({SEEN} AND taken_back_at IS NULL);
GRANT SELECT ({COLUMNS}, readers, taken_back_at) ON exercises_measureentry TO {roles.PORTAL};
"""
NO_DOORS = f"""
REVOKE ALL ON exercises_measureentry FROM {roles.PORTAL};
DROP POLICY portal_select ON exercises_measureentry;
ALTER POLICY practice_wall ON exercises_measureentry TO {STAFF};
DROP POLICY portal_select ON reports_score;
CREATE POLICY portal_all ON reports_score AS RESTRICTIVE FOR ALL TO {roles.PORTAL} USING ({WAS}) WITH CHECK ({WAS});
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0011_releases"), ("exercises", "0014_releases")]

    operations = [
        Wall(
            "Release",
            grants={roles.THERAPIST: WRITE, roles.SUPERVISOR: WRITE, roles.PORTAL: READ, roles.SYSTEM: ALL},
            restrict={roles.THERAPIST: IN_CASELOAD, roles.PORTAL: OWN},
        ),
        Wall(
            "Showing",
            grants={roles.THERAPIST: READ, roles.SUPERVISOR: READ, roles.PORTAL: WRITE, roles.SYSTEM: ALL},
            restrict={
                roles.THERAPIST: IN_CASELOAD,
                roles.PORTAL: {"SELECT": OWN, "INSERT": f"{OWN} AND {IN_CASELOAD}", "UPDATE": OWN},
            },
        ),
        migrations.RunSQL(OWN_ANSWERS, migrations.RunSQL.noop),
        migrations.RunSQL(DOORS, NO_DOORS),
    ]
