"""The limit: the framework and server of the desk, answering one constant page: `python -m bench.desk.bare SIZE`.

Listens on the port it prints, on loopback; `/json` is the same as JSON.
"""

from __future__ import annotations

import socket
import sys

import uvicorn
from fastapi import FastAPI, Response


def app(size: int) -> FastAPI:
    page = b"<!doctype html><p>" + b"x" * size
    document = b'{"items":"' + b"x" * size + b'"}'
    bare = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @bare.get("/")
    def constant() -> Response:
        return Response(page, media_type="text/html")

    @bare.get("/json")
    def constant_json() -> Response:
        return Response(document, media_type="application/json")

    return bare


def main() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    settings = uvicorn.Config(app(int(sys.argv[1])), log_config=None, access_log=False, server_header=False)
    uvicorn.Server(settings).run(sockets=[listening])


if __name__ == "__main__":
    main()
