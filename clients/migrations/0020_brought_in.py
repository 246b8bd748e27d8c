"""That couples were brought in from a file: written and read by Attune itself, for pages of owners and the front desk."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import practice.ids
import practice.models.base
from practice import roles
from practice.walls import ALL, Wall


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0019_calendars_that_follow"),
        ("practice", "0024_couples_file"),
    ]

    operations = [
        migrations.CreateModel(
            name="BroughtIn",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("brought_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("fingerprint", models.CharField(max_length=64)),
                ("rows", models.PositiveIntegerField()),
                ("couples", models.PositiveIntegerField()),
                ("people", models.PositiveIntegerField()),
                ("left_out", models.PositiveIntegerField()),
                ("invited", models.BooleanField()),
                (
                    "made",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
                ),
                ("taken_back", models.PositiveIntegerField(default=0)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "brought_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="practice.membership",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        db_index=False,
                        default=practice.models.base.bound_practice_id,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="practice.practice",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="practice.membership",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["practice", "-brought_at"], name="broughtin_newest")],
            },
        ),
        Wall("BroughtIn", grants={roles.SYSTEM: ALL}, silent=("made",)),
    ]
