"""Limits, sign-ins, accounts that were got back through the mailbox, and what changed about signing in."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import practice.ids
from practice import roles

ACTING = ", ".join(roles.ACTING)


# Whoever signs in is nobody yet, so these belong to the login role; a therapist's word that they have seen somebody
# is acted on by Attune itself. No role of a practice reads them, so no colleague and no partner does.
RIGHTS = f"""
GRANT SELECT, INSERT, UPDATE, DELETE ON practice_limit, practice_signin, practice_recovery, practice_accountevent
    TO {roles.LOGIN};
GRANT SELECT, INSERT, UPDATE, DELETE ON practice_limit TO {ACTING};
GRANT SELECT, UPDATE ON practice_recovery TO {roles.SYSTEM};
GRANT SELECT, INSERT ON practice_accountevent TO {roles.SYSTEM};
"""


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0014_files_to_take_away"),
    ]

    operations = [
        migrations.CreateModel(
            name="Limit",
            fields=[
                ("key", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("full_until", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("session_key", models.CharField(max_length=40, unique=True)),
                ("device", models.CharField(blank=True, max_length=60)),
                ("began_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("new_browser", "You signed in with a browser that was new here."),
                            ("factor_added", "A passkey or an app for codes was added."),
                            ("factor_removed", "A passkey or an app for codes was taken away."),
                            ("codes_made", "Recovery codes were made."),
                            ("code_used", "A recovery code was used."),
                            ("password_changed", "The password was changed."),
                            ("address_changed", "The e-mail address was changed."),
                            ("recovered", "A new password was chosen through the mailbox."),
                            ("opened_again", "What is private to you was opened again after that."),
                        ],
                        max_length=20,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "-at"], name="accountevent_newest")],
            },
        ),
        migrations.CreateModel(
            name="Recovery",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "settled_how",
                    models.CharField(
                        blank=True,
                        choices=[("factor", "a second step from before"), ("in_person", "the therapist, in person")],
                        max_length=10,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("settled_at", None)), fields=("user",), name="recovery_one_open"
                    )
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
