"""What is kept apart is read apart."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exercises", "0003_assignment_reviews")]

    operations = [
        migrations.AddField("reading", "apart", models.BooleanField(default=False)),
        migrations.RemoveConstraint("reading", "reading_once"),
        migrations.AddConstraint(
            "reading",
            models.UniqueConstraint(fields=["practice", "response", "membership", "apart"], name="reading_once"),
        ),
    ]
