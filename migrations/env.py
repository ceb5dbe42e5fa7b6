"""How Alembic meets the database: always on the connection `infra/database/migrate.py` hands over."""

from alembic import context

from revenge.infra.database.columns import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, include_schemas=True, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
