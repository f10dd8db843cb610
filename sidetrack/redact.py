"""Values made fit to be read by moderators."""

from __future__ import annotations

import re
from typing import Any

_SECRET = re.compile(r"token|secret|passw|api_?key|session|auth|cookie|credential|signature", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"\bst_[\w-]{8,}|\bBearer\s+\S+|(?<=://)[^\s/@]+:[^\s/@]+(?=@)", re.IGNORECASE)
HIDDEN = "(hidden)"


def redacted(value: Any) -> Any:
    """JSON with the values of keys that sound secret, and service tokens and URL passwords anywhere, hidden."""
    if isinstance(value, dict):
        return {key: HIDDEN if _SECRET.search(str(key)) else redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item) for item in value]
    return _SECRET_VALUE.sub(HIDDEN, value) if isinstance(value, str) else value
