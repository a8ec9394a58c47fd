"""Processes that store copies of one story into one database at the same time."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

from plans import due_at

from pipelines.items import Article, Kind, Target, Visit
from pipelines.store import Store, copies, visits
from pipelines.store.copies import Placed
from pipelines.store.database import Database

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
PATIENCE = 60


def write_at_once(database: str, texts: dict[str, list[str]], *, look_early: bool) -> None:
    """A process a site; its texts become articles. All begin when all are ready.

    With `look_early` they look for copies before that, as a store would that looks outside of its lock.
    """
    context = get_context("spawn")
    barrier = context.Barrier(len(texts))
    processes = [
        context.Process(target=_write, args=(database, site, own, barrier, look_early))
        for site, own in texts.items()
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def _write(database: str, site: str, texts: list[str], barrier: Barrier, look_early: bool) -> None:
    articles = [_article(site, number, text) for number, text in enumerate(texts)]
    if look_early:
        early = {article.url: _looked(database, article) for article in articles}
        visits.copies.place = lambda connection, article, *, known, looked=None: Placed(  # type: ignore[assignment]
            replace(article, cluster_id=early[article.url].article.cluster_id), early[article.url].hashes
        )
    with Store.open(database) as store:
        barrier.wait(PATIENCE)
        for article in articles:
            host = article.domain
            target = Target(id=0, url=article.url, kind=Kind.ARTICLE, host=host, source=site, due_at=NOW)
            store.end_visit(Visit(target=target, started_at=NOW, article=article), plan=due_at(None))


def _looked(database: str, article: Article) -> Placed:
    opened = Database.open(database, readonly=True)
    with closing(opened), opened.read() as connection:
        return copies.place(connection, article, known=False)


def _article(site: str, number: int, text: str) -> Article:
    url = f"https://{site}.example/{number}"
    return Article(
        id="",
        url=url,
        url_canonical=url,
        source=site,
        domain=f"{site}.example",
        title=f"Headline {number}",
        text=text,
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
