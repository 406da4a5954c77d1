import html
import json
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

from logs import log, quoted
from request_reader import request_reader

REQUEST_TIMEOUT = 10  # seconds that a request may take, also one that is under way when the app stops
CONNECTIONS = 256  # each has a thread, all of them some 40 MB; further ones wait in the kernel's queue
MOSCOW = ZoneInfo("Europe/Moscow")
PAGE = string.Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))


class Visits(Protocol):
    """Counts visits and keeps the count. What fails is an OSError."""

    def add(self) -> int:
        """Count one visit and return the new count, once the store has it for good."""

    def count(self) -> int:
        """Return the visits so far."""

    def check(self) -> None:
        """Fail if a visit cannot be counted now, and say why."""


class Handler(BaseHTTPRequestHandler):
    """Answers the app's requests, one for each connection. Only GET / counts a visit."""

    server: "Server"

    def setup(self) -> None:
        self.started = time.perf_counter()
        super().setup()
        self.rfile = request_reader(self.connection, REQUEST_TIMEOUT)

    def do_GET(self) -> None:
        # Not self.path: the library has replaced slashes at its begin by one.
        path = self.requestline.split()[1].partition("?")[0]
        match path:
            case "/":
                self.visit()
            case "/visits":
                self.answer_counted(lambda count: self.answer(f"{count}\n"))
            case "/healthcheck":  # for liveness: a restart of the app cures nothing that its store lacks
                self.answer_json({"status": "ok"})
            case "/ready":
                self.answer_ready()
            case "/status":
                self.answer_counted(lambda count: self.answer_json(self.greeting(count)))
            case _:
                self.answer("not found\n", status=HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET

    def refuse(self) -> None:
        self.answer("only GET and HEAD are answered\n", status=HTTPStatus.METHOD_NOT_ALLOWED)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = refuse

    def visit(self) -> None:
        visits = self.server.visits
        try:
            # A look at the headers is not a visit.
            count = visits.count() if self.command == "HEAD" else visits.add()
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

    def answer_ready(self) -> None:
        """Answer for readiness: the app can count a visit, and is going to stay."""
        if self.server.stopping:
            self.answer("not ready: the app is stopping\n", status=HTTPStatus.SERVICE_UNAVAILABLE)
            return
        try:
            self.server.visits.check()
        except OSError as error:
            log.error("not ready: %s", error)
            self.answer(f"not ready: {error}\n", status=HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self.answer_json({"status": "ok"})

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
        self.connection.settimeout(REQUEST_TIMEOUT)
        self.send_response(status)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: int | str = "-", _size: int | str = "-") -> None:
        elapsed = time.perf_counter() - self.started
        request = " ".join(self.requestline.split()[:2])
        log.info("%s %d %.1fms", quoted(request), code, elapsed * 1000)

    def log_message(self, template: str, *values: object) -> None:
        log.info("a request failed: %s", quoted(template % values))


class Server(ThreadingHTTPServer):
    daemon_threads = True  # drain() waits for them, with a limit
    request_queue_size = 256  # as many clients may knock at once

    def __init__(self, port: int, pod: str, visits: Visits) -> None:
        self.pod = pod
        self.visits = visits
        self.stopping = False
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__(("", port), Handler)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection if there may be one more. The server's loop takes an OSError as "not now"."""
        if not self._free.acquire(timeout=0.05):
            raise TimeoutError
        try:
            return super().get_request()
        except OSError:
            self._free.release()
            raise

    def shutdown_request(self, request: socket.socket) -> None:
        """Close a connection, which get_request() has opened."""
        super().shutdown_request(request)
        self._free.release()

    def handle_error(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        """Log a client that went away in a line, and anything else with its trace."""
        error = sys.exception()
        if isinstance(error, OSError):
            log.info("a connection failed: %s", error)
        else:
            super().handle_error(request, client_address)

    def drain(self) -> None:
        """Wait for the connections that are open, which the server has stopped to accept."""
        deadline = time.monotonic() + REQUEST_TIMEOUT
        for _ in range(CONNECTIONS):
            if not self._free.acquire(timeout=max(0, deadline - time.monotonic())):
                return
