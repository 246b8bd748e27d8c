"""For how long a practice keeps records, and erasing as an act of two."""

from django.db import migrations, models

from practice import roles
from practice.walls import for_the_eraser


class Migration(migrations.Migration):
    dependencies = [("practice", "0015_signing_in")]

    operations = [
        migrations.AddField(
            model_name="practice",
            name="keep_years",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="years"),
        ),
        migrations.AddConstraint(
            model_name="practice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("keep_years", None), models.Q(("keep_years__gte", 1), ("keep_years__lte", 50)), _connector="OR"
                ),
                name="practice_keeps_for_years",
            ),
        ),
        migrations.AlterField(
            model_name="twopersonact",
            name="act",
            field=models.CharField(
                choices=[
                    ("practice_export", "Take out everything that the practice keeps"),
                    ("practice_deletion", "Delete the practice"),
                    ("erasure", "Erase what is kept of one person"),
                    ("key_destruction", "Destroy a key, and with it every text that it opens"),
                ],
                max_length=20,
            ),
        ),
        # Of messages nothing is removed: how a carrier knows one is taken out of it.
        migrations.RunSQL(for_the_eraser("practice_message"), migrations.RunSQL.noop),
        migrations.RunSQL(f"REVOKE DELETE ON practice_message FROM {roles.ERASER}", migrations.RunSQL.noop),
        migrations.RunSQL(f"GRANT SELECT ON practice_practice TO {roles.ERASER}", migrations.RunSQL.noop),
    ]
