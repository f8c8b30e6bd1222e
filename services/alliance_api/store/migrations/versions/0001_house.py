"""The house: every table, and the law over them."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def run(script: str) -> None:
    # As the driver's own text: SQLAlchemy would take the colons of casts for parameters.
    op.get_bind().exec_driver_sql((HERE / script).read_text())


def upgrade() -> None:
    run("0001_tables.sql")
    run("0001_law.sql")


def downgrade() -> None:
    run("0001_down.sql")
