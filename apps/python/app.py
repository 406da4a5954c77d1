"""A small web app that counts its visits, in a file or in redis: the Python sample of stateful-apps.

Environment: PORT (default 8000), POD_NAME (default: the host's name), DATA_DIR (the file's folder, default
/app/data); for redis in place of the file REDIS_ADDRESS (host:port), REDIS_KEY (default visits), REDIS_PASSWORD;
STOP_DELAY, the seconds that the app goes on answering after SIGTERM (default 0).
"""

import signal
import sys

SIGNALS = signal.SIGTERM, signal.SIGINT
for stop_signal in SIGNALS:
    # Before the imports, which take a while: a signal that the first process of a container does not handle is lost.
    signal.signal(stop_signal, lambda *_: sys.exit(0))  # there is nothing to stop yet

import logging  # noqa: E402
import os  # noqa: E402
import re  # noqa: E402
import socket  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

from file_visits import FileVisits  # noqa: E402
from logs import log, quoted  # noqa: E402
from server import Server, Visits  # noqa: E402


def main() -> None:
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
    delay = stop_delay()
    visits = open_visits()
    pod = os.environ.get("POD_NAME") or socket.gethostname()
    with Server(int(os.environ.get("PORT") or 8000), pod, visits) as server:

        def stop(*_: object) -> None:
            for stop_signal in SIGNALS:
                signal.signal(stop_signal, signal.SIG_DFL)  # a second signal ends the app at once
            server.stopping = True
            threading.Thread(target=stop_later, daemon=True).start()

        def stop_later() -> None:
            """End the loop of the server after the delay, in which Kubernetes takes the pod out of its Services."""
            log.info("stopping")
            time.sleep(delay)
            server.shutdown()

        for stop_signal in SIGNALS:
            signal.signal(stop_signal, stop)
        log.info("listening on port %d, %s", server.server_port, visits)
        server.serve_forever(poll_interval=0.05)
    server.drain()


def stop_delay() -> int:
    text = os.environ.get("STOP_DELAY") or "0"
    if not re.fullmatch("[0-9]{1,4}", text) or int(text) > 3600:
        message = f"STOP_DELAY is not a number of seconds from 0 to 3600: {quoted(text)}"
        raise ValueError(message)
    return int(text)


def open_visits() -> Visits:
    """Open the counter that the environment names."""
    if address := os.environ.get("REDIS_ADDRESS"):
        from redis_visits import RedisVisits  # noqa: PLC0415 - a file needs no library

        return RedisVisits(address, os.environ.get("REDIS_KEY") or "visits", os.environ.get("REDIS_PASSWORD"))
    return FileVisits(Path(os.environ.get("DATA_DIR") or "/app/data", "visits.txt"))


if __name__ == "__main__":
    main()
