"""How Alembic runs our migrations: on the connection, and in the transaction, that it is given."""

from alembic import context

from fulfillment.persistence.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    render_as_batch=True,
)
context.run_migrations()
