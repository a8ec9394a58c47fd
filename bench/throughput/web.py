"""The loopback web: 20 sites on addresses of their own, answered from memory at next to no cost.

Run as a process of its own, `python -m bench.throughput.web FOLDER`: it serves what `write_web` put there and
prints its port once it listens.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

from bench.throughput.pages import SITES, ServedPage

_FILE = "web.pickle"
ROBOTS = b"User-agent: *\nDisallow: /search\n"


def address(site: int) -> str:
    return f"127.0.1.{site + 1}"


def write_web(folder: Path, pages: Sequence[ServedPage]) -> None:
    (folder / _FILE).write_bytes(pickle.dumps([(page.site, page.path, page.body) for page in pages]))


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """Serve what is in the folder; gives the port."""
    command = [sys.executable, "-m", "bench.throughput.web", str(folder)]
    with Popen(command, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def _answers(folder: Path, port: int) -> list[dict[bytes, bytes]]:
    sites: list[dict[bytes, bytes]] = [{b"/robots.txt": _answer(ROBOTS, "text/plain")} for _ in range(SITES)]
    entries: list[list[str]] = [[] for _ in range(SITES)]
    for site, path, body in pickle.loads((folder / _FILE).read_bytes()):
        sites[site][path.encode()] = _answer(body, "text/html")
        entries[site].append(f"<item><link>http://{address(site)}:{port}{path}</link></item>")
    # Feeds of 100 entries, as feeds have at most.
    for answers, items in zip(sites, entries, strict=True):
        for number, begin in enumerate(range(0, len(items), 100)):
            feed = "".join(items[begin : begin + 100])
            rss = f'<rss version="2.0"><channel><title>Site</title>{feed}</channel></rss>'
            answers[b"/feed-%d" % number] = _answer(rss.encode(), "application/rss+xml")
    return sites


def _answer(body: bytes, kind: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


_MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class _Site(asyncio.Protocol):
    """Requests without bodies on connections that are kept open."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self._unread = (self._unread + data).split(b"\r\n\r\n")
        for request in requests:
            path = request.split(b" ", 2)[1]
            self._transport.write(self._answers.get(path, _MISSING))


async def _serve(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    first = await loop.create_server(lambda: _Site(sites[0]), address(0), 0)
    port: int = first.sockets[0].getsockname()[1]
    sites = _answers(folder, port)
    for number in range(1, SITES):
        answers = sites[number]
        await loop.create_server(lambda answers=answers: _Site(answers), address(number), port)
    print(port, flush=True)
    await loop.create_future()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
