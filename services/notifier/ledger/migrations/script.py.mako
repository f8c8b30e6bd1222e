"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from alliance_api.store import tables
from alliance_api.store.migrations.law import enact, repeal

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    repeal()
    ${upgrades if upgrades else "pass"}
    enact("${up_revision}_law.sql")


def downgrade() -> None:
    repeal()
    ${downgrades if downgrades else "pass"}
    enact("${down_revision}_law.sql")
