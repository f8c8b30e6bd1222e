"""facts can be read: by whom, from which trace, and since when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from alliance_api.store.migrations.law import enact, repeal
from alliance_api.store.tables.base import Xid8

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OFFICES = "'MANAGER', 'CLINICIAN', 'RESEARCHER', 'PRIVACY_OFFICER', 'EHR'"
_READ = ("attendance", "care_team", "cases", "facts", "occasions", "sessions")
# What stands today and was never stated: cases, and who is in their teams.
_STATED = """
INSERT INTO facts (organisation_id, type, case_id, subject_id, extra)
SELECT organisation_id, 'case.opened', id, id, jsonb_strip_nulls(jsonb_build_object(
  'client', 'person-' || client_id, 'timeZone', time_zone, 'intervalDays', interval_days))
FROM cases WHERE status = 'ACTIVE' ORDER BY opened_on, id;
INSERT INTO facts (organisation_id, type, case_id, subject_id, extra)
SELECT t.organisation_id, 'care_team.joined', t.case_id, t.person_id, jsonb_strip_nulls(
  jsonb_build_object('relation', t.relation, 'endsAt',
    to_char(t.ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
FROM care_team t JOIN cases c ON c.organisation_id = t.organisation_id AND c.id = t.case_id
WHERE c.status = 'ACTIVE' AND (t.ends_at IS NULL OR t.ends_at > now())
  AND NOT EXISTS (SELECT FROM facts f WHERE f.organisation_id = t.organisation_id
    AND f.type = 'care_team.joined' AND f.case_id = t.case_id AND f.subject_id = t.person_id
    AND f.extra ->> 'relation' = t.relation)
ORDER BY t.starts_at, t.id;
-- What was stated with less, or with more, than it is stated with from now on.
UPDATE facts SET extra = extra - 'kind' || '{"about": "CASE"}' WHERE type = 'signal.raised';
UPDATE facts f SET extra = f.extra || jsonb_build_object('therapist', 'person-' || s.therapist_id)
FROM sessions s WHERE s.organisation_id = f.organisation_id
  AND f.type IN ('session.planned', 'session.moved') AND s.id = f.subject_id;
UPDATE facts f SET extra = jsonb_build_object('outcome', a.outcome)
FROM attendance a WHERE a.organisation_id = f.organisation_id
  AND f.type = 'session.recorded' AND a.session_id = f.subject_id;
UPDATE facts f SET extra = f.extra || jsonb_build_object('opensAt',
  to_char(o.opens_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
FROM occasions o WHERE o.organisation_id = f.organisation_id
  AND f.type = 'occasion.planned' AND o.id = f.subject_id;
"""


def upgrade() -> None:
    repeal()
    op.add_column("facts", sa.Column("traceparent", sa.Text(), nullable=True))
    op.add_column("organisations", sa.Column("pruned_transaction", Xid8(), nullable=True))
    op.add_column("organisations", sa.Column("pruned_position", sa.BigInteger(), nullable=True))
    op.execute("ALTER TABLE staff DROP CONSTRAINT staff_role_check")
    op.execute(
        f"ALTER TABLE staff ADD CONSTRAINT staff_role_check CHECK (role IN ({_OFFICES}, 'NOTIFIER'))"
    )
    # The owner is under the law as well, and there is none at this moment.
    for table in _READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(_STATED)
    enact("0004_law.sql")


def downgrade() -> None:
    repeal()
    op.execute("ALTER TABLE staff DROP CONSTRAINT staff_role_check")
    op.execute(
        f"ALTER TABLE staff ADD CONSTRAINT staff_role_check CHECK (role IN ({_OFFICES})) NOT VALID"
    )
    op.drop_column("organisations", "pruned_position")
    op.drop_column("organisations", "pruned_transaction")
    op.drop_column("facts", "traceparent")
    enact("0002_law.sql")
