"""Runs migrations inside the transaction that the store hands over."""

from alembic import context

from tuneworthy.store.schema import VERSION_TABLE
from tuneworthy.store.tables import metadata


def run() -> None:
    """Migrate over the connection that `schema.py` put into the configuration."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        version_table=VERSION_TABLE,
    )
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name under which Alembic runs this file
    run()
