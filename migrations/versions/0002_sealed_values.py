"""Which key seals what is sealed in a row

Revision: 0002, after 0001. It only adds columns; the values themselves are sealed by `taxdesk migrate`, which has the
keys.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("documents", "idempotency_keys", "sellers", "webhook_endpoints")


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("key_id", sa.String(length=16), nullable=True))
            batch_op.create_index(batch_op.f(f"ix_{table}_key_id"), ["key_id"], unique=False)


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(batch_op.f(f"ix_{table}_key_id"))
            batch_op.drop_column("key_id")
