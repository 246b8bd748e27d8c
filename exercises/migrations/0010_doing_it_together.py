"""Opening together, each by their own yes; and a sitting of one's own beside those of others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exercises", "0009_safety_answers_unaudited")]

    operations = [
        migrations.RemoveConstraint("sitting", "sitting_one_at_a_time"),
        migrations.AddConstraint(
            "sitting",
            models.UniqueConstraint(
                fields=["practice", "assignment", "slot", "audience"],
                condition=models.Q(ended_at=None),
                name="sitting_one_at_a_time",
            ),
        ),
        migrations.AddField("occurrence", "ready_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("occurrence", "unfolded_at", models.DateTimeField(blank=True, null=True)),
        migrations.AlterField(
            "assignment",
            "opens_by",
            models.CharField(
                blank=True,
                choices=[
                    ("date", "at a stated date and time"),
                    ("appointment", "at the next session"),
                    ("all", "when all have answered"),
                    ("together", "when all of them say they are ready"),
                    ("therapist", "when you open it"),
                ],
                max_length=12,
            ),
        ),
    ]
