"""pages of Examples in the order of their score and of their age"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    filtered = ["status", "reason", "kind", "origin", "chunk_id", "document_id"]
    op.create_index("examples_by_score", "examples", ["project_id", "score", "id", *filtered])
    op.create_index("examples_by_age", "examples", ["project_id", "id", *filtered, "score"])
