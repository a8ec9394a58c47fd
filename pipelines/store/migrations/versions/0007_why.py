"""What is known of an address: when it was found, its guid, the redirects and grounds of a visit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


# How many parts of the search index of one size are merged, bit by bit, and how many all at once. By default,
# 4 and 16, storing an article takes a fifth longer; a search reads a few more parts.
_MERGED = {"automerge": 16, "crisismerge": 64}


def upgrade() -> None:
    for name, parts in _MERGED.items():
        op.execute(f"INSERT INTO articles_fts (articles_fts, rank) VALUES ('{name}', {parts})")  # noqa: S608
    op.add_column("targets", sa.Column("found_at", sa.DateTime))
    op.add_column("targets", sa.Column("guid", sa.Text))
    op.create_index(
        "ix_targets_guid", "targets", ["source", "guid"], sqlite_where=sa.text("guid IS NOT NULL")
    )
    for name in ("hops", "grounds"):
        op.add_column("visits", sa.Column(name, sa.Text))
