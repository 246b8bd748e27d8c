"""What partners have in common closes when they part, and what nobody agreed to is not taken.

Rows for one person alone stay theirs; everything else is read while they are in care together. Whoever has left a
couple that goes on is as far from the others as the others from them.
"""

from django.db import migrations

from practice import roles
from practice.walls import IN_AUDIENCE, IN_CASELOAD, PERSON, PRESENT

OWN_ROWS = f"author_id = {PERSON}"
OPEN_TO = f"{PERSON} = ANY(readers) AND opens_at <= now() AND {IN_CASELOAD}"
TOLD_WAS = f"({OWN_ROWS} OR ({OPEN_TO}))"
TOLD_IS = f"({OWN_ROWS} OR ({OPEN_TO} AND (author_id IS NULL OR author_id = ANY({PRESENT}))))"
TOLD = ("response", "answer", "goalrating", "feedback", "win", "journalentry", "attachment")

COMMON_IS = f"{IN_AUDIENCE} AND ({IN_CASELOAD} OR audience <@ ARRAY[{PERSON}])"
COMMON = ("programrun", "goal", "sitting", "draw", "agreement", "agreementversion", "assent", "thread", "comment")
CHANGED = ("sitting", "draw", "agreement", "agreementversion", "thread")
OCCURRENCE_IS = f"{IN_AUDIENCE} AND ({IN_CASELOAD} OR client_id = {PERSON})"


def reading(tables: tuple[str, ...], condition: str) -> list[str]:
    return [f"ALTER POLICY portal_select ON exercises_{table} USING ({condition})" for table in tables]


def changing(condition: str, assent: str) -> list[str]:
    every = [*((table, condition) for table in CHANGED), ("assent", assent)]
    return [f"ALTER POLICY portal_update ON exercises_{one} USING ({sql}) WITH CHECK ({sql})" for one, sql in every]


def occurrences(condition: str) -> list[str]:
    return [f"ALTER POLICY portal_all ON exercises_occurrence USING ({condition}) WITH CHECK ({condition})"]


AGREED = f"""
CREATE FUNCTION attune_agreed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Runs with the rights of the one who sends: they see their own consents. The wall refuses other names.
    IF NEW.author_id = {PERSON} AND (SELECT count(DISTINCT about) FROM clients_consent
        WHERE practice_id = NEW.practice_id AND client_id = NEW.author_id AND withdrawn_at IS NULL) < 3 THEN
        RAISE EXCEPTION 'nothing is taken from whoever has not agreed to it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER agreed BEFORE INSERT ON exercises_response
    FOR EACH ROW WHEN (current_user = '{roles.PORTAL}') EXECUTE FUNCTION attune_agreed();

CREATE FUNCTION attune_no_secrets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT secrets_policy FROM practice_practice WHERE id = NEW.practice_id) = 'no_secrets' THEN
        RAISE EXCEPTION 'a practice without secrets asks nothing in private but about safety'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_secrets BEFORE INSERT OR UPDATE OF lane ON exercises_assignment
    FOR EACH ROW WHEN (NEW.lane = 'private' AND NOT NEW.asks_about_safety) EXECUTE FUNCTION attune_no_secrets();
"""


class Migration(migrations.Migration):
    dependencies = [("exercises", "0020_asks_about_safety"), ("clients", "0014_parting_and_policies_walls")]

    operations = [
        migrations.RunSQL(reading(TOLD, TOLD_IS), reading(TOLD, TOLD_WAS)),
        migrations.RunSQL(reading(COMMON, COMMON_IS), reading(COMMON, IN_AUDIENCE)),
        migrations.RunSQL(
            changing(f"{IN_AUDIENCE} AND {IN_CASELOAD}", f"{IN_AUDIENCE} AND {OWN_ROWS} AND {IN_CASELOAD}"),
            changing(IN_AUDIENCE, f"{IN_AUDIENCE} AND {OWN_ROWS}"),
        ),
        migrations.RunSQL(occurrences(OCCURRENCE_IS), occurrences(IN_AUDIENCE)),
        migrations.RunSQL(AGREED, "DROP FUNCTION attune_agreed() CASCADE; DROP FUNCTION attune_no_secrets() CASCADE"),
    ]
