"""Fetches addresses as Wirewatch does, with a name service of its own and a spy at the connect call.

`look(...)` runs it in a process of its own. Names are answered by a script, one answer a question, and never by
the network; the spy writes down each connection and lets only those to loopback be made.
"""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from forked import run_python
from newsserver import clean_environment


@dataclass(frozen=True)
class Look:
    """`said`: address -> "fetched", or why not. `connected`: the connections that were begun, host and port."""

    said: dict[str, str]
    connected: list[tuple[str, int]]
    output: str


def look(
    *urls: str,
    names: dict[str, list[str]] | None = None,
    config: str = "",
    guarded: bool = True,
    settings: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    **env: str,
) -> Look:
    """`names`: what each name resolves to, the first time, the second, ...; the last for ever."""
    task = {"urls": urls, "names": names or {}, "config": config, "guarded": guarded}
    task |= {"settings": settings or {}, "headers": headers or {}}
    env = {**clean_environment(), "WIREWATCH_ALLOW_NETWORK": "", **env}
    done = run_python(__file__, json.dumps(task), cwd=Path.cwd(), env=env, timeout=120)
    done.check_returncode()
    found = json.loads(done.stdout.splitlines()[-1])
    connected = [(host, port) for host, port in found["connected"]]
    return Look(found["said"], connected, done.stdout + done.stderr)


def main(task: dict[str, Any]) -> None:
    from scrapy.utils.reactor import install_reactor

    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor

    from crawler import errand
    from crawler.config import read_config
    from crawler.logs import configure

    configure(log_format="text", verbosity=2, quiet=False)
    config = read_config(task["config"] + "\n[defaults]\ndelay = 0\n", name="test", env={})
    connected: list[tuple[str, int]] = []
    spy_on(reactor, connected)
    answer_names(reactor, task["names"])
    settings_for = errand.settings_for

    def settings(config: Any) -> Any:
        made = settings_for(config)
        made.setdict(task["settings"], priority="cmdline")
        if task["headers"]:
            made.set("DEFAULT_REQUEST_HEADERS", task["headers"], priority="cmdline")
        if not task["guarded"]:
            open_the_door(made)
        return made

    errand.settings_for = settings
    said = errand.run_errand(lambda web: fetch_all(web, task["urls"]), config=config)
    print(json.dumps({"said": said, "connected": connected}))


async def fetch_all(web: Any, urls: list[str]) -> dict[str, str]:
    from pipelines.errors import FetchError

    said = {}
    for url in urls:
        try:
            page = await web.fetch(url)
            said[url] = f"fetched {len(page.body)} bytes of {page.final_url}"
        except FetchError as error:
            said[url] = str(error).removeprefix(f"{url}: ")
    return said


def open_the_door(settings: Any) -> None:
    """For the controls: as Scrapy comes, every address is good."""
    from crawler.middlewares import guard

    guard.refusal = lambda address, **_: None  # type: ignore[assignment]
    middlewares = dict(settings.getdict("DOWNLOADER_MIDDLEWARES"))
    middlewares["crawler.middlewares.guard.GuardMiddleware"] = None
    settings.set("DOWNLOADER_MIDDLEWARES", middlewares, priority="cmdline")


def spy_on(reactor: Any, connected: list[tuple[str, int]]) -> None:
    connect = reactor.connectTCP

    def connect_tcp(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        connected.append((host, port))
        address = ip_address(host.split("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not mapped.is_loopback:
            raise ConnectionRefusedError(f"the test lets nobody connect to {host}")
        return connect(host, port, *args, **kwargs)

    reactor.connectTCP = connect_tcp


def answer_names(reactor: Any, names: dict[str, list[str]]) -> None:
    def getaddrinfo(host: str, port: int, family: int = 0, kind: int = 0, *rest: Any) -> list[Any]:
        if host in names:
            answers = names[host]
            host = answers.pop(0) if len(answers) > 1 else answers[0]
        # Numbers alone, in whatever spelling: a name would be asked for in the network.
        if not (":" in host or all(part[:1].isdigit() for part in host.split("."))):
            raise socket.gaierror(socket.EAI_NONAME, "no such name in this test")
        return socket.getaddrinfo(host, port, family, kind)

    reactor.nameResolver._getaddrinfo = getaddrinfo


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main(json.loads(sys.argv[1]))
