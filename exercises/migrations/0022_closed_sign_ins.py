"""A sign-in that shows only that somebody reads the mailbox does not read private words back.

It may still write: what is typed and sent from then on is its own. Rows that say when something was sent stay
readable, their words do not.
"""

from django.db import migrations

from practice import roles
from practice.walls import CLOSED_SINCE

OPEN = f"{CLOSED_SINCE} IS NULL"
#: What the author alone, or with the therapist, reads; and a sealed answer whose moment has not come.
SHARED = "(lane NOT IN ('own', 'private') AND (lane <> 'reveal' OR opens_at <= now()))"
TOGETHER = "cardinality(audience) > 1"
BETWEEN_SEVERAL = "cardinality(readers) > 1"

WORDS = {
    "exercises_answer": SHARED,
    "exercises_goal": TOGETHER,
    "exercises_goalrating": SHARED,
    "exercises_feedback": SHARED,
    "exercises_win": SHARED,
    "exercises_journalentry": SHARED,
    "exercises_attachment": SHARED,
    "exercises_thread": TOGETHER,
    "exercises_comment": TOGETHER,
    "exercises_measureentry": BETWEEN_SEVERAL,
    "exercises_draft": f"saved_at >= {CLOSED_SINCE}",
}


def policy(table: str, condition: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE POLICY closed_sign_in ON {table} AS RESTRICTIVE FOR SELECT TO {roles.PORTAL}"
        f" USING ({OPEN} OR {condition})",
        f"DROP POLICY closed_sign_in ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("exercises", "0021_agreed_and_together")]

    operations = [policy(table, condition) for table, condition in WORDS.items()]
