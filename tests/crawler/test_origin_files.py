"""robots.txt as a file that is asked for, kept and asked for again: RFC 9309, 2.3 and 2.4."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.middlewares.origin_files import OriginFiles, UnreadError
from pipelines.items import OriginFile

NOW = datetime(2026, 11, 25, 10, 0, 0, tzinfo=UTC)
ORIGIN = "https://courier.example"


class Site:
    """A clock, a shelf and a server in one: `says` is (status, text) or an error."""

    def __init__(self, says: Any) -> None:
        self.says = says
        self.now = NOW
        self.asked = 0
        self.shelf: dict[str, OriginFile] = {}
        self.stale: list[str] = []

    async def origin_file(self, origin: str) -> OriginFile | None:
        return self.shelf.get(origin)

    async def keep_origin_file(self, file: OriginFile) -> None:
        self.shelf[file.origin] = file

    async def fetch(self, url: str, meta: Mapping[str, Any]) -> tuple[int, str]:
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.says, Exception):
            raise self.says
        status, text = self.says
        return status, text

    def files(self, path: str = "/robots.txt", *, needed: bool = True) -> OriginFiles[str]:
        """As after a restart."""
        return OriginFiles(
            path, fetch=self.fetch, parse=str, nothing="", needed=needed, shelf=self, clock=lambda: self.now
        )

    async def read(self) -> str:
        return await self.files().of(ORIGIN, meta={}, stale=self.stale.append)


# (what the server says, what is read: None for "nothing may be asked", hours until it is asked again)
CASES = [
    ((200, "rules"), "rules", 24),
    ((206, "rules"), "rules", 24),
    ((301, "rules"), "", 24),
    ((400, "rules"), "", 24),
    ((401, "rules"), "", 24),
    ((403, "rules"), "", 24),
    ((404, "rules"), "", 24),
    ((410, "rules"), "", 24),
    ((451, "rules"), "", 24),
    ((429, "rules"), "", 5 / 60),
    ((500, "rules"), None, 0),
    ((502, "rules"), None, 0),
    ((503, "rules"), None, 0),
    ((599, "rules"), None, 0),
    (TimeoutError("late"), None, 0),
    (ConnectionError("no"), None, 0),
]


@pytest.mark.parametrize(("says", "read", "hours"), CASES)
async def test_what_an_answer_means_and_how_long(says: Any, read: str | None, hours: float) -> None:
    site = Site(says)
    if read is None:
        with pytest.raises(UnreadError) as unread:
            await site.read()
        assert (unread.value.__cause__ is says) is isinstance(says, Exception)
    else:
        assert await site.read() == read
        site.now += timedelta(hours=hours, seconds=-1)
        assert await site.read() == read
        assert site.asked == 1
        site.now += timedelta(seconds=1)
    site.says = (200, "new rules")
    assert await site.read() == "new rules"
    assert site.asked == 2


@pytest.mark.parametrize("says", [(500, ""), (503, ""), ConnectionError("no")])
async def test_an_old_copy_serves_while_there_is_no_new_one(says: Any) -> None:
    site = Site((200, "rules"))
    await site.read()
    site.now += timedelta(days=2)
    site.says = says
    assert await site.read() == "rules"
    assert site.stale == ["rules"]  # its Crawl-delay held while the new one was asked for
    site.now += timedelta(minutes=4)
    assert await site.read() == "rules"
    assert site.asked == 2
    site.now += timedelta(days=29)
    with pytest.raises(UnreadError):
        await site.read()


async def test_those_who_ask_at_once_ask_once() -> None:
    site = Site((200, "rules"))
    files = site.files()
    assert await asyncio.gather(*(files.of(ORIGIN, meta={}) for _ in range(5))) == ["rules"] * 5
    assert await files.of(ORIGIN, meta={}) == "rules"
    assert site.asked == 1
    assert files.at_hand(ORIGIN) == "rules"
    assert files.at_hand("https://other.example") == ""


async def test_a_failure_is_everybodys_who_asked_and_is_not_kept() -> None:
    site = Site((500, ""))
    files = site.files()
    failed = await asyncio.gather(*(files.of(ORIGIN, meta={}) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in failed] == [UnreadError] * 3
    site.says = (200, "rules")
    assert await files.of(ORIGIN, meta={}) == "rules"
    assert site.asked == 2


@pytest.mark.parametrize("says", [(500, ""), (503, ""), ConnectionError("no")])
async def test_a_file_that_is_not_needed_troubles_nobody(says: Any) -> None:
    site = Site(says)
    for _ in range(3):
        assert await site.files(needed=False).of(ORIGIN, meta={}) == ""
    assert site.asked == 1
    site.now += timedelta(hours=24)
    site.says = (200, "rules")
    assert await site.files(needed=False).of(ORIGIN, meta={}) == "rules"


async def test_each_file_of_an_origin_has_its_place() -> None:
    site = Site((200, "text"))
    for path in ("/robots.txt", "/.well-known/tdmrep.json"):
        await site.files(path).of(ORIGIN, meta={})
    assert sorted(site.shelf) == [ORIGIN, f"{ORIGIN}/.well-known/tdmrep.json"]
