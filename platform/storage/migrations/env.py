"""Alembic's environment: only ever run by `Database.upgrade`, on its connection and inside its transaction."""

from __future__ import annotations

from alembic import context

from formloom.storage.platform_tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata,
                  version_table="fl_alembic", transactional_ddl=True)
context.run_migrations()
