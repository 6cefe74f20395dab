"""the queue's order, what was asked of a Job, and how busy the machine was"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    place = sa.Column("place", sa.Integer(), nullable=False, server_default="0")
    op.add_column("jobs", place)
    op.add_column("jobs", sa.Column("wish", sa.String(10), nullable=False, server_default=""))
    op.create_table(
        "readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("readings_by_run", "readings", ["run_id"])
