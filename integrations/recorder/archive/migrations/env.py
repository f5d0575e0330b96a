"""alembic's entry: run in the connection and transaction that `layout.bring_up` opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
