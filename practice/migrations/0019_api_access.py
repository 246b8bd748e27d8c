"""Tokens of programs, what was done for them once, and the walls around both."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import practice.ids
import practice.models.base
import practice.vault
from practice import roles
from practice.walls import ALL, USER, Wall, on_a_shared_screen


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0018_sending_holds"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessToken",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("user_id", models.UUIDField()),
                ("name", practice.vault.SealedTextField(blank=True, max_length=80)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None),
                ),
                ("digest", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
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
                "indexes": [models.Index(fields=["practice", "user_id"], name="accesstoken_of_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("made_at"))), name="accesstoken_ends"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DoneOnce",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("user_id", models.UUIDField()),
                ("key", models.CharField(max_length=64)),
                ("fingerprint", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("answer", practice.vault.SealedTextField(blank=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
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
                "indexes": [models.Index(fields=["at"], name="doneonce_at")],
                "constraints": [models.UniqueConstraint(fields=("practice", "user_id", "key"), name="doneonce_once")],
            },
        ),
        # Whoever made a token sees it. Owners end those of others through Attune itself.
        Wall(
            "AccessToken",
            grants={
                roles.THERAPIST: "SELECT, INSERT, UPDATE",
                roles.SUPERVISOR: "SELECT, INSERT, UPDATE",
                roles.COORDINATOR: "SELECT, INSERT, UPDATE",
                roles.SYSTEM: ALL,
            },
            restrict={
                roles.THERAPIST: f"user_id = {USER}",
                roles.SUPERVISOR: f"user_id = {USER}",
                roles.COORDINATOR: f"user_id = {USER}",
            },
            silent=("used_at",),
        ),
        migrations.RunSQL(on_a_shared_screen("practice_accesstoken"), migrations.RunSQL.noop),
        Wall("DoneOnce", grants={roles.SYSTEM: ALL}, audit=False),
    ]
