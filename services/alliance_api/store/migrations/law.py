"""How a migration changes the law: all of it is repealed, and what is frozen beside it is enacted.

Policies name columns, so that nothing can be altered under them; and a law that is always whole
cannot drift from what the charter says.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

from alliance_api.charter.policies import ROLES

VERSIONS = Path(__file__).parent / "versions"

_ALL = ", ".join(ROLES)
_REPEAL = f"""
DO $$
DECLARE found record;
BEGIN
  FOR found IN SELECT relname FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' LOOP
    EXECUTE 'DROP VIEW ' || quote_ident(found.relname);
  END LOOP;
  FOR found IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' LOOP
    EXECUTE 'DROP POLICY ' || quote_ident(found.policyname) || ' ON '
      || quote_ident(found.tablename);
  END LOOP;
  FOR found IN SELECT relname, attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
      WHERE relnamespace = 'public'::regnamespace AND attacl IS NOT NULL AND NOT attisdropped LOOP
    EXECUTE 'REVOKE ALL (' || quote_ident(found.attname) || ') ON '
      || quote_ident(found.relname) || ' FROM {_ALL}';
  END LOOP;
END $$;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {_ALL};
"""
# The authorization server's tables: no principal is bound there, and one role has all rights.
_APART = """
DO $$
DECLARE found text;
BEGIN
  FOR found IN SELECT 'oauth.' || quote_ident(relname) FROM pg_class c
      WHERE relnamespace = 'oauth'::regnamespace AND relkind = 'r'
        AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) LOOP
    EXECUTE 'ALTER TABLE ' || found || ' ENABLE ROW LEVEL SECURITY';
    EXECUTE 'ALTER TABLE ' || found || ' FORCE ROW LEVEL SECURITY';
    EXECUTE 'CREATE POLICY desk ON ' || found || ' TO alliance_oauth USING (true) WITH CHECK (true)';
    EXECUTE 'GRANT SELECT, INSERT, UPDATE, DELETE ON ' || found || ' TO alliance_oauth';
  END LOOP;
END $$;
"""


def run(script: str) -> None:
    """Run SQL as the driver's own text: SQLAlchemy would take the colons of casts for parameters."""
    op.get_bind().exec_driver_sql(script)


def repeal() -> None:
    """Take every policy, right and view away. Until the next `enact` nobody sees anything."""
    run(_REPEAL)


def enact(script: str) -> None:
    """Put the law of a frozen file in force."""
    run((VERSIONS / script).read_text(encoding="utf-8"))


def keep_apart() -> None:
    """Let `alliance_oauth`, and nobody else, use what is new in the schema `oauth`."""
    run(_APART)
