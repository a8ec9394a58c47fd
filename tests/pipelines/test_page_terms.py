"""What pages ask of robots, and what they reserve for text and data mining."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.metadata.reservation import (
    UNSET,
    Reservation,
    read_tdmrep,
    reservation_by,
    reservation_of,
)
from pipelines.metadata.robots_tags import TAGS, refusal

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
URL = "https://n.example/a/story"

# (X-Robots-Tag, the tag that is obeyed)
HEADERS = [
    ("", None),
    ("all", None),
    ("index, follow", None),
    ("noindex", "noindex"),
    ("NOINDEX", "noindex"),
    ("nofollow, noindex", "noindex"),
    ("nofollow,noindex", "noindex"),
    ("none", "noindex"),
    ("noarchive", "noarchive"),
    ("noindex, noarchive", "noindex and noarchive"),
    ("nosnippet", None),
    ("googlebot: noindex", None),
    ("googlebot: noindex, noarchive", None),
    ("googlebot: nofollow\nnoindex", "noindex"),
    ("noarchive\ngooglebot: noindex", "noarchive"),
    ("wirewatch: noindex", "noindex"),
    ("Wirewatch: nofollow, noindex", "noindex"),
    ("*: noindex", "noindex"),
    ("max-snippet: 20, noindex", "noindex"),
    ("max-image-preview: large", None),
    ("unavailable_after: 25 Jun 2010 15:00:00 GMT", "noindex"),
    ("unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT", "noindex"),
    ("unavailable_after: 2010-06-25", "noindex"),
    ("unavailable_after: 25 Jun 2030 15:00:00 GMT", None),
    ("noarchive, unavailable_after: 25 Jun 2010 15:00:00 GMT", "noindex and noarchive"),
    ("unavailable_after: soon", None),
    ("wirewatch: unavailable_after: 25 Jun 2010 15:00:00 GMT", "noindex"),
    ("googlebot: unavailable_after: 25 Jun 2010 15:00:00 GMT", None),
    ("noindexed", None),
]


@pytest.mark.parametrize(("header", "tags"), HEADERS)
def test_header(header: str, tags: str | None) -> None:
    found = refusal({"x-robots-tag": header}, {}, agent="Wirewatch", obey=TAGS, now=NOW)
    assert found == (f"{tags} by X-Robots-Tag" if tags else None)


@pytest.mark.parametrize(
    ("name", "content", "refused"),
    [
        ("robots", "noindex, nofollow", True),
        ("robots", "none", True),
        ("robots", "noarchive", True),
        ("wirewatch", "noindex", True),
        ("googlebot", "noindex", False),
        ("robots", "max-snippet:-1, max-image-preview:large", False),
    ],
)
def test_meta(name: str, content: str, refused: bool) -> None:
    found = refusal({}, {name: [content]}, agent="Wirewatch", obey=TAGS, now=NOW)
    assert (found is not None) is refused


def test_only_what_is_to_be_obeyed_is() -> None:
    headers = {"x-robots-tag": "noindex, noarchive"}
    assert refusal(headers, {}, agent="w", obey=(), now=NOW) is None
    assert refusal(headers, {}, agent="w", obey=("noarchive",), now=NOW) == "noarchive by X-Robots-Tag"


RESERVED, FREE = Reservation(True, "https://n.example/terms"), Reservation(False)

# (meta, header, file) -> what holds
PRECEDENCE = [
    ({}, {}, UNSET, UNSET),
    ({}, {}, RESERVED, RESERVED),
    ({}, {"tdm-reservation": "0"}, RESERVED, FREE),
    ({}, {"tdm-reservation": "1"}, RESERVED, Reservation(True)),
    ({}, {"tdm-reservation": "1", "tdm-policy": "/terms"}, UNSET, RESERVED),
    ({"tdm-reservation": ["1"]}, {"tdm-reservation": "0"}, UNSET, Reservation(True)),
    ({"tdm-reservation": ["0"]}, {"tdm-reservation": "1"}, RESERVED, FREE),
    ({"tdm-reservation": ["1"], "tdm-policy": ["terms"]}, {}, UNSET, Reservation(True, "https://n.example/a/terms")),
    ({"tdm-reservation": ["yes"]}, {"tdm-reservation": "1"}, UNSET, Reservation(True)),
    ({"tdm-policy": ["/terms"]}, {}, UNSET, UNSET),
    ({"tdm-reservation": ["0"], "tdm-policy": ["/terms"]}, {}, UNSET, FREE),
    ({}, {"tdm-reservation": " 1 "}, UNSET, Reservation(True)),
    ({}, {"tdm-reservation": "2"}, UNSET, UNSET),
]  # fmt: skip


@pytest.mark.parametrize(("metas", "headers", "by_file", "holds"), PRECEDENCE)
def test_page_before_header_before_file(
    metas: dict[str, list[str]], headers: dict[str, str], by_file: Reservation, holds: Reservation
) -> None:
    assert reservation_of(metas, headers, url=URL, by_file=by_file) == holds


FILE = """[
  {"location": "/a/free/*.jpg$", "tdm-reservation": 0},
  {"location": "/a/", "tdm-reservation": 1, "tdm-policy": "https://n.example/terms"},
  {"location": "/", "tdm-reservation": "0"},
  {"location": "/b", "tdm-reservation": true},
  {"location": 5, "tdm-reservation": 1}, 7, {"tdm-reservation": 1}
]"""


@pytest.mark.parametrize(
    ("path", "found"),
    [("/a/story", RESERVED), ("/a/free/x.jpg", FREE), ("/a/free/x.png", RESERVED), ("/b", FREE), ("", FREE)],
)
def test_the_first_rule_that_matches(path: str, found: Reservation) -> None:
    assert reservation_by(read_tdmrep(FILE), f"https://n.example{path}") == found


@pytest.mark.parametrize("text", ["", "{}", "null", "<html>", "[", "[" * 100_000, '[{"location": "/x"}]'])
def test_what_is_no_such_file_says_nothing(text: str) -> None:
    assert reservation_by(read_tdmrep(text), URL) is UNSET
