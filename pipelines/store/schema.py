"""The tables as they are now; how they came to be stands in migrations/versions.

The index for full-text search, `articles_fts`, is a virtual table of SQLite and stands only there.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pipelines.items import Kind
from pipelines.store.types import CleanText, Json, UtcDateTime

metadata = sa.MetaData()

# The order in which due targets of one host are taken: what names new articles goes first. The further
# pages of listings name older ones: they come after the articles at hand.
PRIORITY = {Kind.FEED: 0, Kind.SITEMAP: 1, Kind.LISTING: 2, Kind.ARTICLE: 3}
FURTHER = 4
FURTHER_DEPTH = 2


def priority(kind: Kind, depth: int) -> int:
    return FURTHER if kind is not Kind.ARTICLE and depth >= FURTHER_DEPTH else PRIORITY[kind]


sources = sa.Table(
    "sources",
    metadata,
    sa.Column("name", CleanText, primary_key=True),
    sa.Column("url", CleanText, nullable=False),
    sa.Column("configured", sa.Boolean, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("added_at", UtcDateTime, nullable=False),
)

targets = sa.Table(
    "targets",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("url", CleanText, nullable=False, unique=True),
    sa.Column("kind", CleanText, nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("host", CleanText, nullable=False),
    sa.Column(
        "source",
        CleanText,
        sa.ForeignKey("sources.name", ondelete="CASCADE", name="fk_source"),
        nullable=False,
    ),
    sa.Column("due_at", UtcDateTime),
    sa.Column("etag", CleanText),
    sa.Column("last_modified", CleanText),
    sa.Column("body_hash", CleanText),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("visits", sa.Integer, nullable=False),
    sa.Column("depth", sa.Integer, nullable=False),
    sa.Column("discovered_via", CleanText, nullable=False),
    sa.Column("hint_title", CleanText),
    sa.Column("hint_published_at", UtcDateTime),
    sa.Column("last_visited_at", UtcDateTime),
    sa.Column("rhythm", Json),
    sa.Column("found_at", UtcDateTime),
    sa.Column("guid", CleanText),
)
_WAITING = targets.c.due_at.is_not(None)
# One range of this index holds the due targets of one host in the order they are taken.
sa.Index(
    "ix_targets_lane",
    targets.c.source,
    targets.c.host,
    targets.c.priority,
    targets.c.due_at,
    targets.c.hint_published_at.desc(),
    sqlite_where=_WAITING,
    postgresql_where=_WAITING,
)
sa.Index(
    "ix_targets_due", targets.c.source, targets.c.due_at, sqlite_where=_WAITING, postgresql_where=_WAITING
)
sa.Index("ix_targets_source", targets.c.source, targets.c.last_visited_at)
_NAMED = targets.c.guid.is_not(None)
# The feeds, sitemaps and listings: a few among a million.
NO_ARTICLE = targets.c.kind != sa.literal_column(f"'{Kind.ARTICLE}'")
sa.Index(
    "ix_targets_roots",
    targets.c.source,
    targets.c.kind,
    targets.c.due_at,
    sqlite_where=NO_ARTICLE,
    postgresql_where=NO_ARTICLE,
)
sa.Index("ix_targets_guid", targets.c.source, targets.c.guid, sqlite_where=_NAMED, postgresql_where=_NAMED)


def _article_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("url", CleanText, nullable=False),
        sa.Column("url_canonical", CleanText, nullable=False),
        sa.Column("source", CleanText, nullable=False),
        sa.Column("domain", CleanText, nullable=False),
        sa.Column("title", CleanText, nullable=False),
        sa.Column("description", CleanText),
        sa.Column("text", CleanText, nullable=False),
        sa.Column("authors", Json, nullable=False),
        sa.Column("published_at", UtcDateTime),
        sa.Column("published_precision", CleanText),
        sa.Column("published_source", CleanText),
        sa.Column("published_flags", Json, nullable=False, server_default="[]"),
        sa.Column("modified_at", UtcDateTime),
        sa.Column("first_seen_at", UtcDateTime, nullable=False),
        sa.Column("last_seen_at", UtcDateTime, nullable=False),
        sa.Column("withdrawn_at", UtcDateTime),
        sa.Column("language", CleanText),
        sa.Column("section", CleanText),
        sa.Column("tags", Json, nullable=False),
        sa.Column("image_url", CleanText),
        sa.Column("is_accessible_for_free", sa.Boolean),
        sa.Column("license", CleanText),
        sa.Column("tdm_reservation", sa.Boolean),
        sa.Column("tdm_policy", CleanText),
        sa.Column("word_count", sa.Integer, nullable=False),
        sa.Column("content_hash", CleanText, nullable=False),
        sa.Column("agency", CleanText),
        sa.Column("cluster_id", CleanText),
        sa.Column("copy_of", CleanText),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("revised_by", CleanText, nullable=False, server_default="publisher"),
        sa.Column("discovered_via", CleanText, nullable=False),
        sa.Column("extractor", CleanText, nullable=False),
        sa.Column("extractor_version", CleanText, nullable=False),
    ]


# `pk` ties an article to its row of articles_fts. `dated_at` is what "newest" means: see articles.dated_at.
articles = sa.Table(
    "articles",
    metadata,
    sa.Column("pk", sa.Integer, primary_key=True),
    sa.Column("id", CleanText, nullable=False, unique=True),
    *_article_columns(),
    sa.Column("dated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("url_canonical", name="uq_articles_url_canonical"),
)
sa.Index("ix_articles_dated", articles.c.dated_at)
sa.Index("ix_articles_source", articles.c.source, articles.c.dated_at)
sa.Index("ix_articles_language", articles.c.language, articles.c.dated_at)
# With the source: of two indexes of one column each, SQLite may take the one that names half of the table.
sa.Index("ix_articles_content", articles.c.content_hash, articles.c.source)
sa.Index("ix_articles_site", articles.c.source, articles.c.domain)
_COPIED = articles.c.cluster_id.is_not(None)
sa.Index("ix_articles_cluster", articles.c.cluster_id, sqlite_where=_COPIED, postgresql_where=_COPIED)
# The members of all clusters, in the order of storing and by date.
sa.Index("ix_articles_copied", articles.c.pk, sqlite_where=_COPIED, postgresql_where=_COPIED)
sa.Index(
    "ix_articles_told",
    articles.c.dated_at,
    articles.c.source,
    articles.c.cluster_id,
    sqlite_where=_COPIED,
    postgresql_where=_COPIED,
)

# The sketches of articles turned round: which articles (`pk`) a hash stands for. One that stands for an
# article of a cluster need not stand for another one of it, and one that has lost its place in a text may
# stay: what is found here is compared word by word.
shingles = sa.Table(
    "shingles",
    metadata,
    sa.Column("hash", sa.BigInteger, primary_key=True),
    sa.Column("article", sa.Integer, primary_key=True),
    sqlite_with_rowid=False,
)

# The articles (`pk`) that were stored before sketches were made, and have none yet.
unsketched = sa.Table("unsketched", metadata, sa.Column("article", sa.Integer, primary_key=True))

# The earlier states of an article, whole; the latest one stands in `articles`.
revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column(
        "id", CleanText, sa.ForeignKey("articles.id", ondelete="CASCADE", name="fk_article"), primary_key=True
    ),
    *(column for column in _article_columns() if column.name != "revision"),
    sa.Column("revision", sa.Integer, primary_key=True),
)

# What changed in an article from one state to the next, or happened to it, and when we found it; `revision`
# is that of the state since. Nothing is kept here of revisions older than this table.
changes = sa.Table(
    "changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "article_id",
        CleanText,
        sa.ForeignKey("articles.id", ondelete="CASCADE", name="fk_article"),
        nullable=False,
    ),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("kind", CleanText, nullable=False),
    sa.Column("rank", sa.SmallInteger, nullable=False),
    sa.Column("before", CleanText),
    sa.Column("after", CleanText),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("source", CleanText, nullable=False, server_default=""),
)
sa.Index("ix_changes_at", changes.c.at)
sa.Index("ix_changes_source", changes.c.source, changes.c.at)
sa.Index("ix_changes_kind", changes.c.kind, changes.c.at)
sa.Index("ix_changes_article", changes.c.article_id)

# The other addresses of an article (AMP, print, moved, tracking); never its canonical one.
article_urls = sa.Table(
    "article_urls",
    metadata,
    sa.Column("url", CleanText, primary_key=True),
    sa.Column(
        "article_id",
        CleanText,
        sa.ForeignKey("articles.id", ondelete="CASCADE", name="fk_article"),
        nullable=False,
        index=True,
    ),
)

# One row an ended visit; kept when its target goes with its source.
visits = sa.Table(
    "visits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("target_id", sa.Integer, sa.ForeignKey("targets.id", ondelete="SET NULL", name="fk_target")),
    sa.Column("url", CleanText, nullable=False),
    sa.Column("source", CleanText, nullable=False),
    sa.Column("kind", CleanText, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime, nullable=False),
    sa.Column("outcome", CleanText, nullable=False),
    sa.Column("reason", CleanText),
    sa.Column("status", sa.Integer),
    sa.Column("final_url", CleanText),
    sa.Column("hops", Json),
    sa.Column("bytes", sa.Integer),
    sa.Column("article_id", CleanText),
    sa.Column("links", sa.Integer, nullable=False),
    sa.Column("fresh", sa.Integer, nullable=False, server_default="0"),
    sa.Column("gap", sa.Boolean, nullable=False, server_default="0"),
    sa.Column("timings", Json, nullable=False),
    sa.Column("cuts", Json),
    sa.Column("grounds", Json),
)
sa.Index("ix_visits_url", visits.c.url)
sa.Index("ix_visits_target", visits.c.target_id)
sa.Index("ix_visits_article", visits.c.article_id)
sa.Index("ix_visits_source", visits.c.source, visits.c.ended_at, visits.c.outcome)
sa.Index("ix_visits_outcome", visits.c.outcome, visits.c.ended_at, visits.c.bytes)

# The lines of a site's articles that were read last: [fingerprint, size, whole sentence?] each, in order,
# those that learned rules took included. A row an article: they are written and read together only.
seen_lines = sa.Table(
    "seen_lines",
    metadata,
    sa.Column(
        "article_id",
        CleanText,
        sa.ForeignKey("articles.id", ondelete="CASCADE", name="fk_article"),
        primary_key=True,
    ),
    sa.Column("site", CleanText, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("lines", Json, nullable=False),
)
sa.Index("ix_seen_lines_site", seen_lines.c.site, seen_lines.c.seen_at)

# The lines learned of a site; a rule that was given up stays known as retired.
line_rules = sa.Table(
    "line_rules",
    metadata,
    sa.Column("site", CleanText, primary_key=True),
    sa.Column("mark", sa.BigInteger, primary_key=True),
    sa.Column("sample", CleanText, nullable=False),
    sa.Column("articles", sa.Integer, nullable=False),
    sa.Column("of", sa.Integer, nullable=False),
    sa.Column("learned_at", UtcDateTime, nullable=False),
    sa.Column("retired_at", UtcDateTime),
)

# By which rules (a digest of them) all stored articles of a source on a site have been cleaned.
cleanings = sa.Table(
    "cleanings",
    metadata,
    sa.Column("source", CleanText, primary_key=True),
    sa.Column("site", CleanText, primary_key=True),
    sa.Column("rules", CleanText, nullable=False),
    sa.Column("cleaned_at", UtcDateTime, nullable=False),
)

# Hosts of which something must be remembered: until when they are left alone and why, and whether they asked
# for it (Retry-After) or just did not answer; when their certificate ends.
hosts = sa.Table(
    "hosts",
    metadata,
    sa.Column("host", CleanText, primary_key=True),
    sa.Column("not_before", UtcDateTime),
    sa.Column("asked", sa.Boolean, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("reason", CleanText),
    sa.Column("certificate_ends_at", UtcDateTime),
)

# The robots.txt of each origin (scheme://authority) as it was answered last; no status: nobody answered.
robots = sa.Table(
    "robots",
    metadata,
    sa.Column("origin", CleanText, primary_key=True),
    sa.Column("status", sa.Integer),
    sa.Column("body", CleanText),
    sa.Column("fetched_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)

# What was found of a source's health, from the time it began to the time it ended (open: not yet).
episodes = sa.Table(
    "episodes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", CleanText, nullable=False),
    sa.Column("finding", CleanText, nullable=False),
    sa.Column("detail", CleanText, nullable=False),
    sa.Column("began_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
)
sa.Index("ix_episodes_source", episodes.c.source, episodes.c.finding, episodes.c.began_at)

# Saved queries and what becomes of what they find; times of the day and spans as text (see store.watches).
watches = sa.Table(
    "watches",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", CleanText, nullable=False, unique=True),
    sa.Column("query", CleanText, nullable=False),
    sa.Column("events", Json, nullable=False),
    sa.Column("kinds", Json, nullable=False),
    sa.Column("channels", Json, nullable=False),
    sa.Column("digest", CleanText),
    sa.Column("quiet", CleanText),
    sa.Column("timezone", CleanText, nullable=False),
    sa.Column("per_story", sa.Boolean, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)


def _of_watch() -> sa.Column[int]:
    key = sa.ForeignKey("watches.id", ondelete="CASCADE", name="fk_watch")
    return sa.Column("watch", sa.Integer, key, nullable=False)


# The articles (`pk`, which no renaming changes) that a watch has found; `repeats`: of a story that it knew.
matches = sa.Table(
    "matches",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _of_watch(),
    sa.Column(
        "article",
        sa.Integer,
        sa.ForeignKey("articles.pk", ondelete="CASCADE", name="fk_article"),
        nullable=False,
    ),
    sa.Column("repeats", sa.Boolean, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("watch", "article", name="uq_matches"),
)
sa.Index("ix_matches_article", matches.c.article)

# What is to be told, once for each channel: `subject` is the article (`pk`), the first row of `changes` or
# twice the episode's id, one more for its end. Alerts of one `message` are delivered and repeated together.
alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _of_watch(),
    sa.Column("channel", CleanText, nullable=False),
    sa.Column("event", CleanText, nullable=False),
    sa.Column("subject", sa.Integer, nullable=False),
    sa.Column("article", sa.Integer, sa.ForeignKey("articles.pk", ondelete="CASCADE", name="fk_article")),
    sa.Column("source", CleanText, nullable=False),
    sa.Column("detail", Json, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("message", CleanText),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_error", CleanText),
    sa.Column("sent_at", UtcDateTime),
    sa.UniqueConstraint("watch", "channel", "event", "subject", name="uq_alerts"),
)
_WAITS = alerts.c.sent_at.is_(None)
sa.Index("ix_alerts_due", alerts.c.due_at, sqlite_where=_WAITS, postgresql_where=_WAITS)
sa.Index("ix_alerts_article", alerts.c.article)

# How delivering to each channel went; `not_before`: it is left alone until then.
channels = sa.Table(
    "channels",
    metadata,
    sa.Column("name", CleanText, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("not_before", UtcDateTime),
    sa.Column("last_error", CleanText),
    sa.Column("last_sent_at", UtcDateTime),
)
