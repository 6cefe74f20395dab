"""where in a Chunk another page begins"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chunks", sa.Column("breaks", sa.JSON(), nullable=False, server_default="[]"))
