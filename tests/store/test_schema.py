"""Migrations: up from nothing they give what the models say, and down again nothing is left."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from app.models import Base
from app.store.database import Database
from app.store.schema import alembic_config, current_revision, newest_revision, upgrade


def test_the_migrated_schema_is_what_the_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    assert set(inspect(database.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_it_is_at_the_newest_revision_and_another_upgrade_changes_nothing(database: Database) -> None:
    assert current_revision(database) == newest_revision()
    upgrade(database)
    assert current_revision(database) == newest_revision()


def test_down_leaves_nothing_and_up_again_everything(database: Database) -> None:
    with database.engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    assert current_revision(database) is None
    upgrade(database)
    assert set(inspect(database.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
