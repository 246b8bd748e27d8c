"""A sign-in that shows only that somebody reads the mailbox reads no scores and papers that are one's own."""

from django.db import migrations

from practice import roles
from practice.walls import CLOSED_SINCE

OPEN = f"{CLOSED_SINCE} IS NULL"
WORDS = {
    "reports_score": "lane NOT IN ('own', 'private')",
    "reports_report": "cardinality(people) > 1",
}


def policy(table: str, condition: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE POLICY closed_sign_in ON {table} AS RESTRICTIVE FOR SELECT TO {roles.PORTAL}"
        f" USING ({OPEN} OR {condition})",
        f"DROP POLICY closed_sign_in ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("reports", "0016_trail_without_answers")]

    operations = [policy(table, condition) for table, condition in WORDS.items()]
