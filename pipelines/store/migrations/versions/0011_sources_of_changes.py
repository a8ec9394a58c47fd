"""The source of each change: those of one source are found without looking at all others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("changes", sa.Column("source", sa.Text, nullable=False, server_default=""))
    op.execute(
        "UPDATE changes SET source = (SELECT source FROM articles WHERE articles.id = changes.article_id)"
    )
    op.create_index("ix_changes_source", "changes", ["source", "at"])
