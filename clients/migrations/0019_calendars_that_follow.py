"""Links for calendars that follow along, the walls around them, and when a session was changed last."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import practice.ids
import practice.models.base
from practice import roles
from practice.walls import ALL, PERSON, USER, Wall, on_a_shared_screen

OWN = f"client_id = {PERSON}"


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0018_words_of_consents_by_way_of_the_consent"),
        ("practice", "0017_second_steps_of_their_users"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="changed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="PersonCalendar",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("alarm", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="alarm")),
                (
                    "client",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
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
                "constraints": [models.UniqueConstraint(fields=("practice", "client"), name="personcalendar_once")],
            },
        ),
        migrations.CreateModel(
            name="StaffCalendar",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("alarm", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="alarm")),
                ("user_id", models.UUIDField()),
                (
                    "names",
                    models.CharField(
                        choices=[
                            ("none", "Not at all: each is called “Session”"),
                            ("initials", "By their initials, as in “Session M & T”"),
                            ("names", "By their names"),
                        ],
                        default="none",
                        max_length=8,
                        verbose_name="how couples are named",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
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
                    models.UniqueConstraint(fields=("practice", "membership"), name="staffcalendar_once"),
                    models.CheckConstraint(
                        condition=models.Q(("names__in", ["none", "initials", "names"])), name="staffcalendar_names"
                    ),
                ],
            },
        ),
        # Nobody but the one whose calendar it is learns that there is one.
        Wall(
            "PersonCalendar",
            grants={roles.PORTAL: "SELECT, INSERT, UPDATE", roles.SYSTEM: ALL},
            restrict={roles.PORTAL: OWN},
            silent=("digest",),
        ),
        Wall(
            "StaffCalendar",
            grants={
                roles.THERAPIST: "SELECT, INSERT, UPDATE",
                roles.SUPERVISOR: "SELECT, INSERT, UPDATE",
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: f"user_id = {USER}"},
            silent=("digest",),
        ),
        migrations.RunSQL(on_a_shared_screen("clients_staffcalendar"), migrations.RunSQL.noop),
    ]
