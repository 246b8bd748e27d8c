"""What lets a report that got lost on the way be taken up again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_walls")]

    operations = [
        migrations.AddField("Report", "attempts", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("Report", "touched_at", models.DateTimeField(blank=True, null=True)),
    ]
