import json
import logging

log = logging.getLogger("app")


def quoted(text: str, longest: int = 200) -> str:
    """Return a text from outside as a log may have it: in quotes, in printable ASCII, and not too long."""
    return json.dumps(text[:longest])
