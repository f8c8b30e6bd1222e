"""A case can be closed; and of a consent a caregiver changes nothing but that it was taken back."""

from __future__ import annotations

from alliance_api.store.migrations.law import enact, repeal

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    repeal()
    enact("0006_law.sql")


def downgrade() -> None:
    repeal()
    enact("0004_law.sql")
