"""Watches, what they have found, what is to be told of it, and how telling it went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WAITS = sa.text("sent_at IS NULL")


def upgrade() -> None:
    _watches()
    _matches()
    _alerts()
    op.create_table(
        "channels",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("not_before", sa.DateTime),
        sa.Column("last_error", sa.Text),
        sa.Column("last_sent_at", sa.DateTime),
    )


def _watches() -> None:
    op.create_table(
        "watches",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("events", sa.Text, nullable=False),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.Column("channels", sa.Text, nullable=False),
        sa.Column("digest", sa.Text),
        sa.Column("quiet", sa.Text),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("per_story", sa.Boolean, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )


def _watch() -> sa.Column[int]:
    key = sa.ForeignKey("watches.id", ondelete="CASCADE", name="fk_watch")
    return sa.Column("watch", sa.Integer, key, nullable=False)


def _article(*, nullable: bool) -> sa.Column[int]:
    key = sa.ForeignKey("articles.pk", ondelete="CASCADE", name="fk_article")
    return sa.Column("article", sa.Integer, key, nullable=nullable)


def _matches() -> None:
    op.create_table(
        "matches",
        sa.Column("id", sa.Integer, primary_key=True),
        _watch(),
        _article(nullable=False),
        sa.Column("repeats", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("watch", "article", name="uq_matches"),
    )
    op.create_index("ix_matches_article", "matches", ["article"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer, primary_key=True),
        _watch(),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("subject", sa.Integer, nullable=False),
        _article(nullable=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_error", sa.Text),
        sa.Column("sent_at", sa.DateTime),
        sa.UniqueConstraint("watch", "channel", "event", "subject", name="uq_alerts"),
    )
    op.create_index("ix_alerts_due", "alerts", ["due_at"], sqlite_where=_WAITS, postgresql_where=_WAITS)
    op.create_index("ix_alerts_article", "alerts", ["article"])
