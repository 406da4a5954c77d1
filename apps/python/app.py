"""A small web app that counts its visits in a file: the Python sample of stateful-apps.

Environment: PORT (default 8000), DATA_DIR (default /app/data), POD_NAME (default: the host's name).
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
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

MOSCOW = ZoneInfo("Europe/Moscow")
PAGE = string.Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))

log = logging.getLogger("app")


class Visits:
    """A counter that lives in a file."""

    def __init__(self, path: Path) -> None:
        """Read the file. One that is not there counts as zero; one that holds no number is an error,
        so that a damaged count is never overwritten with a smaller one.
        """
        self._path = path
        self._lock = threading.Lock()
        try:
            self._count = int(path.read_text(encoding="ascii"))
        except FileNotFoundError:
            self._count = 0

    @property
    def count(self) -> int:
        return self._count

    def add(self) -> int:
        """Count one visit and return the new count.

        What it has returned is on the disk: it survives a kill and a power cut. When it fails, the visit does not
        count.
        """
        with self._lock:
            replace_file(self._path, f"{self._count + 1}\n")
            self._count += 1
            return self._count


def replace_file(path: Path, content: str) -> None:
    """Give the file a new content, in one step.

    A reader, or a start after a crash, finds the old content or the new one, and the new one for certain once this has
    returned.
    """
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # makes the rename last
    finally:
        os.close(folder)


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
                self.answer(f"{self.server.visits.count}\n")
            case "/healthcheck":
                self.answer(json.dumps({"status": "ok"}) + "\n", "application/json")
            case "/status":
                self.answer(json.dumps(self.greeting(self.server.visits.count)) + "\n", "application/json")
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
    visits = Visits(Path(os.environ.get("DATA_DIR") or "/app/data", "visits.txt"))
    pod = os.environ.get("POD_NAME") or socket.gethostname()
    with Server(int(os.environ.get("PORT") or 8000), pod, visits) as server:

        def stop(*_: object) -> None:
            log.info("stopping")
            # shutdown() waits for the loop that this very handler has interrupted.
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        log.info("listening on port %d, %d visits so far", server.server_port, visits.count)
        server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
