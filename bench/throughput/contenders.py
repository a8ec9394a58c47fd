"""The limits and the peers: `python -m bench.throughput.contenders NAME FOLDER` works through the web that is
described in FOLDER and prints how many articles it got. A page without text is no article for any of them."""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

PROCESSES = 2
_OF_ONE_SITE = 1


def _addresses(folder: Path) -> list[str]:
    addresses: list[str] = json.loads((folder / "addresses.json").read_text(encoding="utf-8"))
    return addresses


# --- the limits: trafilatura alone over the same pages on disk -----------------------------------------------


def _from_disk(folder: Path, read: Callable[[str], bool]) -> int:
    files = sorted(str(file) for file in (folder / "pages").iterdir())
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        found = pool.map(read, files, chunksize=10)
        pool.close()
        pool.join()  # so that their CPU time is counted
    return sum(found)


def _read(file: str, **options: Any) -> bool:
    import trafilatura

    try:
        return trafilatura.extract(Path(file).read_bytes(), **options) is not None
    except Exception:
        return False


def _default(file: str) -> bool:
    return _read(file, output_format="json", with_metadata=True)


def _text_only(file: str) -> bool:
    return _read(file)


def _fast(file: str) -> bool:
    return _read(file, output_format="json", with_metadata=True, fast=True)


# --- Scrapy ------------------------------------------------------------------------------------------------


def _scrapy(folder: Path, *, extract: bool) -> int:
    import scrapy
    import trafilatura
    from scrapy.crawler import AsyncCrawlerProcess

    feeds = json.loads((folder / "feeds.json").read_text(encoding="utf-8"))
    count = 0

    class PlainSpider(scrapy.Spider):
        name = "plain"

        async def start(self) -> Any:
            for feed in feeds:
                yield scrapy.Request(feed, self.read_feed)

        def read_feed(self, response: Any) -> Iterator[Any]:
            for link in response.xpath("//item/link/text()").getall():
                yield scrapy.Request(link, self.read_page)

        def read_page(self, response: Any) -> None:
            nonlocal count
            if not extract:
                count += 1
            else:
                found = trafilatura.extract(response.body, output_format="json", with_metadata=True)
                count += found is not None

    process = AsyncCrawlerProcess(
        {
            "LOG_LEVEL": "ERROR",
            "CONCURRENT_REQUESTS_PER_DOMAIN": _OF_ONE_SITE,
            "CONCURRENT_REQUESTS": 64,
            "DOWNLOAD_DELAY": 0,
            "TELNETCONSOLE_ENABLED": False,
        }
    )
    process.crawl(PlainSpider)
    process.start()
    return count


# --- the peers ---------------------------------------------------------------------------------------------


def _threaded(folder: Path, read: Callable[[str], bool]) -> int:
    with ThreadPoolExecutor(PROCESSES) as threads:
        return sum(threads.map(read, _addresses(folder)))


def _newspaper4k(url: str) -> bool:
    import newspaper

    try:
        article = newspaper.article(url, fetch_images=False)
    except Exception:
        return False
    return bool(article.text)


def _news_please(url: str) -> bool:
    from newsplease import NewsPlease

    _Loop.here()
    try:
        article = NewsPlease.from_url(url)
    except Exception:
        return False
    return bool(getattr(article, "maintext", None))


class _Loop(threading.local):
    """news-please asks for the thread's event loop, which threads do not have by themselves."""

    @staticmethod
    def here() -> None:
        try:
            asyncio.get_event_loop()
        except RuntimeError:
            asyncio.set_event_loop(asyncio.new_event_loop())


CONTENDERS: dict[str, Callable[[Path], int]] = {
    "limit": lambda folder: _from_disk(folder, _default),
    "limit_text_only": lambda folder: _from_disk(folder, _text_only),
    "limit_fast": lambda folder: _from_disk(folder, _fast),
    "fetching_alone": lambda folder: _scrapy(folder, extract=False),
    "plain_scrapy": lambda folder: _scrapy(folder, extract=True),
    "newspaper4k": lambda folder: _threaded(folder, _newspaper4k),
    "news_please": lambda folder: _threaded(folder, _news_please),
}

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    print(json.dumps({"articles": CONTENDERS[sys.argv[1]](Path(sys.argv[2]))}))
