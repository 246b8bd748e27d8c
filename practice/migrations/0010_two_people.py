"""Acts that need two different people."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import practice.ids
import practice.models.base
import practice.models.two_people
import practice.vault
from practice import roles
from practice.walls import ALL, Wall


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0009_close_within"),
    ]

    operations = [
        migrations.CreateModel(
            name="TwoPersonAct",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("practice_export", "Take out everything that the practice keeps"),
                            ("practice_deletion", "Delete the practice"),
                            ("key_destruction", "Destroy a key, and with it every text that it opens"),
                        ],
                        max_length=20,
                    ),
                ),
                ("about_id", models.UUIDField(blank=True, null=True)),
                ("details", models.JSONField(blank=True, default=dict)),
                ("why", practice.vault.SealedTextField(blank=True, verbose_name="why")),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(default=practice.models.two_people.in_three_days)),
                ("operator", models.CharField(blank=True, max_length=60)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("done", "confirmed and done"), ("declined", "declined"), ("withdrawn", "withdrawn")],
                        max_length=10,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="practice.membership",
                    ),
                ),
                (
                    "decided_by",
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
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", None), ("operator", ""), ("outcome", "")),
                            models.Q(("decided_at__isnull", False), ("outcome", "withdrawn")),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("outcome__in", ["done", "declined"]),
                                models.Q(
                                    models.Q(
                                        ("decided_by__isnull", False),
                                        models.Q(("decided_by", models.F("asked_by")), _negated=True),
                                    ),
                                    models.Q(("decided_by", None), models.Q(("operator", ""), _negated=True)),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="twopersonact_two_people",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "")),
                        fields=("practice", "act", "about_id"),
                        name="twopersonact_one_open",
                        nulls_distinct=False,
                    ),
                ],
            },
        ),
        # Whoever asks writes it down; deciding is Attune's own, after it looked who decides.
        Wall(
            "TwoPersonAct",
            grants={roles.SUPERVISOR: "SELECT, INSERT", roles.SYSTEM: ALL},
            restrict={roles.SUPERVISOR: {"INSERT": "outcome = ''"}},
        ),
    ]
