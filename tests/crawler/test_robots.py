"""robots.txt as RFC 9309 reads it."""

from __future__ import annotations

import time

import pytest

from crawler.robots import read_robots

# (the file, the path that is asked for, allowed?)
CASES = [
    # Nothing said, nothing forbidden.
    ("", "/a", True),
    ("\n\n\n", "/a", True),
    ("# just a comment", "/a", True),
    ("<html><title>Not found</title>", "/a", True),
    ("Disallow: /", "/a", True),
    ("User-agent: *", "/a", True),
    ("User-agent: *\nDisallow:", "/a", True),
    ("User-agent: *\nDisallow: # all is welcome", "/a", True),
    ("User-agent: other\nDisallow: /", "/a", True),
    # The group of everyone.
    ("User-agent: *\nDisallow: /", "/a", False),
    ("User-agent: *\nDisallow: /private/", "/private/story", False),
    ("User-agent: *\nDisallow: /private/", "/private", True),
    ("User-agent: *\nDisallow: /private", "/privateer", False),
    ("User-agent: *\nDisallow: /", "/robots.txt", True),
    ("User-agent: * # everyone\nDisallow: /", "/a", False),
    # Our own group before that of everyone, whatever stands first.
    ("User-agent: Wirewatch\nAllow: /\n\nUser-agent: *\nDisallow: /", "/a", True),
    ("User-agent: *\nDisallow: /\n\nUser-agent: Wirewatch\nAllow: /", "/a", True),
    ("User-agent: *\nDisallow: /\n\nUser-agent: Wirewatch\nDisallow:", "/a", True),
    ("User-agent: *\nDisallow: /\n\nUser-agent: Wirewatch", "/a", True),
    ("User-agent: Wirewatch\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", False),
    ("User-agent: wIREwATCH\nDisallow: /", "/a", False),
    ("User-agent: Wirewatch/2.0\nDisallow: /", "/a", False),
    ("User-agent: Wire\nDisallow: /", "/a", True),
    ("User-agent: Wirewatcher\nDisallow: /", "/a", True),
    ("User-agent: watch\nDisallow: /", "/a", True),
    # Groups of several agents, and several groups of one.
    ("User-agent: other\nUser-agent: Wirewatch\nDisallow: /", "/a", False),
    ("User-agent: Wirewatch\nUser-agent: other\nDisallow: /", "/a", False),
    ("User-agent: Wirewatch\n\n\nUser-agent: other\nDisallow: /", "/a", False),
    ("User-agent: Wirewatch\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: Wirewatch\nDisallow: /c", "/c", False),
    ("User-agent: Wirewatch\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: Wirewatch\nDisallow: /c", "/a", False),
    ("User-agent: Wirewatch\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: Wirewatch\nDisallow: /c", "/b", True),
    ("User-agent: Wirewatch\nSitemap: https://n.example/s.xml\nUser-agent: x\nDisallow: /", "/a", False),
    ("User-agent: Wirewatch\nNoise: 1\nDisallow: /", "/a", False),
    # The longest match, and allow where two are as long.
    ("User-agent: *\nDisallow: /private/\nAllow: /private/story", "/private/story", True),
    ("User-agent: *\nAllow: /private/story\nDisallow: /private/", "/private/story", True),
    ("User-agent: *\nAllow: /\nDisallow: /private/", "/private/story", False),
    ("User-agent: *\nAllow: /page\nDisallow: /page", "/page", True),
    ("User-agent: *\nDisallow: /page\nAllow: /page", "/page", True),
    ("User-agent: *\nAllow: /page\nDisallow: /*.htm", "/page.htm", False),
    ("User-agent: *\nAllow: /$\nDisallow: /", "/", True),
    ("User-agent: *\nAllow: /$\nDisallow: /", "/page.htm", False),
    ("User-agent: *\nAllow: /p/*\nDisallow: /p/a", "/p/a", True),
    ("User-agent: *\nDisallow: /*/private\nAllow: /a/private", "/a/private", True),
    # * and $.
    ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", False),
    ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x=1", True),
    ("User-agent: *\nDisallow: /*.pdf", "/a/b.pdf?x=1", False),
    ("User-agent: *\nDisallow: *.pdf", "/a/b.pdf", False),
    ("User-agent: *\nDisallow: /a*", "/a", False),
    ("User-agent: *\nDisallow: /a*b*c", "/a-x-b-y-c-z", False),
    ("User-agent: *\nDisallow: /a*b*c", "/a-x-c-y-b", True),
    ("User-agent: *\nDisallow: /a*a$", "/a", True),
    ("User-agent: *\nDisallow: /a*a$", "/aa", False),
    ("User-agent: *\nDisallow: /page$", "/page", False),
    ("User-agent: *\nDisallow: /page$", "/page/", True),
    ("User-agent: *\nDisallow: /a$b", "/a$b", False),
    ("User-agent: *\nDisallow: /*?", "/a?b=c", False),
    ("User-agent: *\nDisallow: /*?", "/a", True),
    ("User-agent: *\nDisallow: /.*", "/a", True),
    ("User-agent: *\nDisallow: /(a|b)", "/a", True),
    # Percent-encoding: RFC 9309, the tables of 2.2.2 and 2.2.3.
    ("User-agent: *\nDisallow: /foo/bar?baz=quz", "/foo/bar?baz=quz", False),
    ("User-agent: *\nDisallow: /foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", False),
    ("User-agent: *\nDisallow: /foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https://foo.bar", False),
    ("User-agent: *\nDisallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", False),
    ("User-agent: *\nDisallow: /foo/bar/%E3%83%84", "/foo/bar/ツ", False),
    ("User-agent: *\nDisallow: /foo/bar/%e3%83%84", "/foo/bar/%E3%83%84", False),
    ("User-agent: *\nDisallow: /foo/bar/%62%61%7A", "/foo/bar/baz", False),
    ("User-agent: *\nDisallow: /a%2Fb", "/a/b", True),
    ("User-agent: *\nDisallow: /path/file-with-a-%2A.html", "/path/file-with-a-*.html", False),
    ("User-agent: *\nDisallow: /path/file-with-a-%2A.html", "/path/file-with-a-b.html", True),
    ("User-agent: *\nDisallow: /path/foo-%24", "/path/foo-$", False),
    # Case counts in paths, not in keys.
    ("User-agent: *\nDisallow: /Private", "/private", True),
    ("USER-AGENT: *\nDISALLOW: /", "/a", False),
    ("user-agent:*\ndisallow:/", "/a", False),
    # How lines are written.
    ("User-agent: *\r\nDisallow: /\r\n", "/a", False),
    ("User-agent: *\rDisallow: /", "/a", False),
    ("  User-agent : *\n\tDisallow :  /  ", "/a", False),
    ("User-agent: *\nDisallow: /a # not /b", "/a", False),
    ("User-agent: *\n# a comment\n\nDisallow: /", "/a", False),
    ("User-agent: *\x00\nDisallow: /", "/a", True),
]  # fmt: skip

