"""Work on many rows at once

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulk_runs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("idempotency", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("client_code", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_runs")),
        sa.UniqueConstraint("idempotency", name=op.f("uq_bulk_runs_idempotency")),
    )
    op.create_index(op.f("ix_bulk_runs_created_at"), "bulk_runs", ["created_at"])
    op.create_table(
        "bulk_chunks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("requests", sa.JSON(), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("errors", sa.JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_bulk_chunks_state")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["bulk_runs.id"], name=op.f("fk_bulk_chunks_run_id_bulk_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_chunks")),
    )
    op.create_index("uq_bulk_chunks_run_id_position", "bulk_chunks", ["run_id", "position"], unique=True)


def downgrade() -> None:
    op.drop_table("bulk_chunks")
    op.drop_index(op.f("ix_bulk_runs_created_at"), "bulk_runs")
    op.drop_table("bulk_runs")
