"""The walls around writing, plans, doing it together and looking back."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, IN_AUDIENCE, IN_CASELOAD, PERSON, READ, Wall, reference

WRITE = "SELECT, INSERT, UPDATE"
NOT_OWN = "lane <> 'own'"

OWN_ROWS = f"author_id = {PERSON}"
OWN_NEW = f"{OWN_ROWS} AND {IN_CASELOAD}"
#: A partner reads what they wrote, and what a lane has opened to them.
OPENED = f"({OWN_ROWS} OR ({PERSON} = ANY(readers) AND opens_at <= now()))"


def by_practice(model: str, *, portal: bool = False, audit: bool = True, silent: tuple[str, ...] = ()) -> Wall:
    """Something of the whole practice, about nobody in care."""
    grants = {roles.THERAPIST: ALL, roles.SUPERVISOR: ALL, roles.SYSTEM: ALL}
    return Wall(model, grants={**grants, **({roles.PORTAL: READ} if portal else {})}, audit=audit, silent=silent)


def by_staff(model: str, rights: str = WRITE, silent: tuple[str, ...] = ()) -> Wall:
    """Something about a couple that no partner ever reads."""
    return Wall(
        model,
        grants={roles.THERAPIST: rights, roles.SUPERVISOR: rights, roles.SYSTEM: ALL},
        restrict={roles.THERAPIST: IN_CASELOAD},
        silent=silent,
    )


def by_author(
    model: str,
    portal: str,
    *,
    staff: str = READ,
    audit: bool = True,
    silent: tuple[str, ...] = (),
) -> Wall:
    """Something one partner wrote, read by whom its lane names; its author alone changes it."""
    return Wall(
        model,
        grants={roles.THERAPIST: staff, roles.SUPERVISOR: staff, roles.PORTAL: portal, roles.SYSTEM: ALL},
        restrict={
            roles.THERAPIST: f"{IN_CASELOAD} AND {NOT_OWN}",
            roles.SUPERVISOR: NOT_OWN,
            roles.PORTAL: {
                "SELECT": OPENED,
                "INSERT": OWN_NEW,
                **({"UPDATE": OWN_ROWS} if "UPDATE" in portal else {}),
                **({"DELETE": OWN_ROWS} if "DELETE" in portal else {}),
            },
        },
        audit=audit,
        silent=silent,
    )


def by_audience(
    model: str,
    portal: str,
    *,
    staff: str = READ,
    own: bool = False,
    audit: bool = True,
) -> Wall:
    """Something that several people have in common; ``own``: each writes in their own name only."""
    write = f"{IN_AUDIENCE} AND {OWN_ROWS}" if own else IN_AUDIENCE
    return Wall(
        model,
        grants={roles.THERAPIST: staff, roles.SUPERVISOR: staff, roles.PORTAL: portal, roles.SYSTEM: ALL},
        restrict={
            roles.THERAPIST: IN_CASELOAD,
            roles.PORTAL: {
                "SELECT": IN_AUDIENCE,
                **({"INSERT": f"{write} AND {IN_CASELOAD}"} if "INSERT" in portal else {}),
                **({"UPDATE": write} if "UPDATE" in portal else {}),
            },
        },
        audit=audit,
    )


AUDIENCES = """
CREATE FUNCTION attune_audience_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'who reads it is fixed when it begins';
END $$;
CREATE TRIGGER audience_stays BEFORE UPDATE OF audience ON exercises_thread
    FOR EACH ROW WHEN (OLD.audience IS DISTINCT FROM NEW.audience) EXECUTE FUNCTION attune_audience_stays();
CREATE TRIGGER audience_stays BEFORE UPDATE OF audience ON exercises_comment
    FOR EACH ROW WHEN (OLD.audience IS DISTINCT FROM NEW.audience) EXECUTE FUNCTION attune_audience_stays();

CREATE FUNCTION attune_comment_audience() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Runs with the rights of the asker: a thread they cannot see is no thread.
    PERFORM 1 FROM exercises_thread WHERE id = NEW.thread_id AND audience = NEW.audience;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'there is no such thread';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER comment_audience BEFORE INSERT ON exercises_comment
    FOR EACH ROW EXECUTE FUNCTION attune_comment_audience();
"""

#: Columns that earlier tables gained: they too may only point inside the practice.
REFERENCES = [
    ("exercises_assignment", "goal_id", "exercises_goal"),
    ("exercises_assignment", "run_id", "exercises_programrun"),
    ("exercises_assignment", "continues_id", "exercises_assignment"),
    ("exercises_occurrence", "skipped_by_id", "practice_membership"),
    ("exercises_occurrence", "begun_by_id", "clients_client"),
    ("exercises_occurrence", "follows_id", "exercises_occurrence"),
]


class Migration(migrations.Migration):
    dependencies = [("exercises", "0005_homework_in_full"), ("clients", "0004_walls_of_pins")]

    operations = [
        # writing
        by_practice("Manuscript", audit=False),
        by_practice("Illustration", portal=True),
        by_practice("Shelf", audit=False),
        by_practice("ShelfEntry", audit=False),
        by_practice("QuestionnaireFile", silent=("text", "notices")),
        by_practice("LicenceConfirmation"),
        # plans
        by_audience("ProgramRun", READ, staff=WRITE),
        by_staff("Pause"),
        by_audience("Goal", READ, staff=WRITE),
        by_author("GoalRating", "SELECT, INSERT", silent=("value",)),
        by_staff("MeasureEntry", silent=("total", "subscales")),
        # doing it, and what is said besides
        by_audience("Sitting", WRITE, audit=False),
        by_audience("Draw", WRITE, audit=False),
        by_author("Feedback", WRITE, silent=("extent", "usefulness", "difficulty", "too_much", "obstacles")),
        by_author("Win", ALL),
        # Nobody keeps a list of who wrote in their journal, and when.
        by_author("JournalEntry", ALL, audit=False),
        by_audience("Agreement", WRITE, staff=WRITE),
        by_audience("AgreementVersion", WRITE, staff=WRITE),
        by_audience("Assent", WRITE, own=True),
        # looking back
        Wall(
            "Review",
            grants={
                roles.THERAPIST: "SELECT, INSERT, DELETE",
                roles.SUPERVISOR: "SELECT, INSERT, DELETE",
                roles.PORTAL: READ,
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: IN_CASELOAD, roles.PORTAL: OWN_ROWS},
        ),
        by_audience("Thread", WRITE, staff=WRITE),
        by_audience("Comment", "SELECT, INSERT", staff="SELECT, INSERT", own=True),
        Wall(
            "Seen",
            grants={roles.THERAPIST: WRITE, roles.SUPERVISOR: WRITE, roles.PORTAL: WRITE, roles.SYSTEM: ALL},
            restrict={
                roles.THERAPIST: f"{IN_CASELOAD} AND author_id IS NULL",
                roles.SUPERVISOR: "author_id IS NULL",
                roles.PORTAL: f"{OWN_ROWS} AND {IN_CASELOAD}",
            },
            audit=False,
        ),
        by_staff("AgendaItem", ALL),
        by_staff("StaffNote", ALL),
        by_author("Attachment", ALL, staff="SELECT, INSERT"),
        *[migrations.RunSQL(reference(*one), migrations.RunSQL.noop) for one in REFERENCES],
        migrations.RunSQL(AUDIENCES, migrations.RunSQL.noop),
    ]
