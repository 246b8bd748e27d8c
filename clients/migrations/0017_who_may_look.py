"""Supervision by grant, emergency access, and owners and supervisors behind the person wall."""

import datetime

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.db import migrations, models

import clients.models.looking
import practice.ids
import practice.models.base
import practice.vault
from practice import roles
from practice.walls import ALL, IN_CASELOAD, READ, Wall, on_a_shared_screen


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0016_keeping_and_erasing_walls"),
        ("practice", "0016_keeping_and_erasing"),
    ]

    operations = [
        migrations.CreateModel(
            name="EmergencyAccess",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "what",
                    models.CharField(
                        choices=[("record", "The couple’s record"), ("notes", "Psychotherapy notes")],
                        default="record",
                        max_length=6,
                    ),
                ),
                ("why", practice.vault.SealedTextField(blank=True, verbose_name="why")),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("until", models.DateTimeField(default=clients.models.looking.in_a_while)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("finding", practice.vault.SealedTextField(blank=True, verbose_name="what you found")),
                (
                    "couple",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.couple",
                    ),
                ),
                (
                    "membership",
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
                    "reviewed_by",
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
                "indexes": [models.Index(fields=["practice", "membership", "until"], name="emergency_of_member")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reviewed_at", None), ("reviewed_by", None)),
                            models.Q(
                                ("reviewed_at__isnull", False),
                                models.Q(("reviewed_by", models.F("membership")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="emergencyaccess_reviewed_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "until__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("opened_at"), "+", models.Value(datetime.timedelta(days=1))
                                ),
                            )
                        ),
                        name="emergencyaccess_ends",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Supervision",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "granted_by",
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
                    "supervisor",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="supervises",
                        to="practice.membership",
                    ),
                ),
                (
                    "therapist",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="supervised_by",
                        to="practice.membership",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("practice", "supervisor", "therapist"),
                        name="supervision_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("supervisor", models.F("therapist")), _negated=True),
                        name="supervision_of_another",
                    ),
                ],
            },
        ),
        Wall(
            "Supervision",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: READ,
                roles.SYSTEM: "SELECT, INSERT, UPDATE",
            },
        ),
        # Written and ended by Attune itself, after it looked who asks: nobody makes the row that opens a door.
        Wall(
            "EmergencyAccess",
            grants={roles.THERAPIST: READ, roles.SUPERVISOR: READ, roles.SYSTEM: ALL},
            restrict={roles.THERAPIST: IN_CASELOAD},
            leads_see_all=True,
        ),
        # On a screen that a couple looks at, nothing of either is there.
        migrations.RunSQL(on_a_shared_screen("clients_supervision"), migrations.RunSQL.noop),
        migrations.RunSQL(on_a_shared_screen("clients_emergencyaccess"), migrations.RunSQL.noop),
    ]
