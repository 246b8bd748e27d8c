"""A rhythm may begin with a first time of its own: once, then every three months."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exercises", "0002_walls")]

    operations = [
        migrations.AddField("assignment", "reviews", models.BooleanField(default=False)),
    ]
