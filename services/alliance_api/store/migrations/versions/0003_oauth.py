"""The authorization server's tables, in a schema of their own."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from alliance_api.store.migrations.law import keep_apart, run

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    "signing_keys, launches, counters, once, devices, refresh_tokens, codes, grants, requests, "
    "clients"
)


def upgrade() -> None:
    run((Path(__file__).parent / "0003_oauth.sql").read_text(encoding="utf-8"))
    keep_apart()


def downgrade() -> None:
    for name in TABLES.split(", "):
        op.drop_table(name, schema="oauth")
