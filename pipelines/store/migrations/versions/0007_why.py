"""What `why` tells of an address; the search index merged less often."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


# Parts of the search index that are merged at once. The default, 4, writes each article's words twice as
# often; a search reads a few more parts.
_MERGED = 16


def upgrade() -> None:
    op.execute(f"INSERT INTO articles_fts (articles_fts, rank) VALUES ('automerge', {_MERGED})")  # noqa: S608
    op.add_column("targets", sa.Column("found_at", sa.DateTime))
    for name in ("hops", "grounds"):
        op.add_column("visits", sa.Column(name, sa.Text))
