"""Runs the steps on the connection that `Store.migrate` hands over."""

from alembic import context

from gemma_garage.schema import Table

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True)
context.run_migrations()
