"""The guard's judgement of addresses, and that it is asked at the resolver."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from scrapy import Request

from crawler.middlewares.guard import GuardMiddleware, RefusedError, networks, permitted

REFUSED = [
    "127.0.0.1", "127.255.1.2", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "239.1.2.3", "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1",
    "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "2002:7f00:1::", "2001:db8::1", "::127.0.0.1",
]  # fmt: skip
PERMITTED = ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"]


@pytest.mark.parametrize("address", REFUSED)
def test_refused(address: str) -> None:
    assert not permitted(ip_address(address), ())


@pytest.mark.parametrize("address", PERMITTED)
def test_permitted(address: str) -> None:
    assert permitted(ip_address(address), ())


def test_allowed_ranges_open_only_themselves() -> None:
    allow = networks(["127.0.0.0/8"])
    assert permitted(ip_address("127.0.0.9"), allow)
    assert permitted(ip_address("::ffff:127.0.0.9"), allow)
    assert not permitted(ip_address("10.0.0.1"), allow)


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "http://user:secret@example.org/", "https://user@example.org/"]
)
async def test_odd_urls_are_refused_without_a_word_of_their_secret(url: str) -> None:
    with pytest.raises(RefusedError) as refused:
        await GuardMiddleware().process_request(Request(url))
    assert "secret" not in str(refused.value)


async def test_plain_urls_pass() -> None:
    await GuardMiddleware().process_request(Request("https://example.org/a?b=c"))
