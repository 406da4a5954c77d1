import os
import threading
from pathlib import Path


class FileVisits:
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
