"""Versions and two clocks: what changed, what was withdrawn, what is doubtful about a date."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("articles", "revisions"):
        op.add_column(table, sa.Column("published_flags", sa.Text, nullable=False, server_default="[]"))
        op.add_column(table, sa.Column("withdrawn_at", sa.DateTime))
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "article_id",
            sa.Text,
            sa.ForeignKey("articles.id", ondelete="CASCADE", name="fk_article"),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_changes_at", "changes", ["at"])
    op.create_index("ix_changes_kind", "changes", ["kind", "at"])
    op.create_index("ix_changes_article", "changes", ["article_id"])
