"""The ledger: every table of the notifier."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = "attempts, reminders, marks, feed_positions, person_keys, contact_points, preferences"


def upgrade() -> None:
    # As the driver's own text: SQLAlchemy would take the colons of casts for parameters.
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(script.replace("%", "%%"))


def downgrade() -> None:
    op.execute(f"DROP TABLE {TABLES}")
    op.execute("DROP FUNCTION attempts_stay, ledger_now")
    op.execute("DROP SEQUENCE claims")
