"""Alembic's environment: runs on the connection that `pipelines.store.database` hands over."""

from __future__ import annotations

from alembic import context

from pipelines.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    # SQLite cannot alter most of a table: batch mode copies it. Its DDL is transactional all the same.
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
