"""Alembic's environment: runs on the connection it is handed by ``app/store/schema.py``."""

from typing import Any

from alembic import context
from sqlalchemy.types import TypeDecorator

from app.models import Base


def render_item(kind: str, item: Any, autogen: Any) -> Any:
    """Write our column types into a migration as what they are in the database, so that it never imports our code."""
    del autogen
    return f"sa.{item.impl_instance!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render_item,
    transaction_per_migration=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
