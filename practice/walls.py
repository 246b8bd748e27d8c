"""Migration operations that put the two walls around a table.

Every table with practice data gets one :class:`Wall` in the migration that makes it. What it writes is plain:
row-level security enabled and forced, one permissive policy for the practice, restrictive policies for the
person, grants for each role, ``UNIQUE (practice_id, id)``, and composite foreign keys so that no row can
point into another practice. Policies compare settings directly and hold no sub-select: indexes stay usable
and the way to a sharded database stays open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.migrations.operations.base import Operation

from practice import roles

PRACTICE = "NULLIF(current_setting('app.practice', true), '')::uuid"
USER = "NULLIF(current_setting('app.user', true), '')::uuid"
PERSON = "NULLIF(current_setting('app.person', true), '')::uuid"
COUPLES = "NULLIF(current_setting('app.couples', true), '')::uuid[]"
PEOPLE = "NULLIF(current_setting('app.people', true), '')::uuid[]"
#: Partners who are in care together with the one who asks, themselves included.
PRESENT = "NULLIF(current_setting('app.present', true), '')::uuid[]"
#: Who sits in front of a shared screen, and the assignments that all of them know of.
ROOM = "NULLIF(current_setting('app.room', true), '')::uuid[]"
GIVEN = "NULLIF(current_setting('app.given', true), '')::uuid[]"

#: A sign-in that shows no more than that somebody reads the account's mail (practice/signing_in.py).
CLOSED_SINCE = "NULLIF(current_setting('app.closed', true), '')::timestamptz"

# That a setting is empty, as it is for nearly everybody. Said with = '' or IS NULL, the planner takes it for one row in
# two hundred, of each table of a query; then it joins them in any order, and asks for a whole caseload first.
NO_SHARED_SCREEN = "coalesce(current_setting('app.room', true), '') NOT LIKE '_%'"
NOT_CLOSED = "coalesce(current_setting('app.closed', true), '') NOT LIKE '_%'"

#: How the policies are called that hold owners and supervisors to the couples that are theirs to see.
LIKE_THERAPISTS = "lead"

#: Couples whose psychotherapy notes were opened to somebody else in an emergency.
NOTES = "NULLIF(current_setting('app.notes', true), '')::uuid[]"

ALL = "SELECT, INSERT, UPDATE, DELETE"
READ = "SELECT"


def listed(column: str, setting: str) -> str:
    """Say that an id stands in the list of a setting, ``couples`` or ``people``: something comes after it there.

    As text, because ``= ANY`` takes the list apart for each row: fifty couples cost ten times what this costs. And not
    by ``strpos``, which counts the characters before it, one by one: that takes twice as long. No index helps it: what
    reads many rows names the couples that it wants.
    """
    return f"split_part(current_setting('app.{setting}', true), {column}::text, 2) <> ''"


#: A therapist's caseload, a partner's own rows, and the readers written on a row.
IN_CASELOAD = listed("couple_id", "couples")
IN_AUDIENCE = f"{PERSON} = ANY(audience)"


class Wall(Operation):
    """Protect one table with practice data.

    ``grants`` maps a role to its rights; a role that is not named has none. ``restrict`` maps a role to the
    condition every row must meet for it, either one SQL text for all commands or a mapping of command to
    SQL. ``login`` is the condition under which the login role may read, to find out who signed in.
    What holds for therapists holds for owners and supervisors too, besides what is said of them: they see the couples
    that are theirs to see, and no others. ``leads_see_all`` is for rows without anybody's words.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(
        self,
        model: str,
        *,
        grants: Mapping[str, str],
        restrict: Mapping[str, str | Mapping[str, str]] | None = None,
        practice_column: str = "practice_id",
        also_read: str = "",
        login: str = "",
        audit: bool = True,
        silent: tuple[str, ...] = (),
        leads_see_all: bool = False,
    ) -> None:
        self.model = model
        self.grants = grants
        self.restrict = restrict or {}
        self.practice_column = practice_column
        self.also_read = also_read
        self.login = login
        self.audit = audit
        self.silent = silent
        self.leads_see_all = leads_see_all

    def deconstruct(self):
        kwargs = {
            "model": self.model,
            "grants": dict(self.grants),
            "restrict": dict(self.restrict),
            "practice_column": self.practice_column,
            "also_read": self.also_read,
            "login": self.login,
            "audit": self.audit,
            "silent": self.silent,
            "leads_see_all": self.leads_see_all,
        }
        return self.__class__.__name__, [], kwargs

    def describe(self) -> str:
        return f"Put the walls around {self.model}"

    def state_forwards(self, app_label, state) -> None:
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        model = to_state.apps.get_model(app_label, self.model)
        for statement in self.statements(model):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label, schema_editor, from_state, to_state) -> None:
        # The table goes in the same reversed migration, and its policies with it.
        pass

    def statements(self, model: type[models.Model]) -> list[str]:
        table = model._meta.db_table
        return [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            *self._keys(model, table),
            *self._policies(table),
            *[f"GRANT {rights} ON {table} TO {role}" for role, rights in self.grants.items()],
            *(for_the_eraser(table) if is_about_people(model) else []),
            *self._audit(model, table),
        ]

    def _keys(self, model: type[models.Model], table: str) -> list[str]:
        if self.practice_column != "practice_id":
            return []
        made = [f"ALTER TABLE {table} ADD CONSTRAINT {table}_key UNIQUE (practice_id, id)"]
        return made + [
            reference(table, one.column, one.related_model._meta.db_table)
            for one in foreign_keys_inside_practice(model)
        ]

    def _policies(self, table: str) -> list[str]:
        own = f"{self.practice_column} = {PRACTICE}"
        readers = ", ".join(role for role in self.grants if role not in (roles.LOGIN, roles.DISPATCH))
        made = [f"CREATE POLICY practice_wall ON {table} FOR ALL TO {readers} USING ({own}) WITH CHECK ({own})"]
        if self.also_read:
            made.append(f"CREATE POLICY also_read ON {table} FOR SELECT TO {readers} USING ({self.also_read})")
        if self.login:
            made.append(f"CREATE POLICY sign_in ON {table} FOR SELECT TO {roles.LOGIN} USING ({self.login})")
            made.append(f"GRANT SELECT ON {table} TO {roles.LOGIN}")
        for role, rule in self.restrict.items():
            rules = {"ALL": rule} if isinstance(rule, str) else rule
            made += [self._restriction(table, role, command, sql) for command, sql in rules.items()]
            if role == roles.THERAPIST and roles.SUPERVISOR in self.grants and not self.leads_see_all:
                made += [
                    self._restriction(table, roles.SUPERVISOR, command, sql, short=LIKE_THERAPISTS)
                    for command, sql in rules.items()
                ]
        return made

    def _restriction(self, table: str, role: str, command: str, sql: str, short: str = "") -> str:
        short = short or role.removeprefix("attune_")
        using = "" if command == "INSERT" else f" USING ({sql})"
        check = "" if command in ("SELECT", "DELETE") else f" WITH CHECK ({sql})"
        return (
            f"CREATE POLICY {short}_{command.lower()} ON {table} AS RESTRICTIVE FOR {command} TO {role}{using}{check}"
        )

    def _audit(self, model: type[models.Model], table: str) -> list[str]:
        if not self.audit:
            return []
        hidden = [f.column for f in model._meta.local_fields if isinstance(f, models.BinaryField)]
        names = ", ".join(f"'{name}'" for name in [*hidden, *self.silent]) or "''"
        column = self.practice_column
        return [
            f"CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION attune_audit('{column}', {names})"
        ]


