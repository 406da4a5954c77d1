import http.client
import io
import socket
import time

LONGEST = 128 * 1024  # bytes; the library limits only a line, and the number of lines


def request_reader(connection: socket.socket, seconds: float) -> io.BufferedReader:
    """Read the request of a connection."""
    return io.BufferedReader(RequestReader(connection, seconds))


class RequestReader(io.RawIOBase):
    """Reads from a connection for some seconds: a client that sends a byte now and then gets no more than a silent one.

    A request that ends too early fails: the library would take it for a whole one.
    """

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._deadline = time.monotonic() + seconds
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        left = self._deadline - time.monotonic()
        if left <= 0:
            message = "the request took too long"
            raise TimeoutError(message)
        if self._received > LONGEST:
            message = "headers"
            raise http.client.LineTooLong(message)
        self._connection.settimeout(left)
        received = self._connection.recv_into(buffer)
        if received == 0 and self._received > 0:
            message = "the request ended early"
            raise ConnectionAbortedError(message)
        self._received += received
        return received
