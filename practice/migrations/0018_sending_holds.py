"""When a practice sends nothing."""

import django.db.models.deletion
from django.db import migrations, models

import practice.ids
import practice.models.base
import practice.vault
from practice import roles
from practice.walls import Wall, on_a_shared_screen

WITHOUT_WORDS = "SELECT (id, practice_id, because, began_at, began_by_id, released_at, released_by_id)"


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0017_second_steps_of_their_users"),
    ]

    operations = [
        migrations.CreateModel(
            name="SendingHold",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "because",
                    models.CharField(
                        choices=[
                            ("imported", "The practice was brought here"),
                            ("moved", "The practice moved elsewhere"),
                        ],
                        max_length=10,
                    ),
                ),
                ("why", practice.vault.SealedTextField(blank=True, verbose_name="why")),
                ("began_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                (
                    "began_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
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
                    "released_by",
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
                "indexes": [models.Index(fields=["practice", "-began_at"], name="sendinghold_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_at", None)),
                        fields=("practice",),
                        name="sendinghold_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("because", "imported"), ("began_by", None)),
                            models.Q(("because", "moved"), ("began_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="sendinghold_by_import_or_owner",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("released_at", None), ("released_by", None)),
                            models.Q(("released_at__isnull", False), ("released_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="sendinghold_released_by_somebody",
                    ),
                ],
            },
        ),
        # Staff learn that nothing is sent, owners why; who may change that is Attune's own to say.
        Wall(
            "SendingHold",
            grants={
                roles.THERAPIST: WITHOUT_WORDS,
                roles.COORDINATOR: WITHOUT_WORDS,
                roles.SUPERVISOR: "SELECT",
                roles.SYSTEM: "SELECT, INSERT, UPDATE",
            },
        ),
        migrations.RunSQL(on_a_shared_screen("practice_sendinghold"), migrations.RunSQL.noop),
    ]
