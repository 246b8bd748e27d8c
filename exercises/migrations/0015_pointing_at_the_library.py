"""What points at the library points at what its writer can see there.

Rows of the catalogue belong to no practice, so no composite key guards these columns: a trigger does, and an exercise
of another practice is as unknown as one that never was.
"""

from django.db import migrations

EXERCISE, EDITION, PROGRAM = "exercises_exercise", "exercises_edition", "exercises_program"

#: Every column that points at the library, but for those that ``visible_edition`` guards already.
POINTERS = {
    "exercises_exercise": {"newest_id": EDITION, "adapted_from_id": EDITION, "update_declined_id": EDITION},
    "exercises_edition": {"exercise_id": EXERCISE},
    "exercises_program": {"adapted_from_id": PROGRAM},
    "exercises_assignment": {"follow_up_id": EDITION},
    "exercises_programrun": {"program_id": PROGRAM},
    "exercises_questionnairefile": {"exercise_id": EXERCISE, "edition_id": EDITION},
    "exercises_manuscript": {"exercise_id": EXERCISE},
    "exercises_illustration": {"exercise_id": EXERCISE},
    "exercises_shelfentry": {"exercise_id": EXERCISE},
}

FUNCTION = """
CREATE FUNCTION attune_visible_in_library() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pointed uuid;
    there boolean;
BEGIN
    -- Arguments: column and table, in turn. Runs with the rights of the asker.
    FOR i IN 0 .. TG_NARGS - 1 BY 2 LOOP
        EXECUTE format('SELECT ($1).%I', TG_ARGV[i]) INTO pointed USING NEW;
        IF pointed IS NOT NULL THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE id = $1)', TG_ARGV[i + 1]) INTO there USING pointed;
            IF NOT there THEN
                RAISE foreign_key_violation USING MESSAGE = 'there is nothing of this kind in the library';
            END IF;
        END IF;
    END LOOP;
    RETURN NEW;
END $$
"""


def trigger(table: str, pointers: dict[str, str]) -> str:
    arguments = ", ".join(f"'{column}', '{target}'" for column, target in pointers.items())
    return (
        f"CREATE TRIGGER visible_in_library BEFORE INSERT OR UPDATE OF {', '.join(pointers)} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION attune_visible_in_library({arguments})"
    )


class Migration(migrations.Migration):
    dependencies = [("exercises", "0014_releases")]

    operations = [
        migrations.RunSQL(
            [FUNCTION, *(trigger(table, pointers) for table, pointers in POINTERS.items())],
            "DROP FUNCTION attune_visible_in_library() CASCADE",
        )
    ]
