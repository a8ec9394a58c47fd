"""A webhook receiver and an SMTP server, each a process of its own that can be killed and started again.

`python receivers.py webhook|smtp PORT JOURNAL [SECRET]`: each line of the journal is a JSON object, on the disk
before the sender is answered: `got` a message (its id, what it tells), then `confirmed`. A file JOURNAL.hold makes
it wait with the answer, a file JOURNAL.refuse (its text: status and Retry-After) makes it refuse.

The signature is verified here by the text of the Standard Webhooks specification, with no code of ours.
"""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """One of them; `with` starts it and kills it in the end."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.journal = folder / f"{kind}.journal"
        self.journal.touch()
        self.hold = folder / f"{kind}.journal.hold"
        self.refuse = folder / f"{kind}.journal.refuse"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        command = [sys.executable, __file__, self.kind, str(self.port), str(self.journal), SECRET]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_text().splitlines() if line.endswith("}")]

    def got(self) -> list[dict[str, Any]]:
        return [event for event in self.events() if event["event"] == "got"]

    def confirmed(self) -> list[str]:
        return [event["id"] for event in self.events() if event["event"] == "confirmed"]

    def repeated(self) -> list[str]:
        """The ids of messages that came again after they had been confirmed."""
        done: set[str] = set()
        again = []
        for event in self.events():
            if event["event"] == "confirmed":
                done.add(event["id"])
            elif event["id"] in done:
                again.append(event["id"])
        return again

    def wait_for(self, count: int, timeout: float = 30.0) -> list[dict[str, Any]]:
        """The first messages, once there are so many."""
        until = time.monotonic() + timeout
        while len(self.got()) < count:
            assert time.monotonic() < until, f"{len(self.got())} of {count} messages came"
            time.sleep(0.02)
        return self.got()


class _Journal:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a", encoding="utf-8")

    def note(self, event: str, **values: object) -> None:
        self._file.write(json.dumps({"event": event, **values, "at": time.time()}) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def wait(self) -> None:
        while Path(f"{self._path}.hold").exists():
            time.sleep(0.01)

    def refusal(self) -> list[str]:
        path = Path(f"{self._path}.refuse")
        return path.read_text().split() if path.exists() else []


def is_signed(secret: str, headers: Any, body: bytes) -> bool:
    """As the specification has it: HMAC-SHA256 over id.timestamp.body, base64, "v1,"; several may be given."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = headers["webhook-id"].encode() + b"." + headers["webhook-timestamp"].encode() + b"." + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = (headers["webhook-signature"] or "").split(" ")
    return any(one.startswith("v1,") and hmac.compare_digest(one[3:], expected) for one in given)


def webhook(port: int, journal: _Journal, secret: str) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            refusal = journal.refusal()
            if refusal or not is_signed(secret, self.headers, body):
                self._answer(int(refusal[0]) if refusal else 401, refusal[1:])
                return
            record = json.loads(body)
            told = [alert["article"]["url"] for alert in record["data"]["alerts"] if "article" in alert]
            identity = self.headers["webhook-id"]
            stamp = int(self.headers["webhook-timestamp"])
            journal.note(
                "got", id=identity, told=told, watch=record["data"]["watch"], stamp=stamp, record=record
            )
            journal.wait()
            self._answer(200)
            journal.note("confirmed", id=identity)

        def _answer(self, status: int, wait: Sequence[str] = ()) -> None:
            self.send_response(status)
            if wait:
                self.send_header("Retry-After", wait[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    ThreadingHTTPServer.allow_reuse_address = True
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print("ready", flush=True)
    server.serve_forever()


def smtp(port: int, journal: _Journal) -> None:
    from aiosmtpd.controller import Controller

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            if journal.refusal():
                return "451 not now"
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            part = message.get_body(("plain",))
            text = part.get_content() if part is not None else ""
            identity = message["X-Wirewatch-Message"]
            told = [line for line in text.splitlines() if re.fullmatch(r"https?://\S+", line)]
            journal.note("got", id=identity, told=told, subject=str(message["Subject"]), text=text)
            journal.wait()
            # The client confirms nothing: what is answered is on its way from here on.
            journal.note("confirmed", id=identity)
            return "250 kept"

    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    print("ready", flush=True)
    signal.pause()


if __name__ == "__main__":
    _, kind, port_, path_, secret_ = sys.argv
    if kind == "webhook":
        webhook(int(port_), _Journal(Path(path_)), secret_)
    else:
        smtp(int(port_), _Journal(Path(path_)))
