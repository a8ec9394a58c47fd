"""robots.txt as RFC 9309 reads it."""

from __future__ import annotations

import pytest

from crawler.middlewares.politeness import MAX_ROBOTS_BYTES, RobotsRefusedError, read_robots

URL = "https://news.example/private/story"
CASES = [
    (200, b"User-agent: *\nDisallow: /private/", False),
    (200, b"User-agent: *\nDisallow: /private/\nAllow: /private/story", True),
    (200, b"User-agent: Wirewatch\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
    (200, b"User-agent: Wirewatch\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
    (200, b"User-agent: other\nDisallow: /", True),
    (200, b"", True),
    (200, b"\xef\xbb\xbfUser-agent: *\nDisallow: /", False),
    (200, b"<html><title>Not found</title>", True),
    (404, b"User-agent: *\nDisallow: /", True),
    (403, b"", True),
    (500, b"", False),
    (503, b"User-agent: *\nAllow: /", False),
]


@pytest.mark.parametrize(("status", "body", "allowed"), CASES)
def test_verdict(status: int, body: bytes, allowed: bool) -> None:
    robots = read_robots(status, body, now=0.0)
    if allowed:
        robots.check(URL, "Wirewatch")
    else:
        with pytest.raises(RobotsRefusedError):
            robots.check(URL, "Wirewatch")


def test_rules_beyond_the_size_cap_are_not_read() -> None:
    body = b"#" * MAX_ROBOTS_BYTES + b"\nUser-agent: *\nDisallow: /"
    read_robots(200, body, now=0.0).check(URL, "Wirewatch")


def test_a_failure_is_asked_again_sooner_than_rules() -> None:
    assert read_robots(503, b"", now=0.0).expires < read_robots(200, b"", now=0.0).expires
