"""Many clients at once, in a process of their own: `python -m bench.desk.clients PORT SECONDS CLIENTS < PATHS`.

Each asks for one path after the other over a connection that it keeps, as long as the time lasts; one request in ten
sends the ETag of what it was answered for that path before. Prints one JSON object: requests, how many were answered
with each status, seconds, and the latencies' median and 95th percentile in milliseconds.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence

from bench.desk.served import Served, ask

_CONDITIONAL = 0.1


class Client(threading.Thread):
    def __init__(self, served: Served, paths: Sequence[str], *, seconds: float, number: int) -> None:
        super().__init__()
        self._served, self._paths, self._seconds = served, paths, seconds
        self._dice = random.Random(number)
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []

    def run(self) -> None:
        connection = self._served.connect()
        tags: dict[str, str] = {}
        until = time.monotonic() + self._seconds
        while time.monotonic() < until:
            path = self._dice.choice(self._paths)
            headers = {}
            if tags and self._dice.random() < _CONDITIONAL:
                path = self._dice.choice(list(tags))
                headers["If-None-Match"] = tags[path]
            answer = ask(connection, path, headers)
            self.statuses[answer.status] += 1
            self.latencies.append(answer.seconds)
            if answer.etag and len(tags) < 50:
                tags[path] = answer.etag


def main() -> None:
    port, seconds, count = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    paths = sys.stdin.read().split()
    clients = [Client(Served(0, port), paths, seconds=seconds, number=number) for number in range(count)]
    started = time.monotonic()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    took = time.monotonic() - started
    latencies = sorted(latency for client in clients for latency in client.latencies)
    statuses = sum((client.statuses for client in clients), Counter[int]())
    found = {
        "requests": len(latencies),
        "seconds": took,
        "statuses": {str(status): number for status, number in sorted(statuses.items())},
        "median_ms": 1000 * latencies[len(latencies) // 2],
        "p95_ms": 1000 * latencies[int(len(latencies) * 0.95)],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
