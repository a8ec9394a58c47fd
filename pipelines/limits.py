"""How much of anything is taken from a site: what is over a limit is refused, and its visit says which."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.items import Kind

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes are in bytes, lengths in characters. See docs/configuration.md, [limits]."""

    headers: int = 64 * KIB
    header_count: int = 200
    encodings: int = 2
    redirects: int = 10
    robots: int = 500 * KIB
    url_length: int = 2000
    path_repeats: int = 2
    path_variants: int = 40
    feed_entries: int = 1000
    sitemap_size: int = 50 * MIB
    sitemap_entries: int = 1000
    sitemap_depth: int = 2
    page_links: int = 2000
    sitemaps_per_index: int = 200
    sitemaps_per_host: int = 500
    listings_per_host: int = 500
    targets_per_host: int = 10_000
    article_length: int = 300_000


LIMITS = Limits()

# The limit on what a source may have at one host, by kind.
LIMIT_OF = {
    Kind.SITEMAP: "sitemaps_per_host",
    Kind.LISTING: "listings_per_host",
    Kind.FEED: "listings_per_host",
    Kind.ARTICLE: "targets_per_host",
}
