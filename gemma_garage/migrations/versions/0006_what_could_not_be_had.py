"""passages whose replies were of no use are open again; what gave nothing is no Example"""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SPOILED = ("refused", "cut-off", "unreadable", "no-answer")
_A_QUERY = 500  # databases limit what one statement can name
_chunks = sa.table(
    "chunks", sa.column("id"), sa.column("asked", sa.JSON()), sa.column("spoiled", sa.JSON())
)
_examples = sa.table("examples", *map(sa.column, ("id", "chunk_id", "question", "kind", "reason")))
_texts = sa.table("example_texts", sa.column("example_id"))
_reviews = sa.table("reviews", sa.column("id"), sa.column("rows", sa.JSON()))


def upgrade() -> None:
    op.add_column("chunks", sa.Column("spoiled", sa.JSON(), nullable=False, server_default="{}"))
    # Until now a passage that gave nothing had an Example without a question that said why.
    connection = op.get_bind()
    columns = (_examples.c.id, _examples.c.chunk_id, _examples.c.kind, _examples.c.reason)
    notes = connection.execute(
        sa.select(*columns).where(
            _examples.c.question == "",
            _examples.c.chunk_id.is_not(None),
            _examples.c.reason.in_(("no-facts", *_SPOILED)),
        )
    ).all()
    spoiled: dict[int, dict[str, str]] = defaultdict(dict)
    for _, chunk_id, kind, reason in notes:
        if reason in _SPOILED:
            spoiled[chunk_id][kind] = reason
    for chunk_id, kinds in spoiled.items():
        here = _chunks.c.id == chunk_id
        asked = connection.execute(sa.select(_chunks.c.asked).where(here)).scalar() or {}
        left = {name: rows for name, rows in asked.items() if name not in kinds}
        connection.execute(sa.update(_chunks).where(here).values(asked=left, spoiled=kinds))
    _remove({note.id for note in notes})


def _remove(ids: set[int]) -> None:
    """The Examples, and what could be undone of them: their ids may be given again."""
    connection = op.get_bind()
    for review_id, rows in connection.execute(sa.select(_reviews.c.id, _reviews.c.rows)).all():
        kept: list[dict[str, Any]] = [
            {**group, "ids": [one for one in group["ids"] if one not in ids]} for group in rows
        ]
        if kept != rows:
            here = _reviews.c.id == review_id
            connection.execute(sa.update(_reviews).where(here).values(rows=kept))
    gone = sorted(ids)
    for first in range(0, len(gone), _A_QUERY):
        some = gone[first : first + _A_QUERY]
        connection.execute(sa.delete(_texts).where(_texts.c.example_id.in_(some)))
        connection.execute(sa.delete(_examples).where(_examples.c.id.in_(some)))
