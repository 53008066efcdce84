"""Local taxes of the United States from official files

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "local_rate_files",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("quarter", sa.String(length=6), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("zip4_span", sa.Integer(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('rates', 'boundaries')", name=op.f("ck_local_rate_files_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_rate_files")),
        sa.UniqueConstraint("state", "kind", "quarter", name=op.f("uq_local_rate_files_state_kind_quarter")),
    )
    op.create_table(
        "local_rates",
        sa.Column("file_id", sa.String(length=40), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=2), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("intrastate", sa.String(length=40), nullable=False),
        sa.Column("interstate", sa.String(length=40), nullable=False),
        sa.Column("food_drug_intrastate", sa.String(length=40), nullable=False),
        sa.Column("food_drug_interstate", sa.String(length=40), nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["file_id"], ["local_rate_files.id"], name=op.f("fk_local_rates_file_id_local_rate_files")
        ),
        sa.PrimaryKeyConstraint("file_id", "line", name=op.f("pk_local_rates")),
    )
    op.create_index("ix_local_rates_file_id_code", "local_rates", ["file_id", "code"])
    op.create_table(
        "local_boundaries",
        sa.Column("file_id", sa.String(length=40), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("record", sa.String(length=1), nullable=False),
        sa.Column("begins", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("zip_low", sa.Integer(), nullable=False),
        sa.Column("zip_high", sa.Integer(), nullable=False),
        sa.Column("plus4_low", sa.Integer(), nullable=False),
        sa.Column("plus4_high", sa.Integer(), nullable=False),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("low", sa.String(length=12), nullable=False),
        sa.Column("high", sa.String(length=12), nullable=False),
        sa.Column("parity", sa.String(length=1), nullable=False),
        sa.Column("has_state", sa.Boolean(), nullable=False),
        sa.Column("county", sa.String(length=8), nullable=True),
        sa.Column("place", sa.String(length=8), nullable=True),
        sa.Column("districts", sa.Text(), nullable=False),
        sa.CheckConstraint("record IN ('A', '4', 'Z')", name=op.f("ck_local_boundaries_record")),
        sa.ForeignKeyConstraint(
            ["file_id"], ["local_rate_files.id"], name=op.f("fk_local_boundaries_file_id_local_rate_files")
        ),
        sa.PrimaryKeyConstraint("file_id", "line", name=op.f("pk_local_boundaries")),
    )
    op.create_index("ix_local_boundaries_place", "local_boundaries", ["file_id", "record", "zip_low", "street"])


def downgrade() -> None:
    op.drop_table("local_boundaries")
    op.drop_table("local_rates")
    op.drop_table("local_rate_files")
