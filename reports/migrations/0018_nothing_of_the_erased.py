"""The role that erases reaches what is kept here."""

from django.db import migrations

from practice.walls import for_the_eraser

ABOUT_PEOPLE = (
    "alert", "alertstep", "baseline", "release", "report", "score", "setaside", "showing",
    "standingorder",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("reports", "0017_closed_sign_ins"), ("exercises", "0023_nothing_of_the_erased")]

    operations = [
        *(migrations.RunSQL(for_the_eraser(f"reports_{name}"), migrations.RunSQL.noop) for name in ABOUT_PEOPLE),
    ]
