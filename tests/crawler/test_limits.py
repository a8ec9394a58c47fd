"""Each limit by itself: what is over it is refused with a clear reason, and with a higher setting it is not."""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest
from backports import zstd
from door import look
from hazardsite import HazardSite, Reply, brotli_bomb, drip, drip_headers, gzip_bomb, zstd_bomb
from newsserver import (
    Answer,
    NewsServer,
    article,
    clean_environment,
    listing,
    local_news,
    path_of,
    rss,
    wirewatch,
)
from watched import watched

from crawler.config import load
from crawler.discovery import read
from crawler.discovery.errors import UnreadableError
from crawler.discovery.traps import trap
from crawler.follow import Followed
from crawler.sources import Source
from pipelines.errors import WorkerMemoryError
from pipelines.items import Kind, Link, Outcome, Page, Target
from pipelines.limits import LIMITS, Limits
from pipelines.reading import has_more_text, is_binary, read_page
from pipelines.workers import Workers

NOW = datetime(2026, 11, 25, tzinfo=UTC)
MIB = 1024 * 1024
ALLOW = '[network]\nallow = ["127.0.0.0/8"]\n'


def packed(times: int) -> Answer:
    body = b"<p>hello</p>"
    for _ in range(times):
        body = gzip.compress(body)
    return Answer(body, headers={"Content-Encoding": ", ".join(["gzip"] * times)})


def hops(site: NewsServer, count: int) -> None:
    for number in range(count):
        site.pages[f"/{number or ''}"] = Answer(status=302, headers={"Location": f"/{number + 1}"})
    site.pages[f"/{count}"] = Answer("<p>there</p>")


