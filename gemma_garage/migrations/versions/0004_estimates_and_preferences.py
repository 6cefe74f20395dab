"""what a run was reckoned to take, and the worse answer of a preference"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("estimate", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("examples", sa.Column("worse", sa.Text(), nullable=False, server_default=""))
