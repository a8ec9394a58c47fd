"""Indexes that hold what the dashboard counts: articles by language, visits, roots, clusters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_articles_language", "articles", ["language", "dated_at"])
    op.create_index("ix_articles_copied", "articles", ["pk"], sqlite_where=sa.text("cluster_id IS NOT NULL"))
    op.create_index(
        "ix_articles_told",
        "articles",
        ["dated_at", "source", "cluster_id"],
        sqlite_where=sa.text("cluster_id IS NOT NULL"),
    )
    op.drop_index("ix_visits_source", "visits")
    op.create_index("ix_visits_source", "visits", ["source", "ended_at", "outcome"])
    op.create_index("ix_visits_outcome", "visits", ["outcome", "ended_at", "bytes"])
    op.create_index(
        "ix_targets_roots",
        "targets",
        ["source", "kind", "due_at"],
        sqlite_where=sa.text("kind != 'article'"),
    )
