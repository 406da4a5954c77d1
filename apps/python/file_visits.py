import os
import re
import threading
from pathlib import Path

from folder_probe import FolderProbe
from logs import log, quoted

LIMIT = 2**53 - 1  # the first number that the three sample apps cannot all count on from


class FileVisits:
    """A counter that lives in a file."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        One that is not there counts as zero; one that holds anything but decimal digits is an error, so that a damaged
        count is never overwritten with a smaller one.
        """
        self._path = path
        self._lock = threading.Lock()
        self._probe = FolderProbe(path.with_name(path.name + ".probe"))
        try:
            text = path.read_bytes().decode("latin-1")
        except FileNotFoundError:
            text = "0"
        if not re.fullmatch(r"[0-9]{1,16}\n?", text) or int(text) >= LIMIT:
            message = f"{path} holds no number of visits: {quoted(text, 40)}"
            raise ValueError(message)
        self._count = int(text)

    def __str__(self) -> str:
        return f"{self._count} visits so far"

    def count(self) -> int:
        """Return the visits so far."""
        return self._count

    def add(self) -> int:
        """Count one visit and return the new count.

        What it has returned is on the disk: it survives a kill and a power cut. When it fails, the visit does not
        count.
        """
        with self._lock:
            replace_file(self._path, f"{self._count + 1}\n")
            self._count += 1
            try:
                sync_folder(self._path.parent)
            except OSError as error:
                # The file has the new count already: the visit counts in any case, and the answer says so.
                log.error("visit %d may be lost in a power cut: %s", self._count, error)
            return self._count

    def check(self) -> None:
        """Fail if the file cannot be written now, and say why."""
        self._probe.check()


def replace_file(path: Path, content: str) -> None:
    """Give the file a new content, in one step.

    A reader, or a start after a crash, finds the old content or the new one.
    """
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def sync_folder(path: Path) -> None:
    """Make a rename in the folder last."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
