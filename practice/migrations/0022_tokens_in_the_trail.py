"""The trail says by which token a program did something; an account says that all of its tokens were withdrawn."""

from django.db import migrations, models

from practice.walls import PRACTICE

# As in 0013, with the token that is bound beside the user. What was granted on them stays.
TRAIL = f"""
CREATE OR REPLACE FUNCTION attune_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{{}}' ELSE to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{{}}' ELSE to_jsonb(NEW) END;
    line jsonb := CASE WHEN TG_OP = 'DELETE' THEN before ELSE after END;
    hidden text[] := TG_ARGV[1:];
    changed jsonb;
    alone text;
BEGIN
    SELECT coalesce(jsonb_object_agg(key, CASE
               WHEN key = ANY(hidden) THEN '"(not kept)"'::jsonb
               ELSE jsonb_build_array(before -> key, after -> key) END), '{{}}')
      INTO changed
      FROM (SELECT jsonb_object_keys(before || after) AS key) AS keys
     WHERE (before -> key) IS DISTINCT FROM (after -> key);
    IF TG_OP = 'UPDATE' AND changed = '{{}}' THEN RETURN NULL; END IF;
    IF jsonb_typeof(line -> 'audience') = 'array' AND jsonb_array_length(line -> 'audience') = 1 THEN
        alone := line -> 'audience' ->> 0;
    END IF;
    INSERT INTO practice_auditevent (
        practice_id, role, user_id, token_id, request, act, subject, subject_id, client_id, couple_id, lane, changes
    ) VALUES (
        (line ->> TG_ARGV[0])::uuid, current_setting('role', true),
        NULLIF(current_setting('app.user', true), '')::uuid,
        NULLIF(current_setting('app.token', true), '')::uuid,
        coalesce(current_setting('app.request', true), ''), lower(TG_OP), TG_TABLE_NAME, (line ->> 'id')::uuid,
        coalesce(
            line ->> 'client_id',
            CASE TG_TABLE_NAME WHEN 'clients_client' THEN line ->> 'id' WHEN 'exercises_staffnote' THEN NULL
                               ELSE line ->> 'author_id' END,
            alone
        )::uuid,
        coalesce(line ->> 'couple_id', CASE TG_TABLE_NAME WHEN 'clients_couple' THEN line ->> 'id' END)::uuid,
        coalesce(line ->> 'lane', ''), changed
    );
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION attune_looked(
    what text, which text, which_id uuid,
    of_client uuid DEFAULT NULL, of_couple uuid DEFAULT NULL, in_lane text DEFAULT ''
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_current_xact_id();
    INSERT INTO practice_auditevent (
        practice_id, role, user_id, token_id, request, act, subject, subject_id, client_id, couple_id, lane, changes
    ) VALUES (
        {PRACTICE}, current_setting('role', true), NULLIF(current_setting('app.user', true), '')::uuid,
        NULLIF(current_setting('app.token', true), '')::uuid,
        coalesce(current_setting('app.request', true), ''), what, which, which_id, of_client, of_couple, in_lane, '{{}}'
    );
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0021_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="auditevent",
            name="token_id",
            field=models.UUIDField(null=True),
        ),
        # Words, and nothing in the database.
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
                            ("opened_again", "What is private to you was opened again after that."),
                        ],
                        max_length=20,
                    ),
                ),
            ]
        ),
        migrations.RunSQL(TRAIL, migrations.RunSQL.noop),
    ]
