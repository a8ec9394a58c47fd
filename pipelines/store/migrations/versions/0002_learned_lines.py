"""Lines learned per site: what was seen, the rules, what was cleaned by them, and who made a revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("articles", "revisions"):
        op.add_column(table, sa.Column("revised_by", sa.Text, nullable=False, server_default="publisher"))
    op.create_index("ix_articles_site", "articles", ["source", "domain"])
    op.create_table(
        "seen_lines",
        sa.Column(
            "article_id",
            sa.Text,
            sa.ForeignKey("articles.id", ondelete="CASCADE", name="fk_article"),
            primary_key=True,
        ),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
    )
    op.create_index("ix_seen_lines_site", "seen_lines", ["site", "seen_at"])
    op.create_table(
        "line_rules",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("mark", sa.BigInteger, primary_key=True),
        sa.Column("sample", sa.Text, nullable=False),
        sa.Column("articles", sa.Integer, nullable=False),
        sa.Column("of", sa.Integer, nullable=False),
        sa.Column("learned_at", sa.DateTime, nullable=False),
        sa.Column("retired_at", sa.DateTime),
    )
    op.create_table(
        "cleanings",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("cleaned_at", sa.DateTime, nullable=False),
    )
