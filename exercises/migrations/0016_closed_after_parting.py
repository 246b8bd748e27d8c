"""What partners told each other is read by each other while they are in care together, and no longer.

What somebody wrote themselves stays theirs. Until now the pages alone kept the rest from those who had parted.
"""

from django.db import migrations

from practice.walls import IN_CASELOAD, PERSON

OWN_ROWS = f"author_id = {PERSON}"
WAS = f"({OWN_ROWS} OR ({PERSON} = ANY(readers) AND opens_at <= now()))"
IS = f"({OWN_ROWS} OR ({PERSON} = ANY(readers) AND opens_at <= now() AND {IN_CASELOAD}))"
TABLES = ("response", "answer", "goalrating", "feedback", "win", "journalentry", "attachment")


def reading(condition: str) -> list[str]:
    return [f"ALTER POLICY portal_select ON exercises_{table} USING ({condition})" for table in TABLES]


class Migration(migrations.Migration):
    dependencies = [("exercises", "0015_pointing_at_the_library")]

    operations = [migrations.RunSQL(reading(IS), reading(WAS))]
