"""What a session decides: the moment before it, and what follows the last time."""

import django.db.models.deletion
from django.db import migrations, models

from practice.walls import reference


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0004_walls_of_pins"),
        ("exercises", "0006_walls_of_homework"),
    ]

    operations = [
        migrations.AddField(
            model_name="assignment",
            name="due_hours_before",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="assignment",
            name="follow_up_when",
            field=models.CharField(
                choices=[("each", "after each time"), ("last", "after the last time")], default="each", max_length=4
            ),
        ),
        migrations.AddField(
            model_name="occurrence",
            name="appointment",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="clients.appointment",
            ),
        ),
        migrations.AlterField(
            model_name="assignment",
            name="due",
            field=models.CharField(
                choices=[
                    ("rhythm", "on its dates"),
                    ("appointment", "before the next session"),
                    ("on_demand", "whenever they need it"),
                    ("follow_up", "after another one"),
                ],
                default="rhythm",
                max_length=12,
                verbose_name="due",
            ),
        ),
        migrations.RunSQL(
            reference("exercises_occurrence", "appointment_id", "clients_appointment"), migrations.RunSQL.noop
        ),
    ]