#: Columns by which a row is somebody's or some couple's, in the tables of the apps above this one.
WHOSE = frozenset({"client", "author", "couple"})


def is_about_people(model: type[models.Model]) -> bool:
    """Whether rows of a table are about clients or couples."""
    names = {one.name for one in model._meta.local_fields}
    known = model._meta.label_lower in ("clients.client", "clients.couple")
    return model._meta.app_label != "practice" and (known or not WHOSE.isdisjoint(names))


def for_the_eraser(table: str) -> list[str]:
    """Return the SQL by which Attune removes rows of somebody who is erased, inside one practice.

    It is a role of its own: no other one gets a right by it, and what may never be removed stays so for them.
    """
    own = f"practice_id = {PRACTICE}"
    return [
        f"DROP POLICY IF EXISTS eraser ON {table}",
        f"CREATE POLICY eraser ON {table} FOR ALL TO {roles.ERASER} USING ({own}) WITH CHECK ({own})",
        f"GRANT SELECT, UPDATE, DELETE ON {table} TO {roles.ERASER}",
    ]


def on_a_shared_screen(table: str, rule: str = "false") -> str:
    """Return the SQL of what staff may read of a table while people in care look at their screen, too.

    Every table that staff read about people needs one: without a rule nothing of it is there. A rule says what all
    of those in the room may read by themselves.
    """
    return (
        f"CREATE POLICY shared_screen ON {table} AS RESTRICTIVE FOR SELECT TO {roles.THERAPIST}, {roles.SUPERVISOR} "
        f"USING ({NO_SHARED_SCREEN} OR ({rule}))"
    )


def foreign_keys_inside_practice(model: type[models.Model]) -> list[Any]:
    """Return the foreign keys of ``model`` that lead to another table with practice data."""
    return [
        one
        for one in model._meta.local_fields
        if isinstance(one, models.ForeignKey)
        and one.name != "practice"
        and not one.db_constraint  # type: ignore[attr-defined]
        and any(f.name == "practice" and not f.null for f in one.related_model._meta.local_fields)
    ]


def reference(table: str, column: str, target: str) -> str:
    """Return the SQL of a composite foreign key: both rows must be of the same practice."""
    name = f"{table}_{column}_practice"[:60]
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (practice_id, {column}) "
        f"REFERENCES {target} (practice_id, id) DEFERRABLE INITIALLY DEFERRED"
    )
