"""Exemption certificates

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exemption_certificates",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("idempotency", sa.Text(), nullable=True),
        sa.Column("client_code", sa.Text(), nullable=False),
        sa.Column("customer_reference", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_reference", sa.Text(), nullable=True),
        sa.Column("states", sa.JSON(), nullable=False),
        sa.Column("product_kinds", sa.JSON(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("document_sha256", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("key_id", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exemption_certificates")),
        sa.UniqueConstraint("idempotency", name=op.f("uq_exemption_certificates_idempotency")),
    )
    op.create_index(
        "ix_exemption_certificates_customer", "exemption_certificates", ["client_code", "customer_reference"]
    )
    op.create_index(op.f("ix_exemption_certificates_key_id"), "exemption_certificates", ["key_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_exemption_certificates_key_id"), "exemption_certificates")
    op.drop_index("ix_exemption_certificates_customer", "exemption_certificates")
    op.drop_table("exemption_certificates")