BODY = "x" * (3 * MIB)
# What is served -> the limit that it is over, what that says, and the setting under which it is not.
ANSWERS: dict[str, tuple[Answer, str, str, str]] = {
    "body": (Answer(BODY), "[network]\nmax_body = 2", "a body of more than 2 MiB", "max_body = 4"),
    "body packed with gzip": (
        Answer(gzip.compress(BODY.encode()), headers={"Content-Encoding": "gzip"}),
        "[network]\nmax_body = 2", "more than 2 MiB after unpacking", "max_body = 4",
    ),
    "body packed with deflate": (
        Answer(zlib.compress(BODY.encode()), headers={"Content-Encoding": "deflate"}),
        "[network]\nmax_body = 2", "more than 2 MiB after unpacking", "max_body = 4",
    ),
    "body packed with brotli": (
        Answer(brotli.compress(BODY.encode()), headers={"Content-Encoding": "br"}),
        "[network]\nmax_body = 2", "more than 2 MiB after unpacking", "max_body = 4",
    ),
    "body packed with zstd": (
        Answer(zstd.compress(BODY.encode()), headers={"Content-Encoding": "zstd"}),
        "[network]\nmax_body = 2", "more than 2 MiB after unpacking", "max_body = 4",
    ),
    "encodings": (packed(3), "[limits]", "packed 3 times, where 2 are undone", "encodings = 3"),
    "size of headers": (
        Answer("x", headers={f"X-{number}": "y" * 1000 for number in range(150)}),
        "[limits]", "headers of more than 64 KiB", "headers = 256",
    ),
    "one long header": (
        Answer("x", headers={"X-Long": "y" * 200_000}),
        "[limits]", "headers of more than 64 KiB", "headers = 256",
    ),
    "number of headers": (
        Answer("x", headers={f"X-{number}": "y" for number in range(250)}),
        "[limits]", "255 headers, where 200 are read", "header_count = 300",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_over_a_limit_is_refused(name: str) -> None:
    answer, section, said, more = ANSWERS[name]
    allow = ALLOW if "network" not in section else 'allow = ["127.0.0.0/8"]\n'
    with NewsServer({"/": answer}) as site:
        url = f"{site.url}/"
        low = f"{allow}{section}\n" if "network" not in section else f"{section}\n{allow}"
        # The number of our own headers is that of the server's library.
        assert said.split(" headers,")[-1] in look(url, config=low).said[url]
        key = more.split(" ")[0]
        kept = "\n".join(line for line in low.splitlines() if not line.startswith(key))
        high = kept.replace(section.splitlines()[0], f"{section.splitlines()[0]}\n{more}")
        assert look(url, config=high).said[url].startswith("fetched")


def test_redirects_are_followed_so_far_and_no_further() -> None:
    with NewsServer() as site:
        hops(site, 11)
        url = f"{site.url}/"
        assert look(url, config=ALLOW).said[url] == "more redirects than are followed"
        assert site.count("/10") == 1
        assert site.count("/11") == 0
        assert look(url, config=f"{ALLOW}[limits]\nredirects = 11").said[url].startswith("fetched")


def test_an_address_that_a_redirect_makes_too_long() -> None:
    long = "/" + "a" * 2000
    with NewsServer({"/": Answer(status=302, headers={"Location": long}), long: Answer("x")}) as site:
        url = f"{site.url}/"
        assert "an address of 2,0" in look(url, config=ALLOW).said[url]
        assert site.count(long) == 0


@pytest.mark.parametrize("hazard", [drip, drip_headers])
def test_time_counts_from_the_start_and_not_from_the_last_byte(hazard: Callable[..., Reply]) -> None:
    with HazardSite({"/": hazard, "/robots.txt": lambda site: Reply(status=404)}) as site:
        started = time.monotonic()
        seen = look(f"{site.url}/", config=ALLOW + "timeout = 2\n")
        assert seen.said[f"{site.url}/"] == "no complete answer in time"
        assert 2 < time.monotonic() - started < 15  # a byte came every 0.3 s


@pytest.mark.parametrize("bomb", [gzip_bomb, brotli_bomb, zstd_bomb])
def test_a_gigabyte_bomb_costs_little(bomb: Callable[..., Reply], tmp_path: Path) -> None:
    """More than the same crawl of a small page: at most 150 MiB, all processes together."""
    peaks = {}
    for name, hazard in {"page": lambda site: Reply(article(1)), "bomb": bomb}.items():
        home = tmp_path / name
        home.mkdir()
        with HazardSite({path_of(1): hazard, "/robots.txt": lambda site: Reply(status=404)}) as site:
            command = [sys.executable, "-m", "crawler", "crawl", site.url + path_of(1)]
            run = watched(command, cwd=home, env=clean_environment(), timeout=60)
            peaks[name] = run.peak
            assert ("more than 15 MiB after unpacking" in run.stderr) == (name == "bomb"), run.stderr
    assert peaks["bomb"] - peaks["page"] < 150, peaks


# --- robots.txt ---------------------------------------------------------------------------------------------


def test_the_rest_of_a_long_robots_txt_is_not_read() -> None:
    rules = "User-agent: *\nDisallow: /early\n" + "# filler\n" * 100_000 + "Disallow: /\n"
    pages = {"/": Answer("x"), "/early": Answer("x"), "/robots.txt": Answer(rules, type="text/plain")}
    with NewsServer(pages) as site:
        urls = [f"{site.url}/", f"{site.url}/early"]
        seen = look(*urls, config=ALLOW)
        assert seen.said[urls[0]].startswith("fetched")
        assert seen.said[urls[1]] == "forbidden by robots.txt (Disallow: /early)"
        more = look(*urls, config=f"{ALLOW}[limits]\nrobots = 1000")
        assert more.said[urls[0]] == "forbidden by robots.txt (Disallow: /)"


def test_a_bomb_for_a_robots_txt_is_no_consent() -> None:
    with HazardSite({"/": lambda site: Reply("x"), "/robots.txt": gzip_bomb}) as site:
        seen = look(f"{site.url}/", config=ALLOW)
        assert "after unpacking" in seen.said[f"{site.url}/"]
        assert site.asked == ["/robots.txt"]


# --- feeds, sitemaps, listings ------------------------------------------------------------------------------


def page(body: str | bytes, **headers: str) -> Page:
    url = "https://courier.example/2026/11/a-page-of-the-courier"
    body = body.encode() if isinstance(body, str) else body
    return Page(url=url, final_url=url, status=200, headers=headers, body=body, fetched_at=NOW)


def test_entries_of_a_feed() -> None:
    feed = page(str(rss("https://courier.example", range(1200)).body))
    assert len(read(Kind.FEED, feed).links) == LIMITS.feed_entries == 1000
    assert len(read(Kind.FEED, feed, Limits(feed_entries=5)).links) == 5


def sitemap(count: int, tag: str = "url") -> str:
    root = "urlset" if tag == "url" else "sitemapindex"
    entries = "".join(f"<{tag}><loc>https://courier.example/{n}</loc></{tag}>" for n in range(count))
    return f"<{root}>{entries}</{root}>"


def test_entries_of_a_sitemap_and_of_an_index() -> None:
    assert len(read(Kind.SITEMAP, page(sitemap(1200))).links) == 1000
    assert len(read(Kind.SITEMAP, page(sitemap(9)), Limits(sitemap_entries=5)).links) == 5
    assert len(read(Kind.SITEMAP, page(sitemap(900, "sitemap"))).links) == LIMITS.sitemaps_per_index
    few = Limits(sitemaps_per_index=3)
    assert len(read(Kind.SITEMAP, page(sitemap(9, "sitemap")), few).links) == 3


def test_no_more_entries_are_held_than_the_protocol_knows() -> None:
    many = "<urlset>" + "<url/>" * 2_000_000 + "<url><loc>https://courier.example/last</loc></url></urlset>"
    assert read(Kind.SITEMAP, page(many)).links == ()


def test_the_size_of_a_packed_sitemap() -> None:
    body = gzip.compress(sitemap(5).encode() + b" " * MIB)
    with pytest.raises(UnreadableError, match=r"larger than 0.5 MiB after decompression"):
        read(Kind.SITEMAP, page(body), Limits(sitemap_size=MIB // 2))
    assert len(read(Kind.SITEMAP, page(body)).links) == 5


def test_links_of_a_page() -> None:
    home = page(listing(range(60)))
    assert len(read(Kind.LISTING, home).links) >= 60
    assert len(read(Kind.LISTING, home, Limits(page_links=10)).links) <= 10


# --- which links become targets -----------------------------------------------------------------------------

TRAPS = {
    "https://a.example/" + "a" * 2000: "too long",
    "https://a.example/town/sport/town/sport/town/": "repeats itself",
    "https://a.example/calendar/2027/03/": "future date",
    "https://a.example/events?year=2031": "future date",
    "https://a.example/events/2027-01": "future date",
}
GOOD = [
    "https://a.example/2026/11/25/a-story",
    "https://a.example/2026/12/01/the-weekend",
    "https://a.example/11/11/11/numbers-may-repeat",
    "https://a.example/news/2030-goals-for-the-climate",
    "https://a.example/town/sport/town/",
    "https://a.example/article?id=2031",
    "https://a.example/2048",
    "https://a.example/story/2050-10-things-to-know",
]


@pytest.mark.parametrize(("url", "why"), TRAPS.items())
def test_traps(url: str, why: str) -> None:
    assert trap(url, LIMITS, now=NOW) == why


@pytest.mark.parametrize("url", GOOD)
def test_no_traps(url: str) -> None:
    assert trap(url, LIMITS, now=NOW) is None


def followed(
    links: list[Link], *, limits: Limits = LIMITS, room: int = 100, variants: int = 0, depth: int = 0
) -> Followed:
    source = Source(name="a", url="https://a.example/")
    target = Target(
        id=1,
        url="https://a.example/",
        kind=Kind.LISTING,
        host="a.example",
        source="a",
        due_at=NOW,
        depth=depth,
    )
    return Followed(
        links, source=source, target=target, limits=limits, now=NOW,
        room=lambda host, kind: room, variants=lambda path, kind: variants,
    )  # fmt: skip


def test_targets_per_host_are_counted_by_host_and_kind() -> None:
    links = [Link(url=f"https://{host}.example/{number}") for host in "ab" for number in range(5)]
    found = followed(links, room=3)
    assert [link.url[-9:] for link in found.links] == [f"example/{n}" for n in (0, 1, 2, 0, 1, 2)]
    assert found.account == "6 links; left out: 4 targets_per_host"
    assert followed(links).account == "10 links"


@pytest.mark.parametrize(
    ("kind", "key"), [(Kind.SITEMAP, "sitemaps_per_host"), (Kind.LISTING, "listings_per_host")]
)
def test_sitemaps_and_listings_have_limits_of_their_own(kind: Kind, key: str) -> None:
    links = [Link(url=f"https://a.example/{number}", kind=kind, depth=1) for number in range(5)]
    assert followed(links, room=2).account == f"2 links; left out: 3 {key}"


def test_depth_of_sitemaps() -> None:
    link = Link(url="https://a.example/sitemap.xml", kind=Kind.SITEMAP, depth=1)
    assert followed([link], depth=1).account == "1 links"
    assert followed([link], depth=2).account == "0 links; left out: 1 sitemap_depth"
    assert followed([link], depth=2, limits=Limits(sitemap_depth=3)).account == "1 links"


def test_variants_of_one_address() -> None:
    links = [Link(url=f"https://a.example/list?x={n}", kind=Kind.LISTING, depth=1) for n in range(50)]
    assert followed(links).account == "40 links; left out: 10 path_variants"
    assert followed(links, limits=Limits(path_variants=100)).account == "50 links"
    story = [Link(url="https://a.example/story?visitor=1")]
    assert followed(story, variants=40).account == "0 links; left out: 1 path_variants"


def test_the_store_counts_what_waits_and_what_is_known(tmp_path: Path) -> None:
    from pipelines.store import Store

    limits = Limits(targets_per_host=10, listings_per_host=4)
    with Store.open(f"sqlite:///{tmp_path}/w.db") as store:
        store.sync_source("a", "https://a.example/", configured=True, enabled=True, roots=(), now=NOW)
        links = [Link(url=f"https://a.example/list?p={n}", kind=Kind.LISTING) for n in range(3)]
        links += [Link(url=f"https://a.example/{number}") for number in range(7)]
        store.add_targets("a", links, via="config", depth=0, now=NOW)
        assert store.room("a", "a.example", Kind.ARTICLE, limits=limits) == 3
        assert store.room("a", "a.example", Kind.LISTING, limits=limits) == 1
        assert store.room("a", "b.example", Kind.ARTICLE, limits=limits) == 10
        assert store.variants("https://a.example/list", Kind.LISTING) == 3
        assert store.variants("https://a.example/other", Kind.LISTING) == 0


# --- one page -----------------------------------------------------------------------------------------------


def test_an_article_may_have_so_many_letters() -> None:
    story = page(article(3))
    reading = read_page(story, longest=500, source="a")
    assert (reading.outcome, reading.article) == (Outcome.OVER_LIMIT, None)
    assert "letters, where 500 are kept" in str(reading.reason)
    assert read_page(story, longest=100_000, source="a").article is not None


def test_a_page_with_far_more_text_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.reading.read_article", lambda *_, **__: pytest.fail("parsed"))
    reading = read_page(page(article(3, body="<p>word</p>" * 3000)), longest=1000, source="a")
    assert reading.outcome is Outcome.OVER_LIMIT


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (b"<p>" + b"x" * 100 + b"</p>", True), (b"<p>" + b"x" * 90 + b"</p>", False),
        (b"<script>" + b"x" * 500 + b"</script><p>x", False), (b"<STYLE>" + b"x" * 500 + b"</STYLE>", False),
        (b"<script>" + b"x" * 500, False), (b"<p>" + b" " * 500 + b"</p>", False), (b"x" * 101, True),
        (b"<" * 500, False), (b"<script>a</script>" + b"x" * 101, True), (b"", False),
    ],
)  # fmt: skip
def test_text_is_counted_without_scripts_and_blanks(body: bytes, more: bool) -> None:
    assert has_more_text(body, 99) == more


@pytest.mark.parametrize(
    ("body", "binary"),
    [
        (bytes(range(256)) * 20, True), (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 50, True), (b"", False),
        ("Zażółć gęślą jaźń 新聞 новости".encode(), False), ("новости".encode("utf-16"), False),
        (("新聞 " * 50).encode("iso-2022-jp"), False),
    ],
)  # fmt: skip
def test_binary_data_is_told_from_text(body: bytes, binary: bool) -> None:
    assert is_binary(page(body)) == binary


def test_a_page_that_takes_too_much_memory_costs_itself_alone() -> None:
    pool = Workers(count=1, timeout=30, memory=100, warm=())

    async def both() -> list[object]:
        jobs = (pool.run(swell, 400), pool.run(swell, 10))
        return await asyncio.gather(*jobs, return_exceptions=True)

    try:
        # What a worker keeps (a cache, say) is held against no later task.
        assert [asyncio.run(pool.run(swell, 60, keep=True)) for _ in range(3)] == [60, 60, 60]
        large, small = asyncio.run(both())
        assert isinstance(large, WorkerMemoryError)
        assert "more than 100 MiB" in str(large)
        assert small == 10
    finally:
        pool.close()


def test_control_without_the_limit_it_has_its_memory() -> None:
    pool = Workers(count=1, timeout=30, warm=())
    try:
        assert asyncio.run(pool.run(swell, 400)) == 400
    finally:
        pool.close()


_kept: list[list[bytearray]] = []


def swell(mib: int, *, keep: bool = False) -> int:
    """Takes so many MiB, bit by bit as a parser does, and has them for a while or for ever."""
    held: list[bytearray] = []
    for _ in range(mib):
        held.append(bytearray(b"x") * MIB)
        time.sleep(0.002)
    if keep:
        _kept.append(held)
    return len(held)


# --- what is seen of it -------------------------------------------------------------------------------------


def test_limits_of_the_config_reach_the_crawl(tmp_path: Path) -> None:
    config = (
        "[defaults]\ndelay = 0.0\n[limits]\narticle_length = 1000\nfeed_entries = 3\ntargets_per_host = 2\n"
        '[[sources]]\nname = "local"\nurl = "{url}/"\nfeeds = ["{url}/feed/"]\n'
    )
    with local_news(12) as site:
        (tmp_path / "wirewatch.toml").write_text(config.format(url=site.url))
        done = wirewatch("crawl", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "over_limit=2" in done.stderr
        with closing(sqlite3.connect(tmp_path / "wirewatch.db")) as connection:
            rows = dict(connection.execute("SELECT outcome, reason FROM visits").fetchall())
        assert rows["links"] == "2 links; left out: 1 targets_per_host"
        assert "letters, where 1,000 are kept" in rows["over_limit"]


def test_the_defaults_of_the_config_are_those_of_the_code() -> None:
    assert load(None, env={}).limits == LIMITS
