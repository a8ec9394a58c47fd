"""Answers that are broken: each ends with a reason a person understands, and none passes for a whole page."""

from __future__ import annotations

import gzip
import socket
import zlib
from collections.abc import Callable

import pytest
from backports import zstd
from door import look
from hazardsite import HazardSite, Reply
from newsserver import article

from crawler.middlewares.decoding import ends_early

ALLOW = '[network]\nallow = ["127.0.0.0/8"]\ntimeout = 5\n'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
PAGE = article(1).encode()


def raw(data: bytes) -> Reply:
    def send(connection: socket.socket) -> None:
        connection.sendall(data)

    return Reply(send)


def packed(body: bytes, name: str) -> Reply:
    return Reply(body, headers={"Content-Encoding": name})


def said(reply: Reply) -> str:
    with HazardSite({"/": lambda site: reply, "/robots.txt": lambda site: Reply(status=404)}) as site:
        [why] = look(f"{site.url}/", config=ALLOW).said.values()
    return why


BROKEN: dict[str, tuple[Callable[[], Reply], str]] = {
    "a body cut short": (lambda: raw(HEAD + b"Content-Length: 999\r\n\r\n<p>hello"), "the answer ended early"),
    "chunks cut short": (
        lambda: raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), "the answer ended early",
    ),
    "a chunk of no size": (
        lambda: raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello"), "the answer ended early",
    ),
    "gzip cut short": (lambda: packed(gzip.compress(PAGE)[:-50], "gzip"), "the packed body ends early"),
    "gzip in name only": (lambda: packed(b"\x1f\x8b\x08garbage", "gzip"), "not packed as it says"),
    "zstd in name only": (lambda: packed(b"garbage", "zstd"), "not packed as it says"),
    "no HTTP": (lambda: raw(b"SSH-2.0-OpenSSH_9.0\r\n"), "no answer that could be read"),
    "nothing": (lambda: raw(b""), "no answer that could be read"),
    "half a head": (lambda: raw(b"HTTP/1.1 200 OK\r\nContent-Ty"), "no answer that could be read"),
    "two lengths": (
        lambda: raw(HEAD + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello"), "no answer that could be read",
    ),
    "a length beyond all bounds": (
        lambda: raw(HEAD + b"Content-Length: 99999999999999999999\r\n\r\nhello"), "a body of more than 15 MiB",
    ),
    "a status that does not exist": (lambda: Reply("x", status=999), "status 999"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_answer_has_a_clear_end(fault: str) -> None:
    reply, why = BROKEN[fault]
    assert why in said(reply())


@pytest.mark.parametrize("name", ["gzip", "br", "zstd", "deflate", "sdch"])
def test_a_page_that_is_not_packed_at_all_is_read(name: str) -> None:
    assert said(packed(PAGE, name)).startswith(f"fetched {len(PAGE)} bytes")


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda body: gzip.compress(body[:90]) + gzip.compress(body[90:])]
)
def test_control_whole_gzip_bodies_are_read(pack: Callable[[bytes], bytes]) -> None:
    assert said(packed(pack(PAGE), "gzip")).startswith(f"fetched {len(PAGE)} bytes")
    assert said(packed(zstd.compress(PAGE), "zstd")).startswith(f"fetched {len(PAGE)} bytes")


def test_control_half_of_a_gzip_body_would_be_taken() -> None:
    half = gzip.compress(PAGE)[:-50]
    text = zlib.decompressobj(wbits=31).decompress(half)
    assert len(text) > len(PAGE) // 2
    assert ends_early(half, text)
    assert not ends_early(gzip.compress(PAGE), PAGE)
    assert not ends_early(gzip.compress(PAGE) + b"behind it", PAGE)
