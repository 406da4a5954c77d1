"""A small web app that counts its visits, in a file or in redis: the Python sample of stateful-apps.

Environment: PORT (default 8000), POD_NAME (default: the host's name), DATA_DIR (the file's folder, default
/app/data); for redis in place of the file REDIS_ADDRESS (host:port), REDIS_KEY (default visits), REDIS_PASSWORD.
"""

import html
import json
import logging
import os
import signal
import socket
import string
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from file_visits import FileVisits

MOSCOW = ZoneInfo("Europe/Moscow")
PAGE = string.Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))

log = logging.getLogger("app")


class Visits(Protocol):
    """Counts visits and keeps the count. What fails is an OSError."""

    def add(self) -> int:
        """Count one visit and return the new count, once the store has it for good."""

    def count(self) -> int:
        """Return the visits so far."""


class Handler(BaseHTTPRequestHandler):
    """Answers the app's requests. Only GET / counts a visit."""

    server: "Server"
    timeout = 10  # seconds that a client may stay silent

    def do_GET(self) -> None:
        self.started = time.perf_counter()
        match self.path.partition("?")[0]:
            case "/":
                self.visit()
            case "/visits":
                self.answer_counted(lambda count: self.answer(f"{count}\n"))
            case "/healthcheck":  # for liveness: a restart of the app cures nothing that its store lacks
                self.answer_json({"status": "ok"})
            case "/ready":
                self.answer_counted(lambda _: self.answer_json({"status": "ok"}))
            case "/status":
                self.answer_counted(lambda count: self.answer_json(self.greeting(count)))
            case _:
                self.answer("not found\n", status=HTTPStatus.NOT_FOUND)

    def visit(self) -> None:
        try:
            count = self.server.visits.add()
        except OSError as error:
            log.error("counting a visit failed: %s", error)
            self.answer("the visit could not be counted\n", status=HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        greeting = self.greeting(count)
        if "text/html" in self.headers.get("Accept", ""):
            self.answer(PAGE.substitute({key: html.escape(str(value)) for key, value in greeting.items()}), "text/html")
        else:
            self.answer(f"{greeting['time']} in Moscow\npod {greeting['pod']}\nvisits {greeting['visits']}\n")

    def greeting(self, count: int) -> dict[str, str | int]:
        now = datetime.now(MOSCOW).strftime("%Y-%m-%d %H:%M:%S")
        return {"app": "python", "pod": self.server.pod, "time": now, "visits": count}

    def answer_counted(self, answer: Callable[[int], None]) -> None:
        """Answer with the visits so far, or say that they cannot be read."""
        try:
            count = self.server.visits.count()
        except OSError as error:
            log.error("reading the visits failed: %s", error)
            self.answer("the visits could not be read\n", status=HTTPStatus.SERVICE_UNAVAILABLE)
            return
        answer(count)

    def answer_json(self, value: dict[str, str | int]) -> None:
        self.answer(json.dumps(value) + "\n", "application/json")

    def answer(self, text: str, content_type: str = "text/plain", status: HTTPStatus = HTTPStatus.OK) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", _size: int | str = "-") -> None:
        elapsed = time.perf_counter() - getattr(self, "started", time.perf_counter())
        log.info('%s "%s" %d %.1fms', self.command, getattr(self, "path", "-"), code, elapsed * 1000)


class Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for the requests that are under way
    request_queue_size = 256  # as many clients may knock at once

    def __init__(self, port: int, pod: str, visits: Visits) -> None:
        super().__init__(("", port), Handler)
        self.pod = pod
        self.visits = visits


def main() -> None:
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
    visits = open_visits()
    pod = os.environ.get("POD_NAME") or socket.gethostname()
    with Server(int(os.environ.get("PORT") or 8000), pod, visits) as server:

        def stop(*_: object) -> None:
            log.info("stopping")
            # shutdown() waits for the loop that this very handler has interrupted.
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        log.info("listening on port %d, %s", server.server_port, visits)
        server.serve_forever(poll_interval=0.05)


def open_visits() -> Visits:
    """Open the counter that the environment names."""
    if address := os.environ.get("REDIS_ADDRESS"):
        from redis_visits import RedisVisits  # noqa: PLC0415 - a file needs no library

        return RedisVisits(address, os.environ.get("REDIS_KEY") or "visits", os.environ.get("REDIS_PASSWORD"))
    return FileVisits(Path(os.environ.get("DATA_DIR") or "/app/data", "visits.txt"))


if __name__ == "__main__":
    main()
