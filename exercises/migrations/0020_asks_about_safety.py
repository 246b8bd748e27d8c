"""Whether what was given may call for help."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exercises", "0019_trail_without_plans"),
    ]

    operations = [
        migrations.AddField(
            model_name="assignment",
            name="asks_about_safety",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
