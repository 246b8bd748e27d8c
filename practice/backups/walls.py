"""What guards the tables of a database, object by object: to see that a restored one is guarded as before."""

from __future__ import annotations

import hashlib
import re
from typing import Any

# Rights of the owner are left out: releases of PostgreSQL add to them. A table in parts (practice/partitions.py) is
# guarded like one that is whole, and a restored one is whole: what differs is told alike.
GUARDS = """
    WITH ours AS (
        SELECT c.oid, c.relname, c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    )
    SELECT 'table ' || relname, concat_ws(' ', replace(relkind::text, 'p', 'r'), pg_get_userbyid(relowner),
               relrowsecurity, relforcerowsecurity)
      FROM ours WHERE relkind <> 'S'
    UNION ALL
    SELECT 'rights on ' || relname || ' of ' || coalesce(nullif(grantee, 0)::regrole::text, 'all'),
           string_agg(concat(privilege_type, is_grantable), ' ' ORDER BY privilege_type)
      FROM ours, aclexplode(relacl) WHERE grantee <> relowner GROUP BY 1
    UNION ALL
    SELECT concat('rights on ', relname, '.', attname, ' of ', coalesce(nullif(grantee, 0)::regrole::text, 'all')),
           string_agg(concat(privilege_type, is_grantable), ' ' ORDER BY privilege_type)
      FROM ours JOIN pg_attribute ON attrelid = oid, aclexplode(attacl) WHERE attnum > 0 GROUP BY 1
    UNION ALL
    SELECT concat('policy ', tablename, '.', policyname), concat_ws(' ', permissive, cmd, (
               SELECT string_agg(one, ',' ORDER BY one) FROM unnest(roles::text[]) AS one), qual, '/', with_check)
      FROM pg_policies WHERE schemaname = 'public'
    UNION ALL
    SELECT concat('trigger ', relname, '.', tgname), concat_ws(' ', tgenabled, pg_get_triggerdef(t.oid))
      FROM ours JOIN pg_trigger t ON tgrelid = ours.oid WHERE NOT tgisinternal
    UNION ALL
    SELECT concat('constraint ', relname, '.', conname),
           CASE contype WHEN 'p' THEN replace(pg_get_constraintdef(c.oid), '(practice_id, id)', '(id)')
                        ELSE pg_get_constraintdef(c.oid) END
      FROM ours JOIN pg_constraint c ON conrelid = ours.oid
     WHERE contype IN ('c', 'f', 'p', 'u', 'x') AND conparentid = 0
    UNION ALL
    SELECT concat('index ', indexname),
           replace(CASE WHEN indexname LIKE '%_pkey' THEN replace(indexdef, '(practice_id, id)', '(id)')
                        ELSE indexdef END, ' ON ONLY ', ' ON ')
      FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT concat('function ', proname, '(', pg_get_function_identity_arguments(p.oid), ')'), concat_ws(' ',
               pg_get_userbyid(proowner), prosecdef, proconfig::text, prosrc, (
               SELECT string_agg(concat(coalesce(nullif(grantee, 0)::regrole::text, 'all'), privilege_type), ' '
                                 ORDER BY 1) FROM aclexplode(proacl)))
      FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
"""


# PostgreSQL writes the same condition in another way once it was dumped and read again: with its casts and brackets
# elsewhere. What changes no meaning is left out.
CAST = re.compile(r"::(character varying|timestamp with(out)? time zone|double precision|[a-z_0-9]+)(\(\d+\))?(\[\])?")
ALONE = re.compile(r"(?<!\w)\((\w+|'[^']*'|ARRAY\[[^\]]*\]|\([^()]*\))\)")
ONE_OF = re.compile(r"\b(ANY|ALL) \((ARRAY\[[^\]]*\])\)")


def plain(condition: str) -> str:
    """Return a condition without casts, and without brackets around what stands alone."""
    text, before = CAST.sub("", condition), ""
    while text != before:
        text, before = ALONE.sub(r"\1", text), text
    return ONE_OF.sub(r"\1 \2", text)


def fingerprint(cursor: Any) -> dict[str, str]:
    """Return a short hash of everything that guards the tables, by name. ``cursor`` is one of psycopg or Django."""
    cursor.execute(GUARDS)
    return {name: hashlib.sha256(plain(said).encode()).hexdigest()[:16] for name, said in cursor.fetchall()}


def differences(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Say in words what guards differently."""
    return sorted(
        [f"{name} is gone" for name in before.keys() - now.keys()]
        + [f"{name} is new" for name in now.keys() - before.keys()]
        + [f"{name} is another" for name in before.keys() & now.keys() if before[name] != now[name]]
    )
