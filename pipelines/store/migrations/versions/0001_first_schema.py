"""Sources, targets, articles with their revisions and addresses, visits, and the search index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_WAITING = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    _sources_and_targets()
    _articles()
    _visits()
    op.execute(
        "CREATE VIRTUAL TABLE articles_fts USING fts5("
        "title, text, tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co M*'\")"
    )


def _sources_and_targets() -> None:
    op.create_table(
        "sources",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("configured", sa.Boolean, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("added_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "targets",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("url", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column(
            "source",
            sa.Text,
            sa.ForeignKey("sources.name", ondelete="CASCADE", name="fk_source"),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("body_hash", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("visits", sa.Integer, nullable=False),
        sa.Column("depth", sa.Integer, nullable=False),
        sa.Column("discovered_via", sa.Text, nullable=False),
        sa.Column("hint_title", sa.Text),
        sa.Column("hint_published_at", sa.DateTime),
        sa.Column("last_visited_at", sa.DateTime),
    )
    op.create_index(
        "ix_targets_lane",
        "targets",
        ["source", "host", "priority", "due_at", sa.text("hint_published_at DESC")],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index(
        "ix_targets_due", "targets", ["source", "due_at"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )
    op.create_index("ix_targets_source", "targets", ["source", "last_visited_at"])


def _articles() -> None:
    op.create_table(
        "articles",
        sa.Column("pk", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *_article_columns(),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("dated_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("url_canonical", name="uq_articles_url_canonical"),
    )
    op.create_index("ix_articles_dated", "articles", ["dated_at"])
    op.create_index("ix_articles_source", "articles", ["source", "dated_at"])
    op.create_index("ix_articles_content", "articles", ["content_hash"])
    op.create_table(
        "revisions",
        sa.Column(
            "id",
            sa.Text,
            sa.ForeignKey("articles.id", ondelete="CASCADE", name="fk_article"),
            primary_key=True,
        ),
        *_article_columns(),
        sa.Column("revision", sa.Integer, primary_key=True),
    )
    op.create_table(
        "article_urls",
        sa.Column("url", sa.Text, primary_key=True),
        sa.Column(
            "article_id",
            sa.Text,
            sa.ForeignKey("articles.id", ondelete="CASCADE", name="fk_article"),
            nullable=False,
        ),
    )
    op.create_index("ix_article_urls_article_id", "article_urls", ["article_id"])


def _article_columns() -> list[sa.Column]:  # type: ignore[type-arg]
    return [
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("url_canonical", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("authors", sa.Text, nullable=False),
        sa.Column("published_at", sa.DateTime),
        sa.Column("published_precision", sa.Text),
        sa.Column("published_source", sa.Text),
        sa.Column("modified_at", sa.DateTime),
        sa.Column("first_seen_at", sa.DateTime, nullable=False),
        sa.Column("last_seen_at", sa.DateTime, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("section", sa.Text),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("image_url", sa.Text),
        sa.Column("is_accessible_for_free", sa.Boolean),
        sa.Column("license", sa.Text),
        sa.Column("word_count", sa.Integer, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("cluster_id", sa.Text),
        sa.Column("copy_of", sa.Text),
        sa.Column("discovered_via", sa.Text, nullable=False),
        sa.Column("extractor", sa.Text, nullable=False),
        sa.Column("extractor_version", sa.Text, nullable=False),
    ]


def _visits() -> None:
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "target_id", sa.Integer, sa.ForeignKey("targets.id", ondelete="SET NULL", name="fk_target")
        ),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("status", sa.Integer),
        sa.Column("final_url", sa.Text),
        sa.Column("bytes", sa.Integer),
        sa.Column("article_id", sa.Text),
        sa.Column("links", sa.Integer, nullable=False),
        sa.Column("timings", sa.Text, nullable=False),
        sa.Column("cuts", sa.Text),
    )
    op.create_index("ix_visits_url", "visits", ["url"])
    op.create_index("ix_visits_target", "visits", ["target_id"])
    op.create_index("ix_visits_article", "visits", ["article_id"])
