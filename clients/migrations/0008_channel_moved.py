"""What ``Contact.channel`` said stands in ``Reach`` now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clients", "0007_reminders_walls")]

    operations = [migrations.RemoveField("contact", "channel")]
