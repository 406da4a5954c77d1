import threading
import time
from pathlib import Path

INTERVAL = 1  # seconds that the outcome of a probe stands: however often the app is asked, it writes no more often


class FolderProbe:
    """Finds out whether files can be written in a folder, by writing, renaming and removing one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._probed = float("-inf")
        self._trouble: OSError | None = None

    def check(self) -> None:
        """Fail if files cannot be written in the folder, and say why."""
        with self._lock:
            if time.monotonic() - self._probed >= INTERVAL:
                self._trouble = trouble_with(self._path)
                self._probed = time.monotonic()
            trouble = self._trouble
        if trouble:
            raise trouble


def trouble_with(path: Path) -> OSError | None:
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text("0\n", encoding="ascii")
        partial.replace(path).unlink()
    except OSError as error:
        return error
    return None
