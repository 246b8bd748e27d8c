"""What somebody sends without keeping a copy: their own sign-in reads it no more, nor does anybody who holds it."""

from django.db import migrations, models

from practice import roles
from practice.walls import PERSON

TABLES = ("exercises_answer", "exercises_attachment")


class Migration(migrations.Migration):
    dependencies = [("exercises", "0016_closed_after_parting")]

    operations = [
        migrations.AddField("response", "author_keeps", models.BooleanField(default=True)),
        migrations.AddField("answer", "author_keeps", models.BooleanField(default=True)),
        migrations.AddField("attachment", "author_keeps", models.BooleanField(default=True)),
        migrations.AddConstraint(
            model_name="response",
            constraint=models.CheckConstraint(
                condition=models.Q(("author_keeps", True), ("lane", "private"), _connector="OR"),
                name="response_without_a_copy",
            ),
        ),
        *(
            migrations.RunSQL(
                f"CREATE POLICY without_a_copy ON {table} AS RESTRICTIVE FOR SELECT TO {roles.PORTAL} "
                f"USING (author_keeps OR author_id IS DISTINCT FROM {PERSON})",
                f"DROP POLICY without_a_copy ON {table}",
            )
            for table in TABLES
        ),
    ]
