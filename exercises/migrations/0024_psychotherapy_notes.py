"""Psychotherapy notes: a table of their own, behind a wall that lets their author through."""

import django.db.models.deletion
from django.db import migrations, models

import practice.ids
import practice.models.base
import practice.vault
from practice import roles
from practice.walls import ALL, IN_CASELOAD, NOTES, USER, Wall, on_a_shared_screen

OWN = f"kept_by = {USER}"
MINE = f"{OWN} AND {IN_CASELOAD}"


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0017_who_may_look"),
        ("exercises", "0023_nothing_of_the_erased"),
        ("practice", "0016_keeping_and_erasing"),
    ]

    operations = [
        migrations.CreateModel(
            name="PsychotherapyNote",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("kept_by", models.UUIDField(editable=False)),
                (
                    "text",
                    practice.vault.SealedTextField(
                        blank=True, purpose="psychotherapy", verbose_name="psychotherapy notes"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("written_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "author",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="practice.membership",
                    ),
                ),
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
                "indexes": [models.Index(fields=["practice", "couple", "-written_at"], name="psychnote_of_couple")],
            },
        ),
        # Its author; a supervisor reads, and never writes, while an emergency says so.
        Wall(
            "PsychotherapyNote",
            grants={roles.THERAPIST: ALL, roles.SUPERVISOR: ALL, roles.SYSTEM: ALL},
            restrict={
                roles.THERAPIST: {
                    "SELECT": f"{MINE} OR couple_id = ANY({NOTES})",
                    "INSERT": MINE,
                    "UPDATE": MINE,
                    "DELETE": MINE,
                }
            },
        ),
        migrations.RunSQL(on_a_shared_screen("exercises_psychotherapynote"), migrations.RunSQL.noop),
    ]
