"""Signing in through a provider of the practice's own, and the walls around it."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import practice.ids
import practice.models.base
import practice.vault
from practice import roles
from practice.walls import ALL, PRACTICE, USER, Wall, on_a_shared_screen

#: Whoever signs in is nobody yet and asks at which door. It says nothing about people. Attune writes a practice's own.
DOOR = f"""
ALTER TABLE practice_signindoor ENABLE ROW LEVEL SECURITY;
ALTER TABLE practice_signindoor FORCE ROW LEVEL SECURITY;
GRANT SELECT ON practice_signindoor TO {roles.LOGIN};
GRANT SELECT, INSERT, UPDATE, DELETE ON practice_signindoor TO {roles.SYSTEM};
CREATE POLICY finds_doors ON practice_signindoor FOR SELECT TO {roles.LOGIN}, {roles.SYSTEM} USING (true);
CREATE POLICY own_door ON practice_signindoor FOR ALL TO {roles.SYSTEM}
    USING (practice_id = {PRACTICE}) WITH CHECK (practice_id = {PRACTICE});
"""


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0024_couples_file"),
    ]

    operations = [
        migrations.CreateModel(
            name="SignInDoor",
            fields=[
                ("practice_id", models.UUIDField(primary_key=True, serialize=False)),
                ("slug", models.SlugField(max_length=60, unique=True)),
                (
                    "leads",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=253), default=list, size=None
                    ),
                ),
                (
                    "only_way_for",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=253), default=list, size=None
                    ),
                ),
            ],
        ),
        # Words to the code alone: nothing changes in the database.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="accountevent",
                    name="what",
                    field=models.CharField(
                        choices=[
                            ("new_browser", "You signed in with a browser that was new here."),
                            ("factor_added", "A passkey or an app for codes was added."),
                            ("factor_removed", "A passkey or an app for codes was taken away."),
                            ("codes_made", "Recovery codes were made."),
                            ("code_used", "A recovery code was used."),
                            ("password_changed", "The password was changed."),
                            ("address_changed", "The e-mail address was changed."),
                            ("recovered", "A new password was chosen through the mailbox."),
                            ("token_made", "A token was made that lets a program work for you."),
                            ("token_ended", "A token of yours for a program was withdrawn."),
                            ("tokens_ended", "All tokens that let programs work for you were withdrawn."),
                            ("linked", "The sign-in of a practice’s provider was linked to this account."),
                            ("unlinked", "The sign-in of a practice’s provider opens this account no more."),
                            ("role_by_provider", "A practice’s provider changed what you may do there."),
                            ("team_by_provider", "The provider of your practice changed what somebody may do in it."),
                            ("opened_again", "What is private to you was opened again after that."),
                        ],
                        max_length=20,
                    ),
                ),
            ]
        ),
        migrations.CreateModel(
            name="ProviderLink",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("user_id", models.UUIDField()),
                ("subject_hash", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("used_at", models.DateTimeField(null=True)),
                ("is_on", models.BooleanField(default=True)),
                ("barred_at", models.DateTimeField(null=True)),
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
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("practice", "subject_hash"),
                        name="providerlink_one_of_a_subject",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("practice", "user_id"),
                        name="providerlink_one_of_a_user",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SingleSignOn",
            fields=[
                ("id", models.UUIDField(default=practice.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("issuer", models.CharField(max_length=300, verbose_name="address of the provider")),
                ("application_id", models.CharField(max_length=300, verbose_name="client id")),
                ("client_secret", practice.vault.SealedTextField(blank=True, verbose_name="client secret")),
                (
                    "domains",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=253),
                        size=None,
                        verbose_name="domains of e-mail addresses",
                    ),
                ),
                (
                    "proved",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=253), default=list, editable=False, size=None
                    ),
                ),
                ("claim", models.CharField(blank=True, max_length=120, verbose_name="claim with the groups")),
                ("mapping", models.JSONField(default=list, verbose_name="roles by group")),
                (
                    "required",
                    models.BooleanField(default=False, verbose_name="staff of these domains sign in this way only"),
                ),
                (
                    "lets_in_as",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("supervisor", "Supervisor"),
                            ("therapist", "Therapist"),
                            ("coordinator", "Coordinator"),
                        ],
                        max_length=20,
                        verbose_name="people without an invitation",
                    ),
                ),
                ("trusts_factor", models.BooleanField(default=False, verbose_name="the provider’s second step counts")),
                (
                    "factor_acr",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200), blank=True, default=list, size=None
                    ),
                ),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("tried_at", models.DateTimeField(null=True)),
                ("on_since", models.DateTimeField(null=True)),
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
                    models.UniqueConstraint(fields=("practice",), name="singlesignon_one_of_a_practice"),
                    models.CheckConstraint(
                        condition=models.Q(("on_since", None), ("tried_at__isnull", False), _connector="OR"),
                        name="singlesignon_tried_before_it_is_on",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lets_in_as", "owner"), _negated=True), name="singlesignon_lets_no_owner_in"
                    ),
                ],
            },
        ),
        Wall(
            "SingleSignOn",
            grants={roles.SUPERVISOR: "SELECT, INSERT, UPDATE", roles.SYSTEM: ALL},
        ),
        migrations.RunSQL(on_a_shared_screen("practice_singlesignon"), migrations.RunSQL.noop),
        # Only Attune writes a link, when somebody has come back from the provider. Whoever signs in sees their own, in
        # all practices, so that nobody has to know yet which one it is.
        Wall(
            "ProviderLink",
            grants={roles.SUPERVISOR: "SELECT", roles.SYSTEM: ALL},
            login=f"user_id = {USER}",
            silent=("used_at",),
        ),
        migrations.RunSQL(on_a_shared_screen("practice_providerlink"), migrations.RunSQL.noop),
        migrations.RunSQL(DOOR, migrations.RunSQL.noop),
    ]
