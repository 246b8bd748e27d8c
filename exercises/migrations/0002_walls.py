"""The walls around what is given and answered."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, IN_AUDIENCE, IN_CASELOAD, PERSON, READ, Wall

WRITE = "SELECT, INSERT, UPDATE"
CATALOGUE = "practice_id IS NULL"

#: A partner reads what they wrote, and what a lane has opened to them.
OPENED = f"(author_id = {PERSON} OR ({PERSON} = ANY(readers) AND opens_at <= now()))"
OWN_ROWS = f"author_id = {PERSON}"


def catalogue_belongs_to_owner(table: str) -> migrations.RunSQL:
    """Let the command that loads the catalogue write its rows, and no others."""
    return migrations.RunSQL(
        f"CREATE POLICY catalogue ON {table} FOR ALL TO {roles.OWNER} USING ({CATALOGUE}) WITH CHECK ({CATALOGUE})",
        migrations.RunSQL.noop,
    )


def library(model: str, portal: bool = False) -> Wall:
    staff = dict.fromkeys(roles.STAFF, READ)
    return Wall(
        model,
        grants={**staff, roles.SYSTEM: ALL, **({roles.PORTAL: READ} if portal else {})},
        also_read=CATALOGUE,
        audit=False,
    )


EDITIONS = """
CREATE FUNCTION attune_visible_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Runs with the rights of the asker: an edition of another practice is as unknown as one that never was.
    PERFORM 1 FROM exercises_edition WHERE id = NEW.edition_id;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'there is no such edition';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER visible_edition BEFORE INSERT OR UPDATE OF edition_id ON exercises_assignment
    FOR EACH ROW EXECUTE FUNCTION attune_visible_edition();
CREATE TRIGGER visible_edition BEFORE INSERT OR UPDATE OF edition_id ON exercises_response
    FOR EACH ROW EXECUTE FUNCTION attune_visible_edition();

CREATE FUNCTION attune_editions_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an edition never changes: publish the next one';
END $$;
CREATE TRIGGER editions_stay BEFORE UPDATE OF content, title, number, exercise_id ON exercises_edition
    FOR EACH ROW EXECUTE FUNCTION attune_editions_stay();
"""


class Migration(migrations.Migration):
    dependencies = [("exercises", "0001_initial"), ("clients", "0002_walls")]

    operations = [
        library("Exercise"),
        library("Edition", portal=True),
        library("Program"),
        catalogue_belongs_to_owner("exercises_exercise"),
        catalogue_belongs_to_owner("exercises_edition"),
        catalogue_belongs_to_owner("exercises_program"),
        Wall(
            "Assignment",
            grants={
                roles.THERAPIST: WRITE,
                roles.SUPERVISOR: WRITE,
                roles.PORTAL: READ,
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: IN_CASELOAD, roles.PORTAL: IN_AUDIENCE},
        ),
        Wall(
            "Occurrence",
            grants={
                roles.THERAPIST: "SELECT, UPDATE",
                roles.SUPERVISOR: "SELECT, UPDATE",
                roles.PORTAL: READ,
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: IN_CASELOAD, roles.PORTAL: IN_AUDIENCE},
        ),
        Wall("Draft", grants={roles.PORTAL: ALL}, restrict={roles.PORTAL: OWN_ROWS}, audit=False),
        Wall(
            "Response",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: READ,
                roles.PORTAL: "SELECT, INSERT",
                roles.SYSTEM: ALL,
            },
            restrict={
                roles.THERAPIST: f"{IN_CASELOAD} AND lane <> 'own'",
                roles.SUPERVISOR: "lane <> 'own'",
                roles.PORTAL: {"SELECT": OPENED, "INSERT": f"{OWN_ROWS} AND {IN_CASELOAD}"},
            },
        ),
        Wall(
            "Answer",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: READ,
                roles.PORTAL: "SELECT, INSERT",
                roles.SYSTEM: ALL,
            },
            restrict={
                roles.THERAPIST: f"{IN_CASELOAD} AND lane <> 'own'",
                roles.SUPERVISOR: "lane <> 'own'",
                roles.PORTAL: {"SELECT": OPENED, "INSERT": f"{OWN_ROWS} AND {IN_CASELOAD}"},
            },
            silent=("number", "choices", "declined"),
        ),
        Wall(
            "Reading",
            grants={
                roles.THERAPIST: "SELECT, INSERT",
                roles.SUPERVISOR: "SELECT, INSERT",
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: IN_CASELOAD},
        ),
        migrations.RunSQL(EDITIONS, migrations.RunSQL.noop),
    ]
