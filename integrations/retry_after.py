"""How long a provider asks us to stay away: the `Retry-After` header (RFC 9110, 10.2.3). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 48 * 3600.0
"""A pause beyond two days is not believed: the longest ones seen of Spotify are of a day."""
_SECONDS = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,30})?")


def retry_after_of(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to stay away, 0 to 48 hours; None where the header is missing, negative or nonsense.

    Seconds may have a fraction. A date is counted from the answer's own `Date` where it has one, so that a clock that
    goes wrong here or there changes nothing.
    """
    lower = {key.lower(): value for key, value in headers.items()}
    told = lower.get("retry-after", "").strip()
    if _SECONDS.fullmatch(told):
        return min(float(told), LONGEST)
    until = _moment(told)
    if until is None:
        return None
    since = _moment(lower.get("date", "")) or now
    return min(max((until - since).total_seconds(), 0.0), LONGEST)


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text[:100])
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
