"""Alembic's environment: one connection, handed over by `store.migrate`."""

from __future__ import annotations

from alembic import context

from alliance_api.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transaction_per_migration=True,
    compare_server_default=False,
    user_module_prefix="tables.",
)
with context.begin_transaction():
    context.run_migrations()