DELAYS = [
    ("User-agent: *\nCrawl-delay: 5", 5.0),
    ("User-agent: *\nCrawl-delay: 0.5", 0.5),
    ("User-agent: *\nCrawl-delay: 2\nCrawl-delay: 7\nCrawl-delay: 3", 7.0),
    ("User-agent: *\nCrawl-delay: 0", 0.0),
    ("User-agent: *\nCrawl-delay: soon", None),
    ("User-agent: *\nCrawl-delay: -1", None),
    ("User-agent: *\nCrawl-delay: inf", None),
    ("User-agent: *\nCrawl-delay:", None),
    ("Crawl-delay: 5", None),
    ("User-agent: *\nDisallow: /", None),
    ("User-agent: Wirewatch\nCrawl-delay: 3\nUser-agent: *\nCrawl-delay: 9", 3.0),
    ("User-agent: Wirewatch\nAllow: /\nUser-agent: *\nCrawl-delay: 9", None),
    # A rule of the group, as its authors mean it: those named below it are another group.
    ("User-agent: *\nCrawl-delay: 9\nUser-agent: bad\nDisallow: /", 9.0),
]


@pytest.mark.parametrize(("text", "path", "allowed"), CASES)
def test_verdict(text: str, path: str, allowed: bool) -> None:
    assert read_robots(text, agent="Wirewatch").allow(f"https://news.example{path}") is allowed


@pytest.mark.parametrize(("text", "seconds"), DELAYS)
def test_crawl_delay(text: str, seconds: float | None) -> None:
    rules = read_robots(text, agent="Wirewatch")
    assert rules.crawl_delay == seconds
    assert rules.allow("https://news.example/a") is ("Disallow" not in text or "bad" in text)


def test_sitemaps_stand_outside_of_groups() -> None:
    text = "Sitemap: https://n.example/1.xml\nUser-agent: x\nDisallow: /\nsitemap:https://n.example/2.xml"
    assert read_robots(text, agent="Wirewatch").sitemaps == (
        "https://n.example/1.xml",
        "https://n.example/2.xml",
    )


def test_the_root_without_a_path() -> None:
    assert not read_robots("User-agent: *\nDisallow: /$", agent="Wirewatch").allow("https://news.example")


def test_a_hostile_file_takes_no_time() -> None:
    """Half a second for the largest file that is read; as a regular expression the last rule never ends."""
    lines = [f"Disallow: /{number}/*/{number}" for number in range(20_000)]
    text = "\n".join(["User-agent: *", *lines, "Disallow: /" + "*a" * 500 + "$"])
    started = time.perf_counter()
    rules = read_robots(text, agent="Wirewatch")
    assert rules.allow("https://news.example/" + "a" * 2000 + "b")
    assert time.perf_counter() - started < 5
