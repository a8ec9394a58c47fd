"""Copies: sketches of the articles, the agency they come from, clusters by their id."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("articles", "revisions"):
        op.add_column(table, sa.Column("agency", sa.Text))
    op.create_index(
        "ix_articles_cluster", "articles", ["cluster_id"], sqlite_where=sa.text("cluster_id IS NOT NULL")
    )
    op.drop_index("ix_articles_content", "articles")
    op.create_index("ix_articles_content", "articles", ["content_hash", "source"])
    op.create_table(
        "shingles",
        sa.Column("hash", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("article", sa.Integer, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table("unsketched", sa.Column("article", sa.Integer, primary_key=True))
    # Sketches take milliseconds each: they are made later, some at a time.
    op.execute("INSERT INTO unsketched (article) SELECT pk FROM articles")
