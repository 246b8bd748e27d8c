"""Addresses that are told of events, what became of each telling, and the walls around both."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import practice.ids
import practice.models.base
import practice.vault
from practice import roles
from practice.walls import ALL, Wall

#: Finds in which practices a call is due, and reads nothing of what it is about.
DISPATCH = f"""
GRANT SELECT (id, practice_id, state, next_at) ON practice_webhookdelivery TO {roles.DISPATCH};
CREATE POLICY finds_calls ON practice_webhookdelivery FOR SELECT TO {roles.DISPATCH} USING (true);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0020_tokens_in_the_account"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("address", practice.vault.SealedTextField(blank=True, verbose_name="address")),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None),
                ),
                ("secret", practice.vault.SealedTextField(blank=True)),
                ("former_secret", practice.vault.SealedTextField(blank=True)),
                ("former_until", models.DateTimeField(blank=True, null=True)),
                ("draft", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("off_at", models.DateTimeField(blank=True, null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("rests_until", models.DateTimeField(blank=True, null=True)),
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
            name="WebhookDelivery",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("event_id", models.UUIDField()),
                ("event", models.CharField(max_length=40)),
                ("happened_at", models.DateTimeField()),
                ("about", models.JSONField(default=dict)),
                ("couple_id", models.UUIDField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("delivered", "delivered"),
                            ("given_up", "given up"),
                            ("dropped", "not sent"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("next_at", models.DateTimeField()),
                ("last_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("worker", models.CharField(blank=True, max_length=40)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
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
                    "webhook",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="practice.webhook",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="webhook",
            constraint=models.UniqueConstraint(fields=("practice", "draft"), name="webhook_once_for_form"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["practice", "next_at"], name="webhookdelivery_due"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["webhook", "-id"], name="webhookdelivery_newest"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["practice", "couple_id"], name="webhookdelivery_of_couple"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(fields=("practice", "webhook", "event_id"), name="webhookdelivery_once"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at", None), ("state", "waiting")),
                    models.Q(models.Q(("state", "waiting"), _negated=True), ("finished_at__isnull", False)),
                    _connector="OR",
                ),
                name="webhookdelivery_waits_or_is_over",
            ),
        ),
        # Owners act through Attune itself, behind their door: the addresses and secrets are nobody else's to read.
        Wall(
            "Webhook",
            grants={roles.SYSTEM: ALL},
            silent=("failures", "failing_since", "rests_until"),
        ),
        Wall("WebhookDelivery", grants={roles.SYSTEM: ALL}, audit=False),
        migrations.RunSQL(DISPATCH, migrations.RunSQL.noop),
    ]
