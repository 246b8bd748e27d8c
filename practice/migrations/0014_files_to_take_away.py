"""Files to take away, and the walls around them."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import practice.ids
import practice.models.base
from practice import roles
from practice.walls import ALL, PERSON, READ, USER, Wall, on_a_shared_screen


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0013_keys_and_seals_walls"),
    ]

    operations = [
        migrations.CreateModel(
            name="Archive",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("own_copy", "a person's own copy"),
                            ("record_copy", "a copy of one record for its person"),
                            ("practice_export", "everything that the practice keeps"),
                        ],
                        max_length=20,
                    ),
                ),
                ("user_id", models.UUIDField()),
                ("person_id", models.UUIDField(blank=True, null=True)),
                ("about_id", models.UUIDField(blank=True, null=True)),
                ("details", models.JSONField(blank=True, default=dict)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("working", "Being made"),
                            ("done", "Ready"),
                            ("failed", "Could not be made"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("percent", models.PositiveSmallIntegerField(default=0)),
                ("step", models.CharField(blank=True, max_length=80)),
                ("failure", models.CharField(blank=True, max_length=120)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("touched_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("size", models.PositiveBigIntegerField(null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("taken_at", models.DateTimeField(blank=True, null=True)),
                ("destroyed_at", models.DateTimeField(blank=True, null=True)),
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
        ),
        migrations.CreateModel(
            name="ArchivePiece",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("body", models.BinaryField()),
                (
                    "archive",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pieces",
                        to="practice.archive",
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
        ),
        migrations.AddIndex(
            model_name="archive",
            index=models.Index(fields=["practice", "kind", "user_id", "-asked_at"], name="archive_of_user"),
        ),
        migrations.AddConstraint(
            model_name="archive",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    models.Q(
                        ("expires_at__isnull", False),
                        ("finished_at__isnull", False),
                        ("size__isnull", False),
                        models.Q(("sha256", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="archive_done_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="archivepiece",
            constraint=models.UniqueConstraint(fields=("practice", "archive", "number"), name="archivepiece_once"),
        ),
        # Whoever asked for it sees it, and nobody else: not the others of the practice, nor the person it is about
        # where staff asked. Asking, making and destroying are Attune's own.
        Wall(
            "Archive",
            grants={roles.THERAPIST: READ, roles.SUPERVISOR: READ, roles.PORTAL: READ, roles.SYSTEM: ALL},
            restrict={
                roles.THERAPIST: f"user_id = {USER}",
                roles.SUPERVISOR: f"user_id = {USER}",
                roles.PORTAL: f"person_id = {PERSON} AND user_id = {USER}",
            },
            silent=("percent", "step", "touched_at"),
        ),
        Wall("ArchivePiece", grants={roles.SYSTEM: ALL}, audit=False),
        migrations.RunSQL(on_a_shared_screen("practice_archive"), "DROP POLICY shared_screen ON practice_archive"),
    ]
