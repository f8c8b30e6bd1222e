"""Row-level security: on every table, forced, and exactly what the charter generates today."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import errors, sql

from alliance_api.charter.policies import OTHER_GRANTS, ROLES, law, policies
from alliance_api.charter.withheld import WITHHELD_VIEW
from alliance_api.store.tables import metadata
from evidence.figures import Figure
from tests.house import drop, new_house

Rows = set[tuple[Any, ...]]

# Tables of the schema that hold nothing about anybody.
ABOUT_NOBODY = {"alembic_version"}
SCHEMA = "public"


def tables(connection: psycopg.Connection[Any]) -> list[str]:
    """Return every table and view that a query could name."""
    found = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace "
        "AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1",
        [SCHEMA],
    )
    return [name for (name,) in found]


def holes(connection: psycopg.Connection[Any]) -> list[str]:
    """Return whatever in the schema is not under the law."""
    return [
        f"{what}: {name}"
        for what, question in HOLES.items()
        for (name,) in connection.execute(question, {"schema": SCHEMA})
        if name not in ABOUT_NOBODY
    ]


_ROLES = ", ".join(f"'{role}'" for role in ROLES)
_OPERATORS = ", ".join(f"'{role}'" for role in OTHER_GRANTS)
_OF_US = "n.nspname = %(schema)s"
HOLES: dict[str, bytes] = {
    "a table without forced row-level security": f"""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OF_US} AND c.relkind IN ('r', 'p')
          AND NOT (c.relrowsecurity AND c.relforcerowsecurity)""".encode(),
    "a table without a policy": f"""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OF_US} AND c.relkind IN ('r', 'p')
          AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)""".encode(),
    "a view that does not ask the law of its reader": f"""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OF_US} AND c.relkind = 'v'
          AND NOT coalesce(c.reloptions @> ARRAY['security_invoker=true'], false)""".encode(),
    "a materialised view or a foreign table": f"""
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OF_US} AND c.relkind IN ('m', 'f')""".encode(),
    "a function that runs as its owner": f"""
        SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE {_OF_US} AND p.prosecdef""".encode(),
    "a rule other than a view's own": f"""
        SELECT r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OF_US} AND r.rulename <> '_RETURN'""".encode(),
    "a role that is above the law or owns a table": f"""
        SELECT r.rolname FROM pg_roles r WHERE r.rolname IN ({_ROLES})
          AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR EXISTS (
            SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE {_OF_US} AND c.relowner = r.oid))""".encode(),
    "a role above the law that the API may become": b"""
        SELECT r.rolname FROM pg_roles r WHERE pg_has_role('alliance_api', r.oid, 'MEMBER')
          AND r.rolname NOT IN ('alliance_api', 'alliance_engine', 'alliance_oauth')""",
    "somebody who may become a role of the operator's": f"""
        SELECT m.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid
        JOIN pg_roles m ON m.oid = a.member
        WHERE r.rolname IN ({_OPERATORS}) AND NOT m.rolsuper""".encode(),
    "a right for everybody": f"""
        SELECT DISTINCT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
          aclexplode(c.relacl) a WHERE {_OF_US} AND a.grantee = 0""".encode(),
}  # fmt: skip


def readable(url: str) -> tuple[int, list[str]]:
    """Return how many tables a principal-less `alliance_api` asked, and those that answered."""
    seen = []
    with psycopg.connect(url, autocommit=True) as connection:
        [(role,)] = connection.execute("SELECT current_user").fetchall()
        assert role == "alliance_api"
        names = [name for name in tables(connection) if name not in ABOUT_NOBODY]
        for name in names:
            try:
                question = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
                [(count,)] = connection.execute(question).fetchall()
            except errors.InsufficientPrivilege:
                continue
            if count:
                seen.append(f"{name}: {count} rows")
    return len(names), seen


def policies_in(connection: psycopg.Connection[Any]) -> Rows:
    """Return every policy as PostgreSQL understands it."""
    return set(
        connection.execute(
            "SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check "
            "FROM pg_policies WHERE schemaname = %s",
            [SCHEMA],
        )
    )


def rights_in(connection: psycopg.Connection[Any]) -> Rows:
    """Return every right on a table or a column of one, but its owner's."""
    whole = connection.execute(
        "SELECT table_name, '', grantee, privilege_type, is_grantable "
        "FROM information_schema.table_privileges WHERE table_schema = %s "
        "AND grantee <> 'alliance_owner'",
        [SCHEMA],
    ).fetchall()
    columns = connection.execute(
        "SELECT table_name, column_name, grantee, privilege_type, is_grantable "
        "FROM information_schema.column_privileges WHERE table_schema = %s "
        "AND grantee <> 'alliance_owner'",
        [SCHEMA],
    ).fetchall()
    return {row for row in [*whole, *columns] if row[0] not in ABOUT_NOBODY}


def anew(connection: psycopg.Connection[Any]) -> None:
    """Take the law away from a scratch database, and give it what the charter says today."""
    connection.execute("DROP VIEW withheld")
    for table, name, *_ in policies_in(connection):
        drop_policy = sql.SQL("DROP POLICY {} ON {}")
        connection.execute(drop_policy.format(sql.Identifier(name), sql.Identifier(table)))
    for name in metadata.tables:
        for role in ("PUBLIC", *ROLES):
            connection.execute(f"REVOKE ALL ON {name} FROM {role}".encode())
    connection.execute("SET ROLE alliance_owner")
    for statement in [*law(metadata.tables), WITHHELD_VIEW]:
        connection.execute(statement.encode())
    connection.execute("RESET ROLE")


def differences(migrated: str, scratch: str) -> list[str]:
    """Return how the law of a migrated database differs from the charter's of today."""
    questions: dict[str, Callable[[psycopg.Connection[Any]], Rows]] = {
        "policy": policies_in,
        "right": rights_in,
    }
    with (
        psycopg.connect(migrated, autocommit=True) as kept,
        psycopg.connect(scratch, autocommit=True) as today,
    ):
        anew(today)
        assert len(policies_in(today)) == len(policies())
        return [
            f"{kind} only in {where}: {row}"
            for kind, ask in questions.items()
            for where, rows in (
                ("the database", ask(kept) - ask(today)),
                ("the charter", ask(today) - ask(kept)),
            )
            for row in sorted(rows, key=str)
        ]


def experiment(small: bool) -> Figure:
    """Ask a seeded database without a principal, and compare its law with the charter."""
    from evidence.world import a_world

    with new_house() as house:
        a_world(house, small=small)
        asked, seen = readable(house.url)
        empty = [name for name, count in house.counts().items() if not count]
        found = holes(house.admin)
        scratch = _copied()
        unlike = differences(house.admin_url, scratch)
        drop(scratch)
    for line in (*seen, *found, *unlike, *(f"nothing seeded in {name}" for name in empty)):
        print(line)
    figure = (
        f"{asked} tables and views, {len(seen)} readable without a principal, "
        f"{len(found)} outside the law, {len(unlike)} differences from the charter"
    )
    floor = asked >= len(metadata.tables) and not empty
    target = "0, 0 and 0, no table empty"
    return Figure("rls", figure, target, floor and not (seen or found or unlike))


def _copied() -> str:
    import os
    from pathlib import Path

    from tests.house import RUN, Server

    return Server(Path(os.environ[RUN])).copy()
