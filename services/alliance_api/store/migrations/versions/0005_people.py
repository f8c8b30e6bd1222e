"""Accounts, sessions and approvals of people, in the authorization server's schema."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from alliance_api.store.migrations.law import run

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# In the order in which they can go.
TABLES = (
    "approvals, upstream_links, attempts, known_devices, visits, sessions, invitations, "
    "recovery_codes, passkeys, accounts"
)


def upgrade() -> None:
    run((Path(__file__).parent / "0005_people.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    for name in TABLES.split(", "):
        op.drop_table(name, schema="oauth")
