"""what a judge model said of an exam's answers"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exam_opinions",
        sa.Column("id", sa.Integer(), primary_key=True),
        _refer("job_id", "jobs"),
        _refer("question_id", "exam_questions"),
        sa.Column("judge", sa.String(200), nullable=False),
        sa.Column("wording", sa.String(16), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("swapped", sa.JSON(), nullable=False),
        sa.UniqueConstraint("job_id", "question_id"),
    )


def _refer(name: str, table: str) -> sa.Column[int]:
    parent = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Integer(), parent, nullable=False)
