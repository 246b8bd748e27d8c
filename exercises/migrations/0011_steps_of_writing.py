"""What the last changes to a manuscript replaced, and what came too late to be saved."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exercises", "0010_doing_it_together")]

    operations = [
        migrations.AddField("manuscript", "aside", models.JSONField(default=dict)),
        migrations.AddField("manuscript", "history", models.JSONField(default=list)),
    ]
